"""Manifests and identity boxes: every other byte is another bid or none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sealed_world import CREDIT_CODE, IDENTITY_INPUT, World, seal_in

from crypto.canonical import canon, parse_canonical
from crypto.context import new_id
from crypto.envelope import (
    IDENTITY,
    SEGMENT,
    IdentityInput,
    LoadedPackage,
    load_package,
    open_identity,
    open_share,
    parse_manifest,
    reconstruct,
)
from crypto.errors import Invalid
from crypto.identity import MAX_BOX, STEP, check_box_size, seal_box
from crypto.suite import DEFAULT_SUITE


def refused(code: str) -> Any:
    return pytest.raises(Invalid, match=f"^{code}(:|$)")


@pytest.fixture(scope="module")
def package(world: World, tmp_path_factory: pytest.TempPathFactory) -> LoadedPackage:
    folder = tmp_path_factory.mktemp("package") / "bid"
    seal_in(world, folder)
    return load_package(folder)


@pytest.fixture(scope="module")
def secret(world: World, package: LoadedPackage) -> bytes:
    """K_identity of the package."""
    manifest = package.manifest
    released = {i: open_share(manifest, IDENTITY, i, world.opening_keys[i - 1]) for i in (1, 2)}
    return reconstruct(manifest, IDENTITY, released)


def test_manifest_round_trip_and_look_ups(package: LoadedPackage) -> None:
    manifest = package.manifest
    assert manifest.encode() == package.manifest_bytes
    assert manifest.n == 3
    assert manifest.bid == package.bid
    for name, look_up in (
        ("unknown-part", lambda: manifest.part("x")),
        ("unknown-seat", lambda: manifest.seat(4)),
        ("unknown-seat", lambda: manifest.seat(0)),
        ("unknown-purpose", lambda: manifest.dealt("hall:x")),
    ):
        with refused(name):
            look_up()


def test_manifests_that_are_none(package: LoadedPackage) -> None:
    value = parse_canonical(package.manifest_bytes, limit=1 << 20)
    part, seat = value["parts"][0], value["seats"][0]
    shares = value["shares"]
    changes: list[dict[str, Any]] = [
        {"label": "kaibiao/manifest/v2"},
        {"extra": 1},
        {"k": 4},
        {"k": 0},
        {"seats": []},
        {"seats": [{**seat, "index": 2}]},
        {"parts": []},
        {"parts": [part, part]},
        {"parts": [{**part, "name": "Main"}]},
        {"parts": [{**part, "size": "1048577"}]},
        {"parts": [{**part, "segments": 9, "size": str(9 * SEGMENT)}]},
        {"parts": [{**part, "size": 1048576}]},
        {"shares": {**shares, "hall:x": shares["hall:main"]}},
        {"shares": {"hall:main": shares["hall:main"]}},
        {"shares": {**shares, "identity": shares["identity"][:2]}},
        {"shares": {**shares, "identity": [{**shares["identity"][0], "envelope": "AAAA"}] * 3}},
        {"wraps": value["wraps"][:7]},
        {"wraps": ["AAAA"] * 8},
        {"receiptKey": "AAAA"},
        {"prev": "zz"},
        {"identity": {}},
    ]
    for change in changes:
        with pytest.raises(Invalid) as refusal:
            parse_manifest(canon({**value, **change}))
        assert refusal.value.code in ("bad-manifest", "bad-hex"), change
    off_curve = canon({**value, "receiptKey": value["receiptKey"][:-4] + "AAAA"})
    with refused("bad-point"):
        parse_manifest(off_curve)
    with refused("too-large"):
        parse_manifest(bytes(257 << 10))


@given(at=st.integers(0, 10**6), mask=st.integers(1, 255))
@settings(max_examples=300, deadline=None)
def test_any_flipped_byte_of_a_manifest_is_noticed(
    package: LoadedPackage, secret: bytes, at: int, mask: int
) -> None:
    """It does not parse, or it is another manifest: then the box does not open under it."""
    data = bytearray(package.manifest_bytes)
    data[at % len(data)] ^= mask
    try:
        manifest = parse_manifest(bytes(data))
    except Invalid:
        return
    assert manifest.hash() != package.manifest.hash()
    with pytest.raises(Invalid):
        open_identity(manifest, package.box, secret)


@given(at=st.integers(0, STEP - 1), mask=st.integers(1, 255))
@settings(max_examples=100, deadline=None)
def test_any_flipped_byte_of_a_box_is_refused(
    package: LoadedPackage, secret: bytes, at: int, mask: int
) -> None:
    box = bytearray(package.box)
    box[at] ^= mask
    with refused("bad-identity"):
        open_identity(package.manifest, bytes(box), secret)


def test_box_sizes(package: LoadedPackage, secret: bytes) -> None:
    assert len(package.box) == STEP
    for size in (0, 1, STEP - 1, MAX_BOX + STEP):
        with refused("bad-identity"):
            check_box_size(bytes(size))
    with refused("bad-identity"):
        open_identity(package.manifest, package.box + package.box[:1], secret)
    with refused("bad-identity-key"):
        open_identity(package.manifest, package.box, bytes(32))
    with refused("bad-key"):
        open_identity(package.manifest, package.box, b"")
    with refused("box-too-large"):
        seal_box(package.manifest.ctx, "00" * 32, bytes(32), bytes(MAX_BOX), lambda n: bytes(n))


def test_box_framing(package: LoadedPackage, secret: bytes) -> None:
    """A hidden tail, a length beyond the box, content that is not canonical: all refused."""
    manifest = package.manifest

    def box(framed: bytes) -> bytes:
        made = seal_box(manifest.ctx, manifest.hash(), secret, framed[4:], lambda n: bytes(n))
        assert len(made) == STEP
        return made

    for plain, code in ((b"{}", "bad-identity"), (b"[]", "bad-identity"), (b"{ }", "not-canonical")):
        with refused(code):
            open_identity(manifest, box(bytes(4) + plain), secret)
    cipher = DEFAULT_SUITE.aead(manifest.ctx.derive(secret, "identity-box"))
    associated = manifest.ctx.bound("identity-box", manifestHash=manifest.hash())
    room = STEP - 28
    for framed in (
        (2).to_bytes(4, "big") + b"{}" + bytes(room - 7) + b"x",
        (room).to_bytes(4, "big") + bytes(room - 4),
    ):
        with refused("bad-identity"):
            open_identity(manifest, bytes(12) + cipher.encrypt(bytes(12), framed, associated), secret)
    padded_twice = (2).to_bytes(4, "big") + b"{}" + bytes(room + STEP - 6)
    with refused("bad-identity"):
        open_identity(manifest, bytes(12) + cipher.encrypt(bytes(12), padded_twice, associated), secret)


def test_a_consortium_and_everything_else_survives(world: World, tmp_path: Path) -> None:
    member = {"name": "乙方", "creditCode": CREDIT_CODE}
    identity = IdentityInput(
        organisation={"name": "甲方", "creditCode": CREDIT_CODE},
        members=[{"name": "甲方", "creditCode": CREDIT_CODE}, member],
        contact={"email": "a@example.invalid"},
        representative={"name": "李四", "idDocument": "x"},
        deposit={"kind": "保函", "number": "1"},
        device={"disk": "x"},
        replaces=[new_id("b")],
        crls=[b"crl"],
        ocsps=[b"ocsp" * 20_000],
    )
    sealed = seal_in(world, tmp_path / "bid", identity=identity, at=None)
    manifest = parse_manifest(sealed.manifest)
    assert len(sealed.box) == 2 * STEP
    released = {i: open_share(manifest, IDENTITY, i, world.opening_keys[i - 1]) for i in (1, 3)}
    opened = open_identity(manifest, sealed.box, reconstruct(manifest, IDENTITY, released))
    assert opened.members[1] == member
    assert opened.facts["deposit"] == {"kind": "保函", "number": "1"}
    assert (opened.crls, opened.ocsps) == ((b"crl",), (b"ocsp" * 20_000,))
    assert opened.replaces == tuple(identity.replaces)
    assert opened.signed_at is None


@pytest.mark.parametrize(
    "change",
    [
        {"organisation": {"name": "x"}},
        {"organisation": {"name": "x", "creditCode": CREDIT_CODE.lower()}},
        {"organisation": {"name": "", "creditCode": CREDIT_CODE}},
        {"organisation": {"name": "x", "creditCode": "91350100M000100Y44"}},
        {"members": [{"name": "x"}]},
        {"contact": {"phone": 5}},
        {"draw": b"short"},
        {"replaces": ["x"]},
    ],
)
def test_identities_that_are_refused_when_sealing(
    world: World, tmp_path: Path, change: dict[str, Any]
) -> None:
    with pytest.raises(Invalid):
        seal_in(world, tmp_path / "bid", identity=replace(IDENTITY_INPUT, **change))
    assert list((tmp_path / "bid").iterdir()) == []
