"""Secrets at rest under a passphrase: the officer's opening-key file and the bidder's bid-key file.

scrypt (RFC 7914) and the suite's cipher; everything readable in the file is associated data. There is no
passphrase wrap anywhere but in these files: one on the server could be searched. docs/formats/key-file.md.
"""

from __future__ import annotations

import secrets
import unicodedata
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from crypto.canonical import Json, b64, canon, parse_canonical, unb64
from crypto.context import Context, Random, parse_context
from crypto.errors import Invalid
from crypto.fields import Fields
from crypto.hpke import PrivateKey, public_bytes
from crypto.suite import DEFAULT_SUITE, suite_named

KEY_FILE_LABEL = "kaibiao/key-file/v1"
BID_KEY = "bid-key"
OPENING_KEY = "opening-key"
MAX_KEY_FILE = 16 << 10
_SCALAR = 32


@dataclass(frozen=True, slots=True)
class Cost:
    """scrypt's parameters: 128 * r * 2**log_n bytes of memory, p times. The default is OWASP's 32 MiB row."""

    log_n: int = 15
    r: int = 8
    p: int = 3


@dataclass(frozen=True, slots=True)
class BidSecrets:
    """What opens, withdraws and replaces one bid. Whoever holds it is the bidder."""

    bid: str
    ctx: Context
    k_bidder: bytes
    receipt_private: bytes


def wrap_bid_key(
    held: BidSecrets, passphrase: str, *, cost: Cost | None = None, random: Random = secrets.token_bytes
) -> bytes:
    """The bid-key file."""
    secret: dict[str, Json] = {"kBidder": b64(held.k_bidder), "receiptPrivate": b64(held.receipt_private)}
    return _wrap(
        BID_KEY, {"ctx": held.ctx.encode()}, secret, passphrase, held.ctx.suite, cost or Cost(), random
    )


def unwrap_key_file(data: bytes, passphrase: str) -> BidSecrets:
    """The secrets of a bid-key file; ``bad-key-file``, or ``wrong-passphrase`` when it does not open."""
    facts, secret = _unwrap(BID_KEY, data, passphrase, ("ctx",), ("kBidder", "receiptPrivate"))
    ctx = parse_context(facts.raw("ctx"))
    return BidSecrets(
        ctx.bid, ctx, secret.data("kBidder", size=32), secret.data("receiptPrivate", size=_SCALAR)
    )


def wrap_opening_key(
    private: PrivateKey,
    passphrase: str,
    *,
    tender: str,
    lot: str,
    seat: str,
    cost: Cost | None = None,
    random: Random = secrets.token_bytes,
) -> bytes:
    """The officer's opening-key file for one seat of one lot."""
    facts: dict[str, Json] = {
        "tender": tender,
        "lot": lot,
        "seat": seat,
        "openingKey": b64(public_bytes(private)),
    }
    scalar = private.private_numbers().private_value.to_bytes(_SCALAR, "big")
    secret: dict[str, Json] = {"private": b64(scalar)}
    return _wrap(OPENING_KEY, facts, secret, passphrase, DEFAULT_SUITE.name, cost or Cost(), random)


@dataclass(frozen=True, slots=True)
class OpeningKey:
    """An officer's unlocked opening key and the seat it belongs to."""

    tender: str
    lot: str
    seat: str
    private: PrivateKey


def unwrap_opening_key(data: bytes, passphrase: str) -> OpeningKey:
    """The key in an opening-key file; ``bad-key-file`` or ``wrong-passphrase``."""
    facts, secret = _unwrap(
        OPENING_KEY, data, passphrase, ("tender", "lot", "seat", "openingKey"), ("private",)
    )
    private = private_from_bytes(secret.data("private", size=_SCALAR))
    if public_bytes(private) != unb64(facts.text("openingKey")):
        raise Invalid("bad-key-file", "the private key does not belong to the public one")
    return OpeningKey(facts.text("tender"), facts.text("lot"), facts.text("seat"), private)


def private_from_bytes(scalar: bytes) -> PrivateKey:
    """The P-256 private key of 32 big-endian bytes; ``bad-key`` when out of range."""
    if len(scalar) != _SCALAR:
        raise Invalid("bad-key", "a private key has 32 bytes")
    try:
        return ec.derive_private_key(int.from_bytes(scalar, "big"), DEFAULT_SUITE.hpke.curve)
    except ValueError as error:
        raise Invalid("bad-key", "the private key is out of range") from error


def _wrap(
    kind: str,
    facts: dict[str, Json],
    secret: dict[str, Json],
    passphrase: str,
    suite: str,
    cost: Cost,
    random: Random,
) -> bytes:
    head: dict[str, Json] = {
        "label": KEY_FILE_LABEL,
        "kind": kind,
        "suite": suite,
        "facts": facts,
        "kdf": {"name": "scrypt", "logN": cost.log_n, "r": cost.r, "p": cost.p, "salt": b64(random(16))},
        "nonce": b64(random(suite_named(suite).nonce_size)),
    }
    head["sealed"] = b64(_cipher(head, passphrase, canon(secret), seal=True))
    return canon(head)


def _unwrap(
    kind: str, data: bytes, passphrase: str, facts: tuple[str, ...], secret: tuple[str, ...]
) -> tuple[Fields, Fields]:
    value = parse_canonical(data, limit=MAX_KEY_FILE)
    fields = Fields(value, "bad-key-file", ("label", "kind", "suite", "facts", "kdf", "nonce", "sealed"))
    fields.label("label", KEY_FILE_LABEL)
    fields.label("kind", kind)
    sealed = fields.data("sealed", limit=MAX_KEY_FILE)
    head = {name: value[name] for name in value if name != "sealed"}
    try:
        plain = _cipher(head, passphrase, sealed, seal=False)
    except InvalidTag as error:
        raise Invalid("wrong-passphrase", "the passphrase is not the one, or the file was altered") from error
    return (
        fields.inner("facts", facts),
        Fields(parse_canonical(plain, limit=MAX_KEY_FILE), "bad-key-file", secret),
    )


def _cipher(head: dict[str, Json], passphrase: str, data: bytes, *, seal: bool) -> bytes:
    """Seal or open under the passphrase; the whole readable head is associated data."""
    fields = Fields(head, "bad-key-file")
    suite = suite_named(fields.text("suite"))
    kdf = fields.inner("kdf", ("name", "logN", "r", "p", "salt"))
    kdf.label("name", "scrypt")
    scrypt = Scrypt(
        kdf.data("salt", size=16),
        suite.key_size,
        # The upper bounds keep a hostile file from costing more than 1 GiB or some seconds.
        1 << kdf.integer("logN", 10, 20),
        kdf.integer("r", 1, 8),
        kdf.integer("p", 1, 8),
    )
    aead = suite.aead(scrypt.derive(unicodedata.normalize("NFC", passphrase).encode("utf-8")))
    nonce = fields.data("nonce", size=suite.nonce_size)
    return aead.encrypt(nonce, data, canon(head)) if seal else aead.decrypt(nonce, data, canon(head))
