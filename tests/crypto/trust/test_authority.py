"""The demonstration authority's directory, book and requests."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509 import ocsp

from crypto.authority import DemoAuthority
from crypto.authority_register import RevocationReason
from crypto.csr import accepted_key, make_csr, parse_csr
from crypto.errors import Invalid

from .authorities import CODE, DAY, HOUR, NOW, ORGANISATION


def serial(der: bytes) -> int:
    return x509.load_der_x509_certificate(der).serial_number


def test_keys_are_for_their_owner_alone(ca: DemoAuthority) -> None:
    ca.issue(ORGANISATION, CODE, at=NOW)
    assert stat.S_IMODE(ca.directory.stat().st_mode) == 0o700
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in ca.directory.iterdir()}
    assert set(modes.values()) == {0o600}, modes


def test_it_is_made_once(ca: DemoAuthority) -> None:
    again = DemoAuthority.create(ca.directory, at=NOW)
    assert again.root == ca.root
    assert DemoAuthority.open(ca.directory).intermediate == ca.intermediate


def test_two_processes_that_start_together_share_one(tmp_path: Path) -> None:
    made: list[bytes] = []
    starts = [
        threading.Thread(target=lambda: made.append(DemoAuthority.create(tmp_path / "ca", at=NOW).root))
        for _ in range(6)
    ]
    for each in starts:
        each.start()
    for each in starts:
        each.join()
    assert len(made) == 6
    assert len(set(made)) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["ca"]


def test_a_half_made_directory_is_said_to_be_one(tmp_path: Path, ca: DemoAuthority) -> None:
    with pytest.raises(Invalid, match="authority-malformed"):
        DemoAuthority.open(tmp_path / "none")
    (ca.directory / "tsa.key.pem").write_bytes(b"junk")
    with pytest.raises(Invalid, match="authority-malformed"):
        DemoAuthority.open(ca.directory)


def test_the_book_is_shared_and_survives(ca: DemoAuthority) -> None:
    other = DemoAuthority.open(ca.directory)
    key, certificate = ca.issue(ORGANISATION, CODE, at=NOW)
    number = serial(certificate)
    assert other.issued(number) == ca.issued(number)
    other.revoke(number, RevocationReason.KEY_COMPROMISE, at=NOW + HOUR, invalid_since=NOW)
    first = ca.revoke(number, RevocationReason.SUPERSEDED, at=NOW + DAY)
    assert (first.reason, first.at, first.invalid_since) == (RevocationReason.KEY_COMPROMISE, NOW + HOUR, NOW)
    reopened = DemoAuthority.open(ca.directory)
    assert reopened.revoked(number) == first
    crl = x509.load_der_x509_crl(reopened.crl("intermediate", at=NOW + DAY))
    assert crl.get_revoked_certificate_by_serial_number(number) is not None
    assert len(reopened.all_issued()) == 1
    assert key.public_key() == x509.load_der_x509_certificate(certificate).public_key()


def test_a_line_torn_by_a_crash_is_cut_off(ca: DemoAuthority) -> None:
    _, certificate = ca.issue(ORGANISATION, CODE, at=NOW)
    book = ca.directory / "register.jsonl"
    with book.open("ab") as file:
        file.write(b'{"did": "revoked", "serial": "')
    reopened = DemoAuthority.open(ca.directory)
    reopened.issue(ORGANISATION, CODE, at=NOW)
    assert len(DemoAuthority.open(ca.directory).all_issued()) == 2
    assert reopened.issued(serial(certificate)) is not None


def test_a_list_is_renewed_by_time_and_by_revocation(ca: DemoAuthority) -> None:
    first = ca.crl("intermediate", at=NOW)
    assert ca.crl("intermediate", at=NOW + HOUR / 120) == first
    assert ca.crl("intermediate", at=NOW + HOUR) != first
    _, certificate = ca.issue(ORGANISATION, CODE, at=NOW)
    ca.revoke(serial(certificate), RevocationReason.UNSPECIFIED, at=NOW + HOUR)
    renewed = x509.load_der_x509_crl(ca.crl("intermediate", at=NOW + HOUR))
    assert len(renewed) == 1
    numbers = [
        x509.load_der_x509_crl(der).extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
        for der in (first, ca.crl("intermediate", at=NOW + 2 * HOUR))
    ]
    assert numbers == sorted(set(numbers))


def test_what_was_not_issued_cannot_be_revoked(ca: DemoAuthority) -> None:
    with pytest.raises(Invalid, match="not-issued-here"):
        ca.revoke(7, RevocationReason.UNSPECIFIED, at=NOW)
    with pytest.raises(Invalid, match="unknown-crl"):
        ca.crl("other", at=NOW)


def test_questions_of_many_hashes_and_strangers(ca: DemoAuthority, tmp_path: Path) -> None:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.serialization import Encoding

    _, certificate = ca.issue(ORGANISATION, CODE, at=NOW)
    stranger = DemoAuthority.create(tmp_path / "stranger", at=NOW)
    parsed = x509.load_der_x509_certificate(certificate)
    for algorithm in (hashes.SHA1(), hashes.SHA256()):
        for issuer, status in (
            (ca.intermediate, ocsp.OCSPCertStatus.GOOD),
            (stranger.intermediate, ocsp.OCSPCertStatus.UNKNOWN),
        ):
            asked = ocsp.OCSPRequestBuilder().add_certificate(
                parsed, x509.load_der_x509_certificate(issuer), algorithm
            )
            answer = ocsp.load_der_ocsp_response(ca.ocsp(asked.build().public_bytes(Encoding.DER), at=NOW))
            assert answer.certificate_status is status


def test_a_request_proves_its_key() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    request = parse_csr(make_csr(key, organisation=ORGANISATION, credit_code=CODE, person="张三"))
    assert (request.organisation, request.credit_code, request.person) == (ORGANISATION, CODE, "张三")
    assert request.public_key == key.public_key()
    alone = parse_csr(make_csr(key, organisation=ORGANISATION, credit_code=CODE))
    assert alone.person == ""


@pytest.mark.parametrize("junk", [b"", b"junk", b"\x30\x03\x02\x01\x01", b"0" * 20_000])
def test_junk_is_no_request(junk: bytes) -> None:
    with pytest.raises(Invalid, match="csr-malformed"):
        parse_csr(junk)


def test_every_flipped_byte_of_a_request_is_noticed() -> None:
    csr = make_csr(ec.generate_private_key(ec.SECP256R1()), organisation=ORGANISATION, credit_code=CODE)
    good = parse_csr(csr)
    for position in range(len(csr)):
        changed = bytearray(csr)
        changed[position] ^= 1
        try:
            read = parse_csr(bytes(changed))
        except Invalid:
            continue
        # The count of unused bits after the signature is no statement of the request.
        assert read == good


def test_keys_outside_the_suite_are_refused() -> None:
    assert accepted_key(rsa.generate_private_key(65537, 2048).public_key())
    for key in (
        ed25519.Ed25519PrivateKey.generate().public_key(),
        ec.generate_private_key(ec.SECP384R1()).public_key(),
        rsa.generate_private_key(65537, 1024).public_key(),
    ):
        with pytest.raises(Invalid, match="key-not-accepted"):
            accepted_key(key)


@pytest.mark.parametrize("organisation", ["", "限" * 65])
def test_names_fit_a_certificate(ca: DemoAuthority, organisation: str) -> None:
    with pytest.raises(Invalid, match="subject-too-long"):
        ca.issue(organisation, CODE, at=NOW)
