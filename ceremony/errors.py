"""What a ceremony answers when a command is not carried out; nothing has changed in either case.

The codes are kebab-case and explained to the user in ``bidding/catalog``. No HTTP status lives here:
sockets, timers and the command line use the same errors.
"""

from __future__ import annotations


class Malformed(Exception):
    """What arrived is not a well-formed command: wrong JSON, unknown name, a field out of bounds."""

    def __init__(self, code: str, detail: str = "", **facts: object) -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail
        self.facts = facts


class Refusal(Exception):
    """A well-formed command that the rules do not allow here and now. The state is identical afterwards.

    ``facts`` are plain values a message may show (limits, instants, citations); never a secret.
    """

    def __init__(self, code: str, detail: str = "", **facts: object) -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail
        self.facts = facts
