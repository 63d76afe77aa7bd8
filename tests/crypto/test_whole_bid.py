"""A bid from sealing to opened files, the way the opening does it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sealed_world import AT, CREDIT_CODE, World

from crypto.envelope import (
    IDENTITY,
    SEGMENT,
    PartInput,
    Sealed,
    bidder_part_key,
    content_key,
    decrypt_payload,
    extract_files,
    hall_purpose,
    load_package,
    open_identity,
    open_share,
    parse_manifest,
    read_form,
    reconstruct,
    unwrap_key_file,
    unwrap_recovery,
    verify_manifest,
    verify_package,
)


def test_two_parts_open_one_after_the_other(
    world: World, seal: Callable[..., Sealed], tmp_path: Path
) -> None:
    big = tmp_path / "drawings.bin"
    big.write_bytes(bytes(range(256)) * 9000)
    small = tmp_path / "price.txt"
    small.write_text("九百八十万元", encoding="utf-8")
    sealed = seal(
        PartInput("technical", {"duration": "120"}, [("图纸/drawings.bin", big)]),
        PartInput("price", {"price": "9800000.00"}, [("price.txt", small)]),
    )
    package = load_package(tmp_path / "bid")
    held = unwrap_key_file(sealed.key_file, "correct horse")
    verify_package(package, held.k_bidder)
    manifest = parse_manifest(sealed.manifest)
    verify_manifest(manifest, world.keyset, docs_hashes=frozenset({world.docs}), round_number=1)
    assert package.submission == sealed.submission

    shares = {i: open_share(manifest, IDENTITY, i, world.opening_keys[i - 1]) for i in (1, 3)}
    identity = open_identity(manifest, sealed.box, reconstruct(manifest, IDENTITY, shares))
    assert identity.organisation["creditCode"] == CREDIT_CODE
    assert identity.signed_at == AT

    assert unwrap_recovery(manifest, sealed.recovery_code.lower()) == held.k_bidder
    for part, name, source in (("technical", "图纸/drawings.bin", big), ("price", "price.txt", small)):
        purpose = hall_purpose(part)
        shares = {i: open_share(manifest, purpose, i, world.opening_keys[i - 1]) for i in (2, 3)}
        hall = reconstruct(manifest, purpose, shares)
        dek = content_key(manifest, part, bidder_part_key(manifest, held.k_bidder, part), hall)
        data = sealed.ciphertexts[part].read_bytes()
        form = read_form(manifest, part, dek, data[:SEGMENT])
        assert form.fields == ({"duration": "120"} if part == "technical" else {"price": "9800000.00"})
        archive = tmp_path / f"{part}.zip"
        segments = [data[at : at + SEGMENT] for at in range(0, len(data), SEGMENT)]
        with archive.open("wb") as out:
            decrypt_payload(manifest, part, dek, segments.__getitem__, out)
        extract_files(archive, tmp_path / part)
        assert (tmp_path / part / name).read_bytes() == source.read_bytes()
