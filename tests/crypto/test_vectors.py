"""The golden files still say what the code does, and the code still does what they say."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

from crypto import draws, shares, statements, wraps
from crypto.canonical import canon, parse_canonical, sha256_hex, unb64
from crypto.envelope import (
    IDENTITY,
    bidder_part_key,
    open_identity,
    open_share,
    parse_context,
    parse_keyset,
    parse_manifest,
    private_from_bytes,
    reconstruct,
    unwrap_key_file,
    unwrap_recovery,
    verify_keyset,
    verify_manifest,
)
from crypto.errors import Invalid

VECTORS = Path(__file__).parent.parent / "vectors"
_spec = importlib.util.spec_from_file_location("vectors_make", VECTORS / "make.py")
assert _spec is not None and _spec.loader is not None
make = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(make)


def load(name: str) -> Any:
    return json.loads((VECTORS / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", make.FILES)
def test_golden_file_regenerates_to_no_diff(name: str) -> None:
    assert make.rendered(name) == (VECTORS / name).read_text(encoding="utf-8")


def test_canonical_encodings() -> None:
    for case in load("canonical.json")["accepted"]:
        data = bytes.fromhex(case["utf8"])
        assert canon(case["value"]) == data
        assert parse_canonical(data, limit=1000) == case["value"]


@pytest.mark.parametrize("case", load("canonical.json")["refused"], ids=lambda case: case["why"])
def test_other_encodings_are_refused(case: dict[str, str]) -> None:
    with pytest.raises(Invalid) as refusal:
        parse_canonical(bytes.fromhex(case["utf8"]), limit=1000)
    assert refusal.value.code == "not-canonical"


def test_shares_made_by_the_npm_package_combine_here() -> None:
    for case in load("npm-shares.json"):
        given = [bytes.fromhex(share) for share in case["shares"]]
        k = case["k"]
        for start in range(case["n"] - k + 1):
            assert shares.combine(given[start : start + k]).hex() == case["secret"]
        assert shares.combine(given).hex() == case["secret"]
        assert shares.combine(given[: k - 1]).hex() != case["secret"]


def test_split_vector_combines() -> None:
    case = load("split.json")
    given = [bytes.fromhex(share) for share in case["shares"]]
    assert shares.combine([given[4], given[0], given[2]]).hex() == case["secret"]


def test_statement_signature_verifies() -> None:
    case = load("statement.json")
    statements.verify_statement(bytes.fromhex(case["public"]), case["statement"], case["signature"])


def test_recovery_codes_parse() -> None:
    for case in load("recovery.json")["codes"]:
        assert wraps.parse_recovery_code(case["code"]).hex() == case["secret"]


def test_draw_is_recomputed_by_ten_lines() -> None:
    import hmac

    case = load("draws.json")
    seed = bytes.fromhex(case["seed"])
    for draw in case["indices"]:
        n, block, found = draw["n"], draw["counter"], None
        while found is None:
            mac = hmac.digest(seed, case["draw"].encode() + block.to_bytes(8, "big"), "sha256")
            words = (int.from_bytes(mac[at : at + 8], "big") for at in (0, 8, 16, 24))
            found = next((word % n for word in words if word < 2**64 // n * n), None)
            block += 2**32
        assert str(found) == draw["index"]
        assert draws.draw_index(seed, case["draw"], n, draw["counter"]) == found


def test_sealed_bid_opens() -> None:
    case = load("sealed-bid.json")
    keyset = parse_keyset(unb64(case["keyset"]))
    verify_keyset(keyset)
    manifest = parse_manifest(unb64(case["manifest"]))
    verify_manifest(manifest, keyset)
    assert sha256_hex(unb64(case["manifest"])) == case["manifestHash"] == manifest.hash()
    opening = [private_from_bytes(bytes.fromhex(key)) for key in case["openingKeys"]]
    released = {i: open_share(manifest, IDENTITY, i, opening[i - 1]) for i in (1, 2)}
    identity = open_identity(manifest, unb64(case["box"]), reconstruct(manifest, IDENTITY, released))
    assert identity.certificate == unb64(case["bidderCertificate"])
    held = unwrap_key_file(unb64(case["keyFile"]), case["passphrase"])
    assert held.ctx == manifest.ctx == parse_context(manifest.ctx.encode())
    assert held.receipt_private.hex() == case["receiptPrivate"]
    assert unwrap_recovery(manifest, case["recoveryCode"]) == held.k_bidder
    bidder_part_key(manifest, held.k_bidder, "main")
