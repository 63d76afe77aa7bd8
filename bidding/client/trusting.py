"""Whom a client trusts: anchors that its user gave or that came with the user's own certificate.

What a platform calls trusted counts for nothing here: it could name an authority of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from bidding.client.errors import ClientError
from crypto.signing import SignedBy, Signer

#: Lists are judged by the platform with its evidence; offline a client judges path, time and purpose.
LIST_AGE = timedelta(days=1)


def load_anchors(paths: Sequence[Path]) -> tuple[bytes, ...]:
    """The certificates in PEM or DER files, DER. Raises `ClientError("file-unreadable")`."""
    found: list[bytes] = []
    for path in paths:
        try:
            data = path.read_bytes()
            loaded = (
                x509.load_pem_x509_certificates(data)
                if b"-----BEGIN" in data
                else [x509.load_der_x509_certificate(data)]
            )
        except (OSError, ValueError) as exc:
            raise ClientError("file-unreadable", f"{path} holds no certificate: {exc}") from exc
        found += [certificate.public_bytes(Encoding.DER) for certificate in loaded]
    return tuple(found)


def anchors_of(signer: Signer) -> tuple[bytes, ...]:
    """The self-signed certificates that came with one's own: the authority one already relies on.

    Raises `ClientError("anchors-missing")` for a file without any.
    """
    roots = [der for der in signer.chain if _self_signed(der)]
    if not roots:
        raise ClientError("anchors-missing", "the .p12 file holds no root certificate; give --anchors")
    return tuple(roots)


def _self_signed(der: bytes) -> bool:
    certificate = x509.load_der_x509_certificate(der)
    return certificate.issuer == certificate.subject


def verify_signer(signed: SignedBy, anchors: Sequence[bytes], at: datetime, what: str) -> None:
    """The signer's certificate must lead to one of the anchors and be meant for signing, as of `at`.

    Raises `ClientError("signer-untrusted")` with the reason.
    """
    # pyhanko-certvalidator takes its time to load; only checks that need a path pay for it.
    from crypto.trust import Missing, RevocationPolicy, TrustedAuthority, TrustStore, Verdict

    authority = TrustedAuthority("given", "given by the user", tuple(anchors))
    store = TrustStore((authority,), RevocationPolicy(LIST_AGE, Missing.SOFT))
    judged = store.judge(signed.certificate, signed.chain, at=at)
    if judged.verdict is not Verdict.VALID:
        raise ClientError("signer-untrusted", f"{what}: {judged.reason} {judged.detail}".strip(), what=what)
