"""A platform that serves notices, officers or keys of its own gets nothing sealed to it."""

import copy
import json
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from sealed_world import self_signed

from bidding.client.clock import local_now
from bidding.client.errors import ClientError
from bidding.client.lot import parse_lot, verify_document
from bidding.client.pins import pin_keyset
from bidding.client.trusting import anchors_of, load_anchors
from bidding.rehearse.plan import organisation
from crypto.authority import DemoAuthority
from crypto.canonical import b64, canon, iso, sha256_hex, unb64
from crypto.keyset import Keyset, documents_hash, new_opening_key, sign_opening_key
from crypto.signing import Signer, sign_detached

T = datetime(2030, 1, 1, tzinfo=UTC)
AGENCY, TENDERER, STRANGER = (organisation(name, n) for n, name in enumerate(("代理", "招标人", "路人"), 1))
DOCUMENT = b"documents"


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return DemoAuthority.create(tmp_path_factory.mktemp("ca") / "ca", at=local_now() - timedelta(days=1))


def issued(authority, who, person=""):
    key, certificate = authority.issue(who.name, who.credit_code, person, at=local_now() - timedelta(hours=1))
    return Signer(certificate, authority.chain, key)


def home_made(who, name):
    key = ec.generate_private_key(ec.SECP256R1())
    return Signer(self_signed(key, name, code=who.credit_code), (), key)


def package(signer, officers, *, named=None, notice_changes=None):
    """A lot package as the platform serves it. `officers` are (organisation, signer) in seat order."""
    keyset = Keyset(
        "t_1",
        "l_1",
        2,
        tuple(
            sign_opening_key("t_1", "l_1", f"officer:o{n}", n, new_opening_key(), held)
            for n, (_, held) in enumerate(officers, 1)
        ),
    )
    files = [("文件.txt", len(DOCUMENT), sha256_hex(DOCUMENT))]
    entry = {
        "lot": "l_1",
        "opensAt": iso(T),
        "keyset": b64(keyset.encode()),
        "k": 2,
        "officers": [
            {"seat": f"officer:o{n}", "index": n, "creditCode": who.credit_code}
            for n, (who, _) in enumerate(named or officers, 1)
        ],
    }
    notice = canon(
        {
            "label": "kaibiao/notice/v1",
            "tender": "t_1",
            "agency": {"name": AGENCY.name, "creditCode": AGENCY.credit_code},
            "tenderer": {"name": TENDERER.name, "creditCode": TENDERER.credit_code},
            "lots": [{**entry, **(notice_changes or {})}],
        }
    )
    cms = b64(sign_detached(notice, signer))
    docs = documents_hash("t_1", "l_1", 1, sha256_hex(notice), "11" * 32, files)
    item = {"number": 0, "kind": "tender", "sha256": sha256_hex(notice)}
    return {
        "tender": "t_1",
        "lot": "l_1",
        "round": 1,
        "title": "一标段",
        "deadline": iso(T),
        "state": "published",
        "keyset": b64(keyset.encode()),
        "notice": b64(notice),
        "noticeCms": cms,
        "notices": [item],
        "chain": [{**item, "notice": b64(notice), "cms": cms}],
        "revision": 1,
        "formSha256": "11" * 32,
        "docsHash": docs,
        "parts": ["main"],
        "form": [],
        "rules": {},
        "ceiling": "",
        "documents": [{"name": n, "size": size, "sha256": digest} for n, size, digest in files],
    }


@pytest.fixture(scope="module")
def genuine(authority):
    officers = [(AGENCY, issued(authority, AGENCY, "子")), (TENDERER, issued(authority, TENDERER, "丑"))]
    return package(issued(authority, AGENCY), officers)


def refused(raw, code, anchors=()):
    with pytest.raises(ClientError) as found:
        parse_lot(raw, anchors=anchors)
    assert found.value.code == code


def test_a_genuine_package_is_followed_up_to_the_anchor(authority, genuine):
    lot = parse_lot(genuine, anchors=[authority.root])
    assert lot.trusted
    assert lot.deadline == T
    assert [facts.credit_code for _, facts in lot.officers] == [AGENCY.credit_code, TENDERER.credit_code]
    assert not parse_lot(genuine).trusted


