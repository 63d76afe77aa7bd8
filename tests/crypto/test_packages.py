"""Packages on disk, sealings that fail, many bids at once."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sealed_world import AT, IDENTITY_INPUT, World, make_world, new_signer, seal_in

from crypto.context import MAX_PARTS
from crypto.envelope import (
    IDENTITY,
    SEGMENT,
    Keyset,
    Manifest,
    PartInput,
    PayloadJob,
    Sealed,
    bidder_part_key,
    content_key,
    decrypt_payload,
    decrypt_payloads,
    extract_files,
    hall_purpose,
    load_package,
    new_opening_key,
    open_identity,
    open_share,
    parse_manifest,
    reconstruct,
    seal_bid,
    sign_opening_key,
    unwrap_key_file,
    verify_keyset,
    verify_package,
)
from crypto.errors import Invalid
from crypto.hpke import public_bytes
from crypto.suite import DEFAULT_SUITE


def refused(code: str) -> Any:
    return pytest.raises(Invalid, match=f"^{code}(:|$)")


def test_packages(world: World, tmp_path: Path) -> None:
    sealed = seal_in(world, tmp_path / "bid")
    package = load_package(tmp_path / "bid")
    assert package.submission == sealed.submission
    assert package.receipt is None
    assert (tmp_path / "bid" / "bid-key.json").stat().st_mode & 0o777 == 0o600
    assert sealed.recovery_code in (tmp_path / "bid" / "recovery.txt").read_text(encoding="utf-8")
    held = unwrap_key_file(sealed.key_file, "correct horse")
    verify_package(package)
    verify_package(package, held.k_bidder)
    with refused("wrong-bidder-key"):
        verify_package(package, bytes(32))
    path = package.ciphertexts["main"]
    changed = bytearray(path.read_bytes())
    changed[5] ^= 1
    path.write_bytes(changed)
    with refused("root-mismatch"):
        verify_package(load_package(tmp_path / "bid"))
    path.write_bytes(changed[:-1])
    with refused("bad-package"):
        load_package(tmp_path / "bid")
    path.unlink()
    with refused("bad-package"):
        load_package(tmp_path / "bid")
    (tmp_path / "bid" / "identity.box").unlink()
    with refused("bad-package"):
        load_package(tmp_path / "bid")
    (tmp_path / "bid" / "manifest.json").write_bytes(bytes(257 << 10))
    with refused("bad-package"):
        load_package(tmp_path / "bid")


@pytest.mark.parametrize(
    "parts",
    [
        [PartInput("Main", {})],
        [PartInput("a", {}), PartInput("a", {})],
        [PartInput(f"p{i}", {}) for i in range(MAX_PARTS + 1)],
        [PartInput("../x", {})],
    ],
)
def test_bad_parts(world: World, tmp_path: Path, parts: list[PartInput]) -> None:
    with refused("bad-parts"):
        seal_in(world, tmp_path / "bid", parts)


def test_a_failed_sealing_leaves_nothing(world: World, tmp_path: Path) -> None:
    big = tmp_path / "big"
    big.write_bytes(bytes(2 * SEGMENT))

    def change(part: str, done: int, total: int) -> None:
        assert part == "main"
        assert 0 < done <= total
        big.write_bytes(b"shorter")

    with refused("file-changed"):
        seal_in(
            world,
            tmp_path / "bid",
            [PartInput("main", {"price": "1"}, [("a", big), ("b", big)])],
            progress=change,
        )
    assert list((tmp_path / "bid").iterdir()) == []
    seal_in(world, tmp_path / "bid")


def test_sealing_needs_a_part(world: World, tmp_path: Path) -> None:
    with refused("bad-parts"):
        seal_bid(
            world.context(),
            world.keyset,
            [],
            IDENTITY_INPUT,
            world.bidder,
            out=tmp_path / "bid",
            passphrase="x",
        )


def test_one_officer_alone_and_a_chain(tmp_path: Path) -> None:
    """k = n = 1, which a rule row may allow; the signer's chain travels in box and CMS."""
    world = make_world(1, 1)
    issuer = new_signer("issuer").certificate
    world = replace(world, bidder=replace(world.bidder, chain=(issuer,)))
    sealed = seal_in(world, tmp_path / "bid", prev="ab" * 32)
    manifest = parse_manifest(sealed.manifest)
    assert manifest.prev == "ab" * 32
    secret = reconstruct(manifest, IDENTITY, {1: open_share(manifest, IDENTITY, 1, world.opening_keys[0])})
    assert open_identity(manifest, sealed.box, secret).chain == (issuer,)


