"""The sealing tool: forms are checked before nobody can correct them, and a package is proven to open."""

import json
from datetime import UTC, datetime

import pytest
from sealed_world import CHEAP, make_world, new_signer

from bidding.client.bidder import cargo_of, open_package, part_key, replacement, withdraw
from bidding.client.errors import ClientError
from bidding.client.lot import Lot
from bidding.client.seal import checked_form, prove, read_folder, seal
from bidding.rehearse.forgery import Bench, commit_elsewhere, forge, poison
from bidding.rehearse.misbehaviour import Misbehaviour
from crypto.context import IDENTITY, hall_purpose
from crypto.errors import Invalid
from crypto.identity import IdentityInput, open_identity
from crypto.manifest import parse_manifest, verify_manifest
from crypto.opening import content_key, open_share, reconstruct
from crypto.package import load_package
from crypto.signing import certificate_facts
from crypto.statements import REPLACE, verify_statement

FIELDS = [
    {"name": "price", "kind": "money", "zh": "报价"},
    {"name": "rate", "kind": "ratio", "required": False},
    {"name": "days", "kind": "integer", "required": False},
    {"name": "until", "kind": "date", "required": False},
    {"name": "grade", "kind": "choice", "choices": ["合格", "优良"], "required": False},
    {"name": "note", "kind": "text", "required": False},
]


@pytest.fixture
def world():
    return make_world()


def lot_of(world, parts=("main",)):
    signer = certificate_facts(new_signer("agency").certificate)
    return Lot(
        id=world.keyset.lot,
        tender=world.keyset.tender,
        round=1,
        title="一标段",
        tender_title="演示",
        deadline=datetime(2026, 12, 1, tzinfo=UTC),
        state="published",
        keyset=world.keyset,
        docs_hash=world.docs,
        parts=parts,
        form=tuple({**field, "part": parts[-1]} for field in FIELDS),
        documents=(),
        rules={},
        ceiling="",
        signed_by=signer,
        trusted=True,
        raw={},
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("price", value) for value in ("12.345", "1e6", "-1", "１２", "1_000", "NaN", "007")),
        *(("days", value) for value in ("3.5", "٣")),
        *(("until", value) for value in ("2026-13-01", "20261201")),
        ("rate", "x"),
        ("grade", "不合格"),
        ("note", "x" * 2001),
        ("unknown", "1"),
    ],
)
def test_a_wrong_value_is_named(field, value):
    with pytest.raises(ClientError) as refused:
        checked_form({"price": "1.00", field: value}, FIELDS)
    assert refused.value.code == "form-invalid"
    assert refused.value.facts["field"] == field


def test_a_form_is_trimmed_and_empty_optional_fields_left_out():
    given = {
        "price": " 48300000.00 ",
        "rate": "12.75",
        "days": "300",
        "until": "2026-12-31",
        "grade": "优良",
        "note": " ",
    }
    assert checked_form(given, FIELDS) == {
        "price": "48300000.00",
        "rate": "12.75",
        "days": "300",
        "until": "2026-12-31",
        "grade": "优良",
    }


def test_a_missing_required_field():
    with pytest.raises(ClientError, match="price"):
        checked_form({}, FIELDS)


def filled(folder, form=None):
    folder.mkdir(parents=True)
    (folder / "form.json").write_text(json.dumps(form or {"price": "1.00"}), "utf-8")
    (folder / "sub").mkdir()
    (folder / "sub" / "方案.txt").write_text("x", "utf-8")
    return folder


def test_a_folder_with_one_part(tmp_path, world):
    draft = read_folder(filled(tmp_path / "bid"), lot_of(world))
    assert [(part.name, dict(part.form), [name for name, _ in part.files]) for part in draft.parts] == [
        ("main", {"price": "1.00"}, ["sub/方案.txt"])
    ]


def test_a_folder_with_two_parts(tmp_path, world):
    filled(tmp_path / "bid" / "price")
    (tmp_path / "bid" / "technical").mkdir()
    draft = read_folder(tmp_path / "bid", lot_of(world, ("technical", "price")))
    assert [(part.name, dict(part.form)) for part in draft.parts] == [
        ("technical", {}),
        ("price", {"price": "1.00"}),
    ]


def test_folders_that_are_none(tmp_path, world):
    with pytest.raises(ClientError):
        read_folder(tmp_path / "none", lot_of(world))
    (tmp_path / "empty").mkdir()
    with pytest.raises(ClientError) as missing:
        read_folder(tmp_path / "empty", lot_of(world))
    assert missing.value.code == "file-unreadable"
    (tmp_path / "empty" / "form.json").write_text("[1]", "utf-8")
    with pytest.raises(ClientError, match="not an object"):
        read_folder(tmp_path / "empty", lot_of(world))


def sealed_in(tmp_path, world, name="sealed"):
    lot = lot_of(world)
    draft = read_folder(filled(tmp_path / f"bid-{name}"), lot)
    return seal(lot, draft, world.bidder, tmp_path / name, "secret", cost=CHEAP)