def test_everything_re_made_with_certificates_of_ones_own(authority):
    officers = [(AGENCY, home_made(AGENCY, "a")), (TENDERER, home_made(TENDERER, "b"))]
    forged = package(home_made(AGENCY, "c"), officers)
    assert not parse_lot(forged).trusted
    refused(forged, "signer-untrusted", [authority.root])


def test_one_officer_with_a_home_made_certificate(authority):
    officers = [(AGENCY, issued(authority, AGENCY)), (TENDERER, home_made(TENDERER, "b"))]
    refused(package(issued(authority, AGENCY), officers), "signer-untrusted", [authority.root])


def test_a_notice_signed_by_a_stranger(authority):
    officers = [(AGENCY, issued(authority, AGENCY)), (TENDERER, issued(authority, TENDERER))]
    refused(package(issued(authority, STRANGER), officers), "notice-signer", [authority.root])


def test_a_strangers_key_in_an_officers_seat(authority):
    named = [(AGENCY, None), (TENDERER, None)]
    officers = [(AGENCY, issued(authority, AGENCY)), (STRANGER, issued(authority, STRANGER))]
    refused(package(issued(authority, AGENCY), officers, named=named), "officers-differ", [authority.root])


def test_another_quorum_than_the_notices(authority):
    officers = [(AGENCY, issued(authority, AGENCY)), (TENDERER, issued(authority, TENDERER))]
    raw = package(issued(authority, AGENCY), officers, notice_changes={"k": 1})
    refused(raw, "officers-differ")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda raw: raw.update(deadline=iso(T + timedelta(days=1))), "notice-differs"),
        (lambda raw: raw.update(docsHash="00" * 32), "documents-differ"),
        (lambda raw: raw["documents"][0].update(sha256="00" * 32), "documents-differ"),
        (lambda raw: raw["documents"].clear(), "documents-differ"),
        (lambda raw: raw.update(tender="t_2"), "keyset-foreign"),
        (lambda raw: raw.update(chain=[]), "notice-differs"),
        (lambda raw: raw.pop("notices"), "lot-malformed"),
        (lambda raw: raw.update(noticeCms=b64(b"x")), "bad-cms"),
        (lambda raw: raw.update(keyset=b64(unb64(raw["keyset"])[:-1])), "not-canonical"),
    ],
)
def test_what_was_altered_is_named(genuine, change, code):
    raw = copy.deepcopy(genuine)
    change(raw)
    refused(raw, code)


def test_a_keyset_that_no_notice_names(authority, genuine):
    officers = [(AGENCY, issued(authority, AGENCY)), (TENDERER, issued(authority, TENDERER))]
    other = package(issued(authority, AGENCY), officers)
    refused({**genuine, "keyset": other["keyset"]}, "notice-differs")


def test_documents_are_compared():
    entry = {"name": "文件.txt", "sha256": sha256_hex(DOCUMENT)}
    verify_document(entry, DOCUMENT)
    with pytest.raises(ClientError, match="documents-differ"):
        verify_document(entry, DOCUMENT + b"x")


def test_anchors_come_from_files_or_from_ones_own_certificate(authority, tmp_path):
    pem = x509.load_der_x509_certificate(authority.root).public_bytes(Encoding.PEM)
    (tmp_path / "root.pem").write_bytes(pem * 2)
    (tmp_path / "root.der").write_bytes(authority.root)
    assert load_anchors([tmp_path / "root.pem", tmp_path / "root.der"]) == (authority.root,) * 3
    assert anchors_of(issued(authority, AGENCY)) == (authority.root,)
    with pytest.raises(ClientError, match="anchors-missing"):
        anchors_of(home_made(AGENCY, "x"))
    with pytest.raises(ClientError, match="file-unreadable"):
        load_anchors([tmp_path / "none.pem"])


def test_a_keyset_does_not_change_silently(tmp_path):
    path = tmp_path / "home" / "keysets.json"
    assert pin_keyset("l_1", "a" * 64, path=path) is False
    assert pin_keyset("l_1", "a" * 64, path=path) is True
    assert pin_keyset("l_2", "b" * 64, path=path) is False
    with pytest.raises(ClientError) as changed:
        pin_keyset("l_1", "c" * 64, path=path)
    assert changed.value.code == "keyset-changed"
    assert pin_keyset("l_1", "c" * 64, accept=True, path=path) is False
    assert json.loads(path.read_text("utf-8")) == {"l_1": "c" * 64, "l_2": "b" * 64}
