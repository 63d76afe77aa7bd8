"""Writes the golden files beside it: ``python tests/vectors/make.py``. Other clients read the same files.

Randomness is SHA-256(seed || counter), so a run changes nothing unless the format changed. Keys in these
files are test keys. ``npm-shares.json`` and ``rsa-key.pem`` are inputs: made once, by
npm ``shamir-secret-sharing`` 0.0.4 and by ``openssl genrsa``.
"""

from __future__ import annotations

import hashlib
import io
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
if __name__ == "__main__":
    sys.path[:0] = [str(HERE.parent.parent), str(HERE.parent)]

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA  # noqa: E402
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey  # noqa: E402
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature  # noqa: E402
from cryptography.hazmat.primitives.hashes import SHA256  # noqa: E402
from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: E402
from sealed_world import AT, CHEAP, IDENTITY_INPUT, self_signed  # noqa: E402

from crypto import draws, keys, shares, statements, wraps  # noqa: E402
from crypto.canonical import b64, canon, sha256_hex  # noqa: E402
from crypto.dealing import deal, deal_shares, envelope_info  # noqa: E402
from crypto.envelope import (  # noqa: E402
    IDENTITY,
    SUITE,
    VERSION,
    Context,
    Keyset,
    PartInput,
    Seat,
    hall_purpose,
    new_bid,
    new_context,
    new_opening_key,
    parse_manifest,
    seal_bid,
    sign_opening_key,
)
from crypto.hpke import public_bytes  # noqa: E402
from crypto.signing import Signer  # noqa: E402
from crypto.stream import StreamSealer, bucket_segments, plaintext_size  # noqa: E402
from crypto.suite import DEFAULT_SUITE  # noqa: E402


class Fixed:
    """Repeatable bytes; remembers what it gave, in order."""

    def __init__(self, seed: str) -> None:
        self._seed, self._counter, self.given = seed.encode(), 0, []  # type: ignore[var-annotated]

    def __call__(self, size: int) -> bytes:
        out = b""
        while len(out) < size:
            out += hashlib.sha256(self._seed + self._counter.to_bytes(8, "big")).digest()
            self._counter += 1
        self.given.append(out[:size].hex())
        return out[:size]


def context() -> Context:
    return Context(VERSION, SUITE, "t_example", "l_1", 1, "aa" * 32, "bb" * 32, new_bid(Fixed("bid")))


def canonical() -> dict[str, Any]:
    values: list[Any] = [
        None,
        True,
        [],
        {},
        "",
        0,
        -9007199254740991,
        {"b": 2, "a": 1, "Z": [1, 2, {"y": None}]},
        '€$\u000f\nA\'B"\\"/',
        "开标一览表",
        "\u007f\u2028😂",
        {"price": "9800000.00", "ratio": "0.95"},
    ]
    refused: list[tuple[str, bytes]] = [
        ("space", b'{"a": 1}'),
        ("order", b'{"b":1,"a":2}'),
        ("repeated key", b'{"a":1,"a":1}'),
        ("float", b"1.0"),
        ("exponent", b"1e3"),
        ("too large", b"9007199254740992"),
        ("minus zero", b"-0"),
        ("NaN", b"NaN"),
        ("not NFC", '"e\u0301"'.encode()),
        ("lone surrogate", b'"\\ud800"'),
        ("needless escape", b'"\\u0041"'),
        ("key not ASCII", '{"价":1}'.encode()),
        ("trailing", b"1 "),
        ("not UTF-8", b'"\xff"'),
        ("byte order mark", b"\xef\xbb\xbf1"),
    ]
    return {
        "accepted": [{"value": v, "utf8": canon(v).hex()} for v in values],
        "refused": [{"why": why, "utf8": data.hex()} for why, data in refused],
    }