def test_a_sealed_package_is_proven_by_key_file_and_by_code(tmp_path, world):
    sealed = sealed_in(tmp_path, world)
    folder = tmp_path / "sealed"
    assert prove(folder, passphrase="secret").by_key_file
    assert prove(folder, recovery_code=sealed.recovery_code.lower()).by_recovery_code
    assert prove(folder).submission == sealed.submission
    with pytest.raises(ClientError) as wrong:
        prove(folder, passphrase="guess")
    assert wrong.value.code == "wrong-passphrase"
    with (folder / "part-main.ct").open("r+b") as file:
        file.seek(5000)
        file.write(b"\0\0\0\0")
    with pytest.raises(ClientError) as altered:
        prove(folder)
    assert altered.value.code == "root-mismatch"


def test_a_package_is_sealed_once(tmp_path, world):
    sealed_in(tmp_path, world)
    lot = lot_of(world)
    draft = read_folder(tmp_path / "bid-sealed", lot)
    with pytest.raises(ClientError) as again:
        seal(lot, draft, world.bidder, tmp_path / "sealed", "secret", cost=CHEAP)
    assert again.value.code == "package-exists"


def test_what_goes_up_is_not_the_key(tmp_path, world):
    sealed_in(tmp_path, world)
    assert {path.name for path in cargo_of(tmp_path / "sealed").files.values()} == {
        "identity.box",
        "part-main.ct",
    }


def test_an_opened_package_replaces_and_releases(tmp_path, world):
    sealed_in(tmp_path, world)
    new = sealed_in(tmp_path, world, "second")
    held = open_package(tmp_path / "sealed", "secret")
    assert len(part_key(held, "main")) == 32
    fresh = load_package(tmp_path / "second")
    permission = replacement(held, fresh.manifest, fresh.box)
    assert permission.new == new.submission
    statement = {
        "label": REPLACE,
        "tender": "t_test",
        "lot": "l_1",
        "old": held.submission,
        "new": new.submission,
    }
    verify_statement(held.manifest.receipt_key, statement, permission.signature)
    (tmp_path / "second" / "bid-key.json").replace(tmp_path / "sealed" / "bid-key.json")
    with pytest.raises(ClientError) as foreign:
        open_package(tmp_path / "sealed", "secret")
    assert foreign.value.code == "key-file-foreign"
    assert withdraw.__doc__


def bench(tmp_path, world):
    lot = lot_of(world)
    draft = read_folder(filled(tmp_path / "bid"), lot)
    identity = IdentityInput({"name": "演示有限公司", "creditCode": "91350100M000100Y43"})
    return Bench(lot, draft, world.bidder, identity, tmp_path / "forged", "secret")


def shares(world, manifest, purpose, seats):
    return {n: open_share(manifest, purpose, n, world.opening_keys[n - 1]) for n in seats}


def identity_of(world, package):
    key = reconstruct(package.manifest, IDENTITY, shares(world, package.manifest, IDENTITY, (1, 2)))
    return open_identity(package.manifest, package.box, key)


def test_a_poisoned_dealing_passes_every_own_test_and_no_quorum(tmp_path, world):
    forge(Misbehaviour.POISONED_DEALING, bench(tmp_path, world))
    package = load_package(tmp_path / "forged")
    verify_manifest(package.manifest, world.keyset)
    identity_of(world, package)
    purpose = hall_purpose("main")
    for quorum in ((1, 2), (1, 3), (2, 3)):
        with pytest.raises(Invalid, match="dealing-mismatch"):
            reconstruct(package.manifest, purpose, shares(world, package.manifest, purpose, quorum))


def test_a_two_price_ciphertext_fails_its_key_commitment(tmp_path, world):
    forge(Misbehaviour.TWO_PRICE, bench(tmp_path, world))
    package = load_package(tmp_path / "forged")
    identity_of(world, package)
    purpose = hall_purpose("main")
    k_hall = reconstruct(package.manifest, purpose, shares(world, package.manifest, purpose, (1, 3)))
    held = open_package(tmp_path / "forged", "secret")
    with pytest.raises(Invalid, match="key-commit-mismatch"):
        content_key(package.manifest, "main", part_key(held, "main"), k_hall)


def test_a_junk_envelope_and_a_forged_identity(tmp_path, world):
    forge(Misbehaviour.JUNK_ENVELOPE, bench(tmp_path, world))
    with pytest.raises(Invalid):
        identity_of(world, load_package(tmp_path / "forged"))
    forged = bench(tmp_path / "other", world)
    forge(Misbehaviour.FORGED_IDENTITY, forged)
    found = identity_of(world, load_package(forged.out))
    assert found.certificate != world.bidder.certificate


def test_each_forgery_changes_what_it_says(tmp_path, world):
    sealed = parse_manifest(sealed_in(tmp_path, world).manifest)
    assert poison(sealed).parts == sealed.parts
    assert callable(commit_elsewhere)
