"""What can go wrong below the rules: evidence that does not verify, and stores that cannot answer.

None of these carries an HTTP status: sockets, the command line and timers use them too. The codes are
kebab-case and explained to the user in ``bidding/catalog``.
"""

from __future__ import annotations


class Invalid(Exception):
    """Evidence or bytes from outside do not verify.

    Parser exceptions of the libraries underneath are always turned into this one, so that hostile
    input has a single way out. ``facts`` are plain values a message may show; never a secret.
    """

    def __init__(self, code: str, detail: str = "", **facts: object) -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail
        self.facts = facts


class StaleVersion(Exception):
    """An append expected another version of the stream; read again and decide again."""

    def __init__(self, stream: str = "", expected: int | None = None, actual: int | None = None) -> None:
        super().__init__(f"{stream}: expected version {expected}, found {actual}")
        self.stream = stream
        self.expected = expected
        self.actual = actual


class Unavailable(Exception):
    """Something this answer depends on is out of reach: fail closed, ask again in ``retry_after`` seconds."""

    def __init__(self, code: str, detail: str = "", retry_after: int = 5, **facts: object) -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail
        self.retry_after = retry_after
        self.facts = facts


class Untrusted(Exception):
    """The log disagrees with itself or with its witnesses: stop writing and say so."""

    def __init__(self, detail: str = "", code: str = "log-untrusted", **facts: object) -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail
        self.facts = facts