def derivations() -> dict[str, Any]:
    ctx, random = context(), Fixed("derivations")
    k_bidder, k_hall, k_identity = random(32), random(32), random(32)
    part_key = keys.bidder_part_key_in(ctx, k_bidder, "price")
    return {
        "ctx": ctx.encode(),
        "ctxHash": ctx.hash(),
        "bound": ctx.bound("content", part="price").decode(),
        "kBidder": k_bidder.hex(),
        "kHall": k_hall.hex(),
        "kIdentity": k_identity.hex(),
        "part": "price",
        "kBidderPart": part_key.hex(),
        "bidderCommit": keys.bidder_commit(ctx, "price", part_key),
        "dek": keys.data_key(ctx, "price", part_key, k_hall).hex(),
        "keyCommit": keys.key_commit(ctx, "price", part_key, k_hall),
        "identityBoxKey": keys.identity_box_key(ctx, k_identity).hex(),
        "identityCommit": keys.identity_commit(ctx, k_identity),
    }


def dealing() -> dict[str, Any]:
    ctx, random = context(), Fixed("dealing")
    privates = [new_opening_key(random) for _ in range(3)]
    seats = tuple(Seat(i, f"officer-{i}", public_bytes(p)) for i, p in enumerate(privates, start=1))
    secret = random(32)
    purpose = hall_purpose("price")
    dealt = deal(ctx, purpose, secret, 2, seats)
    return {
        "ctx": ctx.encode(),
        "purpose": purpose,
        "k": 2,
        "secret": secret.hex(),
        "coefficients": [ctx.derive(secret, "share-coefficient", secret=purpose, power=1, k=2).hex()],
        "seats": [
            {
                "index": seat.index,
                "seat": seat.seat,
                "private": private.private_numbers().private_value.to_bytes(32, "big").hex(),
                "openingKey": seat.opening_key.hex(),
                "share": share.hex(),
                "info": envelope_info(ctx, purpose, seat).decode(),
                "ephemeralIkm": ctx.derive(
                    secret, "share-ephemeral", secret=purpose, seat=seat.seat, index=seat.index
                ).hex(),
                "commit": dealt[seat.index].commit,
                "envelope": dealt[seat.index].envelope.hex(),
            }
            for seat, private, share in zip(
                seats, privates, deal_shares(ctx, purpose, secret, 2, seats), strict=True
            )
        ],
    }


def split() -> dict[str, Any]:
    random = Fixed("split")
    secret, coefficients = random(32), [random(32), random(32)]
    return {
        "secret": secret.hex(),
        "coefficients": [c.hex() for c in coefficients],
        "shares": [s.hex() for s in shares.split(secret, coefficients, [1, 2, 3, 200, 255])],
    }


def stream() -> dict[str, Any]:
    random = Fixed("stream")
    key, salt, prefix, associated = random(32), random(32), random(7), b'{"purpose":"example"}'
    out = io.BytesIO()
    sealer = StreamSealer(DEFAULT_SUITE, key, associated, out, segments=2, salt=salt, prefix=prefix)
    sealer.write(b"kaibiao")
    root = sealer.close()
    data = out.getvalue()
    return {
        "key": key.hex(),
        "salt": salt.hex(),
        "noncePrefix": prefix.hex(),
        "associatedData": associated.hex(),
        "plaintext": f"'kaibiao', then zeros up to {plaintext_size(2)} bytes",
        "size": len(data),
        "header": data[:40].hex(),
        "firstBytes": data[40:72].hex(),
        "lastBytes": data[-32:].hex(),
        "sha256": sha256_hex(data),
        "root": root.hex(),
        "buckets": [[size, bucket_segments(size)] for size in _SIZES],
    }


_SIZES = [0, 1, 1048520, 1048521, 8 << 20, 9 << 20, 17 << 20, 33 << 20, 100 << 20, 2 << 30]


def recovery() -> dict[str, Any]:
    random = Fixed("recovery")
    pairs = [bytes(16), bytes([255] * 16), random(16)]
    ctx = context()
    return {
        "codes": [{"secret": s.hex(), "code": wraps.format_code(s)} for s in pairs],
        "ctx": ctx.encode(),
        "publicKey": public_bytes(wraps.recovery_key(ctx, wraps.format_code(pairs[2]))).hex(),
    }


