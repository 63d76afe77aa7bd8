"""Tokens that openssl accepts too, and every way one can be wrong."""

from __future__ import annotations

import hashlib
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from asn1crypto import cms, tsp
from cryptography.hazmat.primitives.asymmetric import rsa

from crypto.authority import DemoAuthority
from crypto.authority_profile import Validity, time_stamp_certificate
from crypto.authority_status import der_of
from crypto.errors import Invalid
from crypto.timestamps import (
    EmbeddedAuthority,
    Response,
    make_request,
    parse_response,
    read_token,
    verify_token,
)

from .authorities import CODE, DAY, NOW, ORGANISATION

DATA = "开标记录".encode()
DIGEST = hashlib.sha256(DATA).digest()


def tsa(ca: DemoAuthority) -> EmbeddedAuthority:
    own = ca.time_stamp_identity
    return EmbeddedAuthority(own.der, own.key, ca.chain, clock=lambda: NOW + timedelta(milliseconds=123))


def openssl(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["openssl", "ts", *arguments], cwd=directory, capture_output=True, text=True)


def test_a_token_states_what_and_when(ca: DemoAuthority) -> None:
    token = tsa(ca).stamp(DIGEST)
    assert verify_token(token, DIGEST, [ca.root]) == NOW + timedelta(milliseconds=123)


@pytest.mark.parametrize("kind", ["ec", "rsa"])
def test_openssl_accepts_the_answer_to_its_own_question(ca: DemoAuthority, tmp_path: Path, kind: str) -> None:
    authority = tsa(ca)
    if kind == "rsa":
        key = rsa.generate_private_key(65537, 2048)
        validity = Validity(NOW - DAY, NOW + DAY)
        certificate = der_of(time_stamp_certificate(key.public_key(), validity, ca.issuer()))
        authority = EmbeddedAuthority(certificate, key, ca.chain, clock=lambda: NOW)
    (tmp_path / "data").write_bytes(DATA)
    (tmp_path / "chain.pem").write_bytes(ca.chain_pem())
    openssl(tmp_path, "-query", "-data", "data", "-sha256", "-cert", "-out", "q.tsq")
    (tmp_path / "r.tsr").write_bytes(authority.respond((tmp_path / "q.tsq").read_bytes()))
    trust = ("-CAfile", "chain.pem", "-attime", str(int(NOW.timestamp())))
    by_query = openssl(tmp_path, "-verify", "-queryfile", "q.tsq", "-in", "r.tsr", *trust)
    assert "Verification: OK" in by_query.stdout + by_query.stderr, by_query
    (tmp_path / "token").write_bytes(parse_response((tmp_path / "r.tsr").read_bytes()))
    by_data = openssl(tmp_path, "-verify", "-data", "data", "-in", "token", "-token_in", *trust)
    assert "Verification: OK" in by_data.stdout + by_data.stderr, by_data


def test_the_nonce_comes_back(ca: DemoAuthority) -> None:
    token = parse_response(tsa(ca).respond(make_request(DIGEST, nonce=7)))
    assert verify_token(token, DIGEST, [ca.root], nonce=7)
    with pytest.raises(Invalid, match="time-stamp-mismatch"):
        verify_token(token, DIGEST, [ca.root], nonce=8)


def test_a_token_for_something_else_is_refused(ca: DemoAuthority) -> None:
    with pytest.raises(Invalid, match="time-stamp-mismatch"):
        verify_token(tsa(ca).stamp(DIGEST), hashlib.sha256(b"other").digest(), [ca.root])


def test_every_flipped_byte_is_noticed(ca: DemoAuthority) -> None:
    own = ca.time_stamp_identity
    token = EmbeddedAuthority(own.der, own.key, (), clock=lambda: NOW).stamp(DIGEST)
    good = read_token(token)
    for position in range(0, len(token), 3):
        changed = bytearray(token)
        changed[position] ^= 1
        try:
            verify_token(bytes(changed), DIGEST, [ca.root], intermediates=[ca.intermediate])
            seen = read_token(bytes(changed))
        except Invalid:
            continue
        # What still verifies may differ only in what nobody signed: the extra certificates, open labels.
        assert (seen.at, seen.digest, seen.certificate) == (good.at, good.digest, good.certificate)


def test_an_unknown_authority_is_refused(ca: DemoAuthority, tmp_path: Path) -> None:
    other = DemoAuthority.create(tmp_path / "other", at=NOW - DAY)
    with pytest.raises(Invalid, match="time-stamp-untrusted"):
        verify_token(tsa(ca).stamp(DIGEST), DIGEST, [other.root])


def test_a_token_outside_the_certificates_time_is_refused(ca: DemoAuthority) -> None:
    own = ca.time_stamp_identity
    late = EmbeddedAuthority(own.der, own.key, ca.chain, clock=lambda: NOW + 9000 * DAY)
    with pytest.raises(Invalid, match="time-stamp-untrusted"):
        verify_token(late.stamp(DIGEST), DIGEST, [ca.root])


def test_an_ordinary_certificate_stamps_nothing(ca: DemoAuthority) -> None:
    key, certificate = ca.issue(ORGANISATION, CODE, at=NOW - DAY)
    forged = EmbeddedAuthority(certificate, key, ca.chain, clock=lambda: NOW).stamp(DIGEST)
    with pytest.raises(Invalid, match="time-stamp-purpose"):
        verify_token(forged, DIGEST, [ca.root])


@pytest.mark.parametrize("junk", [b"", b"\x30\x00", b"junk", b"\x30\x80" + b"\x00" * 100, b"\x00" * 70_000])
def test_junk_is_invalid_everywhere(ca: DemoAuthority, junk: bytes) -> None:
    with pytest.raises(Invalid):
        verify_token(junk, DIGEST, [ca.root])
    with pytest.raises(Invalid):
        parse_response(junk)
    refused = Response.load(tsa(ca).respond(junk))
    assert refused["status"]["status"].native == "rejection"


def test_a_weak_hash_is_rejected_by_the_protocol(ca: DemoAuthority) -> None:
    imprint = {"hash_algorithm": {"algorithm": "sha1"}, "hashed_message": b"\x00" * 20}
    request = tsp.TimeStampReq({"version": "v1", "message_imprint": imprint}).dump()
    answer = Response.load(tsa(ca).respond(request))
    assert answer["status"]["fail_info"].native == {"bad_alg"}
    with pytest.raises(Invalid, match="time-stamp-refused"):
        parse_response(answer.dump())


def test_two_signers_in_one_token_are_refused(ca: DemoAuthority) -> None:
    token = cms.ContentInfo.load(tsa(ca).stamp(DIGEST))
    infos = token["content"]["signer_infos"]
    infos.append(infos[0].copy())
    with pytest.raises(Invalid):
        read_token(token.dump(force=True))
