"""Small records, signed by three, and poppler's opinion of them."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from datetime import datetime
from io import BytesIO
from pathlib import Path

from reportlab.pdfgen import canvas

from crypto.authority import DemoAuthority
from crypto.pdf_signature import attach_files, complete_signature, prepare_signature
from crypto.signing import Signer, sign_digest
from crypto.timestamps import EmbeddedAuthority

from .authorities import CODE, DAY, NOW, ORGANISATION

SEATS = ("host", "tenderer", "supervisor")


def record() -> bytes:
    out = BytesIO()
    page = canvas.Canvas(out)
    page.drawString(100, 700, "Bid opening record")
    page.showPage()
    page.save()
    return out.getvalue()


def embedded_tsa(ca: DemoAuthority, at: datetime = NOW) -> EmbeddedAuthority:
    own = ca.time_stamp_identity
    return EmbeddedAuthority(own.der, own.key, ca.chain, clock=lambda: at)


def sealed(
    ca: DemoAuthority,
    files: Mapping[str, bytes],
    seats: tuple[str, ...] = SEATS,
    *,
    at: datetime = NOW,
    base: bytes = b"",
) -> bytes:
    """The record with attachments, signed in turn; the second signer has an RSA key."""
    pdf = base or record()
    if files:
        pdf = attach_files(pdf, files, at=at)
    for position, seat in enumerate(seats):
        key, certificate = ca.issue(
            ORGANISATION, CODE, seat, at=at - DAY, rsa_bits=2048 if position == 1 else 0
        )
        waiting = prepare_signature(pdf, field=seat, certificate=certificate, at=at, reason="开标记录确认")
        cms = sign_digest(waiting.digest, Signer(certificate, ca.chain, key), pades=True)
        pdf = complete_signature(waiting, cms, embedded_tsa(ca, at))
    return pdf


def pdfsig(pdf: bytes, ca: DemoAuthority, directory: Path) -> str:
    """What pdfsig says when it trusts the authority's root."""
    database = directory / "nss"
    database.mkdir()
    (directory / "record.pdf").write_bytes(pdf)
    (directory / "root.crt").write_bytes(ca.root)
    run = lambda *command: subprocess.run(command, cwd=directory, capture_output=True, text=True, check=True)  # noqa: E731
    run("certutil", "-N", "-d", "nss", "--empty-password")
    run("certutil", "-A", "-d", "nss", "-n", "root", "-t", "CT,C,C", "-i", "root.crt")
    return run("pdfsig", "-nssdir", "nss", "-no-ocsp", "record.pdf").stdout
