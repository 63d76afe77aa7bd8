"""What a bidder says without its name: statements signed by the receipt key of a bid.

A statement is a canonical object with a ``label``; the signature is raw ECDSA (r || s) over its bytes.
See docs/formats/receipt-statements.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from crypto.canonical import Json, b64, canon, unb64
from crypto.errors import Invalid
from crypto.key_file import private_from_bytes
from crypto.suite import DEFAULT_SUITE, Suite

WITHDRAW = "kaibiao/withdraw/v1"
REPLACE = "kaibiao/replace/v1"
CHECKIN = "kaibiao/checkin/v1"
DIAGNOSTIC = "kaibiao/diagnostic/v1"
ACKNOWLEDGE_ADDENDUM = "kaibiao/ack-addendum/v1"
SEAT = "kaibiao/seat/v1"

# The members a label's statement has at least: without them it could be said of another lot or bid.
_MEMBERS: Mapping[str, frozenset[str]] = {
    WITHDRAW: frozenset({"tender", "lot", "submission"}),
    REPLACE: frozenset({"tender", "lot", "old", "new"}),
    CHECKIN: frozenset({"tender", "lot", "bid", "at"}),
    DIAGNOSTIC: frozenset({"tender", "lot", "bid"}),
    ACKNOWLEDGE_ADDENDUM: frozenset({"tender", "lot"}),
    SEAT: frozenset({"lot", "challenge"}),
}
_LABEL = re.compile(r"kaibiao/[a-z-]+/v[1-9][0-9]*", re.ASCII)
MAX_STATEMENT = 64 << 10


def encode_statement(statement: Mapping[str, Json]) -> bytes:
    """The bytes that are signed; ``bad-statement`` without a label of ours or with its members missing."""
    label = statement.get("label")
    if not isinstance(label, str) or not _LABEL.fullmatch(label):
        raise Invalid("bad-statement", "a statement carries a label such as kaibiao/withdraw/v1")
    missing = _MEMBERS.get(label, frozenset()) - statement.keys()
    if missing:
        raise Invalid("bad-statement", f"the statement lacks {', '.join(sorted(missing))}")
    data = canon(dict(statement))
    if len(data) > MAX_STATEMENT:
        raise Invalid("bad-statement", f"a statement has at most {MAX_STATEMENT} bytes")
    return data


def sign_statement(private: bytes, statement: Mapping[str, Json], suite: Suite = DEFAULT_SUITE) -> str:
    """The base64url signature of ``statement`` by a 32-byte receipt private key."""
    return b64(suite.sign(private_from_bytes(private), encode_statement(statement)))


def verify_statement(
    public: bytes, statement: Mapping[str, Json], signature: str, suite: Suite = DEFAULT_SUITE
) -> None:
    """``bad-signature`` unless the receipt key ``public`` (a point) signed exactly this statement."""
    suite.verify(public, encode_statement(statement), unb64(signature))
