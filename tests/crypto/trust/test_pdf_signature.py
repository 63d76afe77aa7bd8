"""Signatures whose keys stay with their holders, as poppler's pdfsig sees them."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crypto.authority import DemoAuthority
from crypto.errors import Invalid, Unavailable
from crypto.pdf_signature import Prepared, attach_files, complete_signature, prepare_signature
from crypto.signing import Signer, sign_digest

from .authorities import CODE, DAY, NOW, ORGANISATION
from .documents import embedded_tsa, pdfsig, record, sealed


def prepared(ca: DemoAuthority, pdf: bytes) -> tuple[Prepared, Signer]:
    key, certificate = ca.issue(ORGANISATION, CODE, "主持人", at=NOW)
    waiting = prepare_signature(pdf, field="host", certificate=certificate, at=NOW, reason="开标记录确认")
    return waiting, Signer(certificate, ca.chain, key)


def test_pdfsig_calls_three_signatures_after_attachments_valid(tmp_path: Path) -> None:
    # pdfsig judges by the real clock.
    today = datetime.now(UTC)
    ca = DemoAuthority.create(tmp_path / "ca", at=today - DAY)
    document = sealed(ca, {"投标人甲.p7s": b"cms" * 100, "minutes.json": b"{}"}, at=today)
    said = pdfsig(document, ca, tmp_path)
    assert said.count("Signature Validation: Signature is Valid.") == 3
    assert said.count("Certificate Validation: Certificate is Trusted.") == 3
    assert said.count("Not total document signed") == 2
    assert said.count("Signature Type: ETSI.CAdES.detached") == 3


def test_every_step_keeps_all_earlier_bytes(ca: DemoAuthority) -> None:
    base = record()
    attached = attach_files(base, {"a.p7s": b"1"}, at=NOW)
    waiting, signer = prepared(ca, attached)
    done = complete_signature(waiting, sign_digest(waiting.digest, signer, pades=True), embedded_tsa(ca))
    assert attached.startswith(base)
    assert done.startswith(attached)
    assert len(done) == len(waiting.pdf)


def test_attachments_come_out_as_they_went_in(tmp_path: Path) -> None:
    files = {"投标人甲.p7s": bytes(range(256)), "b.bin": b""}
    (tmp_path / "r.pdf").write_bytes(attach_files(record(), files, at=NOW))
    command = ["pdfdetach", "-enc", "UTF-8", "-saveall", "-o", "out", "r.pdf"]
    (tmp_path / "out").mkdir()
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == files


def test_a_signature_over_something_else_is_refused(ca: DemoAuthority) -> None:
    waiting, signer = prepared(ca, record())
    with pytest.raises(Invalid, match="bad-signature"):
        complete_signature(waiting, sign_digest(b"\x00" * 32, signer, pades=True), embedded_tsa(ca))


def test_only_the_named_certificate_may_sign(ca: DemoAuthority) -> None:
    waiting, _ = prepared(ca, record())
    _, stranger = prepared(ca, record())
    with pytest.raises(Invalid, match="pdf-wrong-signer"):
        complete_signature(waiting, sign_digest(waiting.digest, stranger, pades=True), embedded_tsa(ca))


def test_without_a_time_stamp_nothing_is_sealed_yet(ca: DemoAuthority) -> None:
    class Down:
        def stamp(self, digest: bytes) -> bytes:
            raise Unavailable("time-stamp-authority-unavailable", "down")

    waiting, signer = prepared(ca, record())
    cms = sign_digest(waiting.digest, signer, pades=True)
    with pytest.raises(Unavailable):
        complete_signature(waiting, cms, Down())
    assert complete_signature(waiting, cms, embedded_tsa(ca))


def test_a_field_is_signed_once(ca: DemoAuthority) -> None:
    document = sealed(ca, {})
    with pytest.raises(Invalid, match="pdf-field-taken"):
        prepared(ca, document)


@pytest.mark.parametrize("junk", [b"", b"%PDF-1.4\n", b"x" * 5000])
def test_junk_is_not_a_document(ca: DemoAuthority, junk: bytes) -> None:
    with pytest.raises(Invalid, match="pdf-malformed"):
        prepared(ca, junk)
    with pytest.raises(Invalid, match="pdf-malformed"):
        attach_files(junk, {"a": b""}, at=NOW)


def test_a_cms_that_does_not_fit_is_refused(ca: DemoAuthority) -> None:
    waiting, signer = prepared(ca, record())
    padded = replace(
        signer, chain=(*signer.chain, *(ca.issue(ORGANISATION, CODE, at=NOW)[1] for _ in range(40)))
    )
    with pytest.raises(Invalid, match="pdf-signature-too-large"):
        complete_signature(waiting, sign_digest(waiting.digest, padded, pades=True), embedded_tsa(ca))
