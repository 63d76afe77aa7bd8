"""Key files under a passphrase, recovery codes and the wrap slots of a manifest."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sealed_world import CHEAP, World, seal_in

from crypto.canonical import canon, parse_canonical
from crypto.envelope import (
    Cost,
    LoadedPackage,
    Trustees,
    load_package,
    new_opening_key,
    new_recovery_code,
    parse_manifest,
    parse_recovery_code,
    private_from_bytes,
    unwrap_key_file,
    unwrap_opening_key,
    unwrap_recovery,
    unwrap_with_keys,
    wrap_opening_key,
)
from crypto.errors import Invalid
from crypto.hpke import public_bytes
from crypto.suite import DEFAULT_SUITE
from crypto.wraps import SLOTS, Piece, combine_pieces


def refused(code: str) -> Any:
    return pytest.raises(Invalid, match=f"^{code}(:|$)")


@pytest.fixture(scope="module")
def package(world: World, tmp_path_factory: pytest.TempPathFactory) -> LoadedPackage:
    folder = tmp_path_factory.mktemp("package") / "bid"
    seal_in(world, folder)
    return load_package(folder)


def test_opening_key_file() -> None:
    key = new_opening_key()
    data = wrap_opening_key(key, "口令", tender="t_x", lot="l_1", seat="agency", cost=CHEAP)
    opened = unwrap_opening_key(data, "口令")
    assert (opened.tender, opened.lot, opened.seat) == ("t_x", "l_1", "agency")
    assert public_bytes(opened.private) == public_bytes(key)
    with refused("wrong-passphrase"):
        unwrap_opening_key(data, "other")
    for name in ("tender", "seat"):
        assert name.encode() in data
    with refused("wrong-passphrase"):
        unwrap_opening_key(data.replace(b"agency", b"agence"), "口令")
    with refused("bad-key-file"):
        unwrap_key_file(data, "口令")


def test_key_files_that_are_none(package: LoadedPackage) -> None:
    assert package.key_file is not None
    value = parse_canonical(package.key_file, limit=1 << 20)
    changes: list[dict[str, Any]] = [
        {"label": "x"},
        {"kind": "opening-key"},
        {"kdf": {**value["kdf"], "name": "md5"}},
        {"kdf": {**value["kdf"], "logN": 21}},
        {"kdf": {**value["kdf"], "p": 0}},
        {"nonce": "AAAA"},
        {"facts": {}, "sealed": value["sealed"]},
    ]
    for change in changes:
        with pytest.raises(Invalid):
            unwrap_key_file(canon({**value, **change}), "correct horse")
    with refused("unknown-suite"):
        unwrap_key_file(canon({**value, "suite": "KB0"}), "correct horse")


def test_default_cost_is_owasps() -> None:
    key = new_opening_key()
    data = wrap_opening_key(key, "x", tender="t", lot="l", seat="s")
    kdf = parse_canonical(data, limit=1 << 20)["kdf"]
    assert (kdf["logN"], kdf["r"], kdf["p"]) == (Cost().log_n, 8, 3) == (15, 8, 3)


def test_an_opening_key_file_whose_halves_differ_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from crypto import key_file

    stranger = public_bytes(new_opening_key())
    monkeypatch.setattr(key_file, "public_bytes", lambda private: stranger)
    data = wrap_opening_key(new_opening_key(), "x", tender="t", lot="l", seat="s", cost=CHEAP)
    monkeypatch.undo()
    with refused("bad-key-file"):
        unwrap_opening_key(data, "x")


@pytest.mark.parametrize("scalar", [bytes(32), b"\xff" * 32, b"", bytes(33)])
def test_private_keys_out_of_range(scalar: bytes) -> None:
    with refused("bad-key"):
        private_from_bytes(scalar)


@given(
    st.binary(min_size=16, max_size=16),
    st.integers(0, 27),
    st.sampled_from("0123456789ABCDEFGHJKMNPQRSTVWXYZ"),
)
def test_recovery_codes(secret: bytes, at: int, symbol: str) -> None:
    code = new_recovery_code(lambda n: secret)
    assert parse_recovery_code(code) == secret
    spoken = code.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert parse_recovery_code(spoken) == secret
    plain = code.replace("-", "")
    typo = plain[:at] + symbol + plain[at + 1 :]
    if typo != plain:  # a 12-bit check finds all but one in 4096
        try:
            assert parse_recovery_code(typo) != secret
        except Invalid as error:
            assert error.code == "bad-recovery-code"


@pytest.mark.parametrize("code", ["", "AAAA", "U" * 28, "!" * 28, "0" * 27 + "1"])
def test_malformed_codes(code: str) -> None:
    with refused("bad-recovery-code"):
        parse_recovery_code(code)


def test_slots_look_alike_whoever_they_are_for(world: World, tmp_path: Path) -> None:
    certificate, trustees = new_opening_key(), [new_opening_key() for _ in range(3)]
    sealed = seal_in(
        world,
        tmp_path / "bid",
        recipients=[public_bytes(certificate)],
        trustees=Trustees(2, tuple(public_bytes(t) for t in trustees)),
    )
    manifest = parse_manifest(sealed.manifest)
    assert {len(slot) for slot in manifest.wraps} == {115}
    for slot in manifest.wraps:
        DEFAULT_SUITE.hpke.public_key(slot[:65])  # used or not, every slot starts with a point of the curve
    held = unwrap_key_file(sealed.key_file, "correct horse")
    assert unwrap_recovery(manifest, sealed.recovery_code) == held.k_bidder
    assert unwrap_with_keys(manifest, [certificate]) == held.k_bidder
    assert unwrap_with_keys(manifest, trustees[1:]) == held.k_bidder
    with refused("bad-share"):
        unwrap_with_keys(manifest, trustees[:1])
    with refused("no-wrap"):
        unwrap_with_keys(manifest, [new_opening_key()])
    with refused("no-wrap"):
        unwrap_recovery(manifest, new_recovery_code())


def test_a_slot_copied_to_another_slot_or_bid_does_not_open(world: World, tmp_path: Path) -> None:
    first = seal_in(world, tmp_path / "one")
    manifest = parse_manifest(first.manifest)
    with refused("no-wrap"):
        unwrap_recovery(replace(manifest, wraps=manifest.wraps[1:] + manifest.wraps[:1]), first.recovery_code)
    other = parse_manifest(seal_in(world, tmp_path / "two").manifest)
    with refused("no-wrap"):
        unwrap_recovery(replace(other, wraps=manifest.wraps), first.recovery_code)


def test_too_many_recipients(world: World, tmp_path: Path) -> None:
    points = [public_bytes(new_opening_key()) for _ in range(SLOTS)]
    with refused("too-many-wraps"):
        seal_in(world, tmp_path / "bid", recipients=points)
    assert list((tmp_path / "bid").iterdir()) == []


def test_pieces_of_different_recoveries_do_not_combine() -> None:
    for pieces in ([], [Piece(2, 1, b"a")], [Piece(2, 1, b"a"), Piece(3, 2, b"b")]):
        with refused("bad-share"):
            combine_pieces(pieces)


def test_a_wrapped_key_that_is_not_the_bids_is_refused(
    package: LoadedPackage, tmp_path: Path, world: World
) -> None:
    sealed = seal_in(world, tmp_path / "bid")
    manifest = parse_manifest(sealed.manifest)
    part = replace(manifest.part("main"), bidder_commit="00" * 32)
    with refused("wrong-bidder-key"):
        unwrap_recovery(replace(manifest, parts={"main": part}), sealed.recovery_code)