def _dek(world: World, sealed: Sealed) -> bytes:
    manifest: Manifest = parse_manifest(sealed.manifest)
    purpose = hall_purpose("main")
    released = {
        i: open_share(manifest, purpose, i, world.opening_keys[i - 1]) for i in range(1, manifest.k + 1)
    }
    held = unwrap_key_file(sealed.key_file, "correct horse")
    part_key = bidder_part_key(manifest, held.k_bidder, "main")
    return content_key(manifest, "main", part_key, reconstruct(manifest, purpose, released))


def _job(world: World, sealed: Sealed, out: Path, *, damage: bool = False) -> PayloadJob:
    data = bytearray(sealed.ciphertexts["main"].read_bytes())
    data[-1] ^= damage

    def read(i: int) -> bytes:
        return bytes(data[i * SEGMENT : (i + 1) * SEGMENT])

    return PayloadJob(parse_manifest(sealed.manifest), "main", _dek(world, sealed), read, out.open("wb"))


def test_many_bids_decrypt_in_threads_and_one_bad_one_stops_nobody(world: World, tmp_path: Path) -> None:
    jobs = []
    for number in range(5):
        source = tmp_path / f"s{number}"
        source.write_bytes(bytes([number]) * 1_500_000)
        sealed = seal_in(
            world, tmp_path / f"bid{number}", [PartInput("main", {"price": str(number)}, [("f", source)])]
        )
        jobs.append(_job(world, sealed, tmp_path / f"{number}.zip", damage=number == 3))
    results = list(decrypt_payloads(jobs, workers=3))
    for job in jobs:
        job.out.close()
    assert [job for job, _ in results] == jobs
    assert [error.code if error else None for _, error in results] == [
        None,
        None,
        None,
        "bad-ciphertext",
        None,
    ]
    for number in (0, 1, 2, 4):
        extract_files(tmp_path / f"{number}.zip", tmp_path / f"into{number}")
        assert (tmp_path / f"into{number}" / "f").read_bytes() == bytes([number]) * 1_500_000


def test_hpke_envelopes_too_short_or_elsewhere() -> None:
    key = new_opening_key()
    hpke = DEFAULT_SUITE.hpke
    sealed = hpke.seal(public_bytes(key), b"x", info=b"i", ephemeral_ikm=bytes(32))
    for data, info, code in (
        (sealed[:80], b"i", "hpke-open"),
        (sealed, b"j", "hpke-open"),
        (sealed[:-1], b"i", "hpke-open"),
        (b"\x05" + sealed[1:], b"i", "bad-point"),
    ):
        with refused(code):
            hpke.open(key, data, info=info)


def test_hpke_derivation_gives_up_on_a_curve_of_order_one() -> None:
    with refused("hpke-derive"):
        replace(DEFAULT_SUITE.hpke, order=1).derive_private(bytes(32))


def test_officers_sign_their_own_keys() -> None:
    signer = new_signer("officer", kind="rsa")
    officer = sign_opening_key("t", "l", "agency", 1, new_opening_key(), signer)
    verify_keyset(Keyset("t", "l", 1, (officer,)))
    assert AT.tzinfo is not None


def test_memory_does_not_grow_with_the_files(world: World, tmp_path: Path) -> None:
    """Sealing, checking, decrypting and unpacking 40 MiB hold a few segments, whatever the size."""
    source = tmp_path / "big"
    with source.open("wb") as file:
        file.truncate(40 * SEGMENT)
    seal_in(world, tmp_path / "warm")
    tracemalloc.start()
    sealed = seal_in(world, tmp_path / "bid", [PartInput("main", {"price": "1"}, [("big", source)])])
    verify_package(load_package(tmp_path / "bid"))
    manifest = parse_manifest(sealed.manifest)
    with sealed.ciphertexts["main"].open("rb") as ciphertext, (tmp_path / "z").open("wb") as out:

        def read(i: int) -> bytes:
            ciphertext.seek(i * SEGMENT)
            return ciphertext.read(SEGMENT)

        decrypt_payload(manifest, "main", _dek(world, sealed), read, out)
    extract_files(tmp_path / "z", tmp_path / "into")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * SEGMENT
    assert (tmp_path / "into" / "big").stat().st_size == 40 * SEGMENT
