"""Where a sealed bid belongs: the context every hash, derivation, envelope and cipher of it is bound to."""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from crypto.canonical import Json, canon, sha256_hex
from crypto.errors import Invalid
from crypto.fields import Fields
from crypto.suite import SUITE, VERSION, Suite, suite_named

CONTEXT_LABEL = "kaibiao/context/v1"
MAX_PARTS = 8
PART_NAME = re.compile(r"[a-z][a-z0-9-]{0,31}", re.ASCII)
_BID = re.compile(r"b_[a-z2-7]{26}", re.ASCII)
_MEMBERS = ("version", "suite", "tender", "lot", "round", "keysetHash", "docsHash", "bid")

Random = Callable[[int], bytes]


def new_id(prefix: str, random: Random = secrets.token_bytes) -> str:
    """A fresh identifier: prefix, underscore, 16 random bytes in lower-case base32 without padding."""
    return f"{prefix}_{base64.b32encode(random(16)).decode('ascii').rstrip('=').lower()}"


def new_bid(random: Random = secrets.token_bytes) -> str:
    """The id of one sealing. A changed file is another sealing: new id, new secrets, new ciphertext."""
    return new_id("b", random)


def check_bid(bid: object) -> None:
    """``bad-context`` unless ``bid`` has the form of a bid id."""
    if not isinstance(bid, str) or not _BID.fullmatch(bid):
        raise Invalid("bad-context", "a bid id is b_ and 26 letters and digits")


@dataclass(frozen=True, slots=True)
class Context:
    """Tender, lot (标段), round, keyset, documents and bid id: everything a copied envelope would get wrong.

    ``round`` counts from 1; hashes are lower-case hex; ``docs_hash`` names the revision of the documents
    the bidder sealed against.
    """

    version: str
    suite: str
    tender: str
    lot: str
    round: int
    keyset_hash: str
    docs_hash: str
    bid: str

    def encode(self) -> dict[str, Json]:
        """The JSON object that stands in the manifest and in key files."""
        return {
            "version": self.version,
            "suite": self.suite,
            "tender": self.tender,
            "lot": self.lot,
            "round": self.round,
            "keysetHash": self.keyset_hash,
            "docsHash": self.docs_hash,
            "bid": self.bid,
        }

    def hash(self) -> str:
        """SHA-256 of the labelled canonical context, in hex."""
        return _context_hash(self)

    @property
    def salt(self) -> bytes:
        """The context hash as the HKDF salt."""
        return bytes.fromhex(self.hash())

    @property
    def algorithms(self) -> Suite:
        """The suite named by the context; ``unknown-suite`` if there is none."""
        return suite_named(self.suite)

    def bound(self, purpose: str, /, **facts: Json) -> bytes:
        """The prefix that ties a hash, an HKDF or HPKE info, or associated data to purpose and place."""
        return canon({**facts, "ctx": self.hash(), "label": self.version, "purpose": purpose})

    def derive(self, secret: bytes, purpose: str, /, **facts: Json) -> bytes:
        """HKDF of ``secret`` for one purpose in this context, one key long."""
        return self.algorithms.hkdf(secret, salt=self.salt, info=self.bound(purpose, **facts))

    def commit(self, data: bytes, purpose: str, /, **facts: Json) -> str:
        """The labelled hash of ``data``, in hex."""
        return self.algorithms.digest(self.bound(purpose, **facts), data).hex()


@lru_cache(maxsize=4096)
def _context_hash(context: Context) -> str:
    return sha256_hex(canon({"label": CONTEXT_LABEL, **context.encode()}))


def new_context(
    tender: str, lot: str, *, keyset_hash: str, docs_hash: str, bid: str | None = None, round_number: int = 1
) -> Context:
    """A context of the current version and suite, by default for a fresh bid id."""
    return Context(VERSION, SUITE, tender, lot, round_number, keyset_hash, docs_hash, bid or new_bid())


def parse_context(value: object) -> Context:
    """The context in a parsed manifest or key file; ``bad-context`` or ``unknown-suite``."""
    fields = Fields(value, "bad-context", _MEMBERS)
    fields.label("version", VERSION)
    suite_named(fields.text("suite"))
    bid = fields.text("bid")
    check_bid(bid)
    return Context(
        version=fields.text("version"),
        suite=fields.text("suite"),
        tender=fields.text("tender", limit=64),
        lot=fields.text("lot", limit=64),
        round=fields.integer("round", 1, 1000),
        keyset_hash=fields.hash("keysetHash"),
        docs_hash=fields.hash("docsHash"),
        bid=bid,
    )


def hall_purpose(part: str) -> str:
    """The purpose under which the officers' half of a part's key is shared."""
    return f"hall:{part}"


IDENTITY = "identity"


def purposes_of(parts: list[str]) -> list[str]:
    """All secrets that are dealt to the officers of a bid with these parts."""
    return [IDENTITY, *(hall_purpose(part) for part in parts)]