def drawing() -> dict[str, Any]:
    reveals = {"agency": bytes(range(32)), "tenderer": bytes(range(32, 64))}
    halls = {"b_one": bytes([1] * 32), "b_two": bytes([2] * 32)}
    seed = draws.draw_seed("coefficient", reveals, halls)
    return {
        "draw": "coefficient",
        "reveals": {k: b64(v) for k, v in reveals.items()},
        "kHalls": {k: b64(v) for k, v in halls.items()},
        "seed": seed.hex(),
        "indices": [
            {"n": n, "counter": c, "index": str(draws.draw_index(seed, "coefficient", n, c))}
            for n, c in (
                (1, 0),
                (6, 0),
                (6, 1),
                (139, 0),
                ((1 << 63) + 1, 0),
                ((1 << 63) + 1, 5),
                (1 << 64, 0),
            )
        ],
    }


def whole_bid() -> dict[str, Any]:
    rsa = load_pem_private_key((HERE / "rsa-key.pem").read_bytes(), None)
    assert isinstance(rsa, RSAPrivateKey)
    random = Fixed("officers")
    privates = [new_opening_key(random) for _ in range(3)]
    officers = tuple(
        sign_opening_key(
            "t_example", "l_1", f"officer-{i}", i, p, Signer(self_signed(rsa, f"officer {i}"), (), rsa)
        )
        for i, p in enumerate(privates, start=1)
    )
    keyset = Keyset("t_example", "l_1", 2, officers)
    bidder = Signer(self_signed(rsa, "bidder"), (), rsa)
    random = Fixed("sealed bid")
    ctx = new_context("t_example", "l_1", keyset_hash=keyset.hash(), docs_hash="bb" * 32, bid=new_bid(random))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "a"
        file.write_text("技术方案", encoding="utf-8")
        sealed = seal_bid(
            ctx,
            keyset,
            [PartInput("main", {"price": "9800000.00"}, [("技术/方案.txt", file)])],
            IDENTITY_INPUT,
            bidder,
            out=Path(folder) / "bid",
            passphrase="口令 passphrase",
            at=AT,
            cost=CHEAP,
            random=random,
        )
        ciphertext = sealed.ciphertexts["main"].read_bytes()
    manifest = parse_manifest(sealed.manifest)
    return {
        "keyset": b64(keyset.encode()),
        "openingKeys": [p.private_numbers().private_value.to_bytes(32, "big").hex() for p in privates],
        "bidderCertificate": b64(bidder.certificate),
        "at": "2026-11-22T08:00:00.000Z",
        "form": {"price": "9800000.00"},
        "files": {"技术/方案.txt": "技术方案"},
        "passphrase": "口令 passphrase",
        "random": random.given,
        "manifest": b64(sealed.manifest),
        "manifestHash": manifest.hash(),
        "box": b64(sealed.box),
        "ciphertextSha256": sha256_hex(ciphertext),
        "root": manifest.parts["main"].root,
        "submission": sealed.submission,
        "keyFile": b64(sealed.key_file),
        "recoveryCode": sealed.recovery_code,
        "receiptPrivate": sealed.receipt_private.hex(),
        "purposes": [IDENTITY, hall_purpose("main")],
    }


def statement() -> dict[str, Any]:
    said = {"label": statements.WITHDRAW, "tender": "t_example", "lot": "l_1", "submission": "cc" * 32}
    private = DEFAULT_SUITE.hpke.derive_private(bytes(32))
    scalar = private.private_numbers().private_value.to_bytes(32, "big")
    der = private.sign(statements.encode_statement(said), ECDSA(SHA256(), deterministic_signing=True))
    raw = b"".join(number.to_bytes(32, "big") for number in decode_dss_signature(der))
    return {
        "private": scalar.hex(),
        "public": public_bytes(private).hex(),
        "statement": said,
        "utf8": statements.encode_statement(said).decode(),
        "signature": b64(raw),
    }


FILES = {
    "canonical.json": canonical,
    "derivations.json": derivations,
    "dealing.json": dealing,
    "split.json": split,
    "stream.json": stream,
    "recovery.json": recovery,
    "draws.json": drawing,
    "sealed-bid.json": whole_bid,
    "statement.json": statement,
}


def rendered(name: str) -> str:
    return json.dumps(FILES[name](), ensure_ascii=True, indent=1) + "\n"


if __name__ == "__main__":
    for file_name in FILES:
        (HERE / file_name).write_text(rendered(file_name), encoding="utf-8")
