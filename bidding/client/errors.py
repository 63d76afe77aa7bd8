"""What a client tells its user when something did not work."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class ClientError(Exception):
    """A refusal of the server, a connection that failed, or a check of the client's own that failed.

    `code` is the kebab-case code of the catalogue; `status` the HTTP status, 0 when no answer arrived;
    `problem` the whole RFC 9457 body when the server sent one; `retry_after` seconds, if the server named
    any.
    """

    def __init__(
        self,
        code: str,
        detail: str = "",
        *,
        status: int = 0,
        problem: Mapping[str, Any] | None = None,
        retry_after: float | None = None,
        **facts: Any,
    ) -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail
        self.status = status
        self.problem: Mapping[str, Any] = problem or {}
        self.retry_after = retry_after
        self.facts: Mapping[str, Any] = facts or self.problem.get("facts") or {}

    @property
    def unreachable(self) -> bool:
        """Whether the server gave no usable answer at all, so that trying again may help."""
        return self.status in (0, 502, 503, 504) and self.code in TRANSIENT


#: Codes of failures that say nothing about the request itself.
TRANSIENT = frozenset({"unreachable", "outcome-unknown", "unavailable", "connection-lost"})
