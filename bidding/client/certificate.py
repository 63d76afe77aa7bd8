"""Getting a certificate: the client makes the key and keeps it, the authority sees a request (CSR) only."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    KeySerializationEncryption,
    pkcs12,
)

from bidding.client.errors import ClientError
from bidding.client.http import Api
from crypto.canonical import b64, unb64
from crypto.csr import make_csr
from crypto.signing import Signer, load_p12

POLL_SECONDS = 0.5


def save_p12(path: Path, signer: Signer, password: str) -> None:
    """Keep certificate, chain and key in a .p12 file readable by its owner alone."""
    certificates = [x509.load_der_x509_certificate(der) for der in (signer.certificate, *signer.chain)]
    encryption: KeySerializationEncryption = BestAvailableEncryption(password.encode())
    data = pkcs12.serialize_key_and_certificates(
        b"kaibiao", signer.key, certificates[0], certificates[1:], encryption
    )
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)


def enrol(
    api: Api,
    path: Path,
    password: str,
    *,
    organisation: str,
    credit_code: str,
    person: str = "",
    seconds: float = 120.0,
) -> Signer:
    """The certificate in `path`, or a new one from the demonstration authority, once it has been issued.

    Raises `ClientError`: the authority's refusal, or `not-issued-yet` when nobody reviewed the request in
    time.
    """
    if path.exists():
        return load_p12(path.read_bytes(), password)
    key = ec.generate_private_key(ec.SECP256R1())
    csr = make_csr(key, organisation=organisation, credit_code=credit_code, person=person)
    answer = apply(api, csr)
    end = time.monotonic() + seconds
    while not answer.get("certificate"):
        if answer["status"] == "rejected" or time.monotonic() > end:
            raise ClientError(
                "not-issued-yet", str(answer.get("reason") or "the request was not issued in time")
            )
        time.sleep(POLL_SECONDS)
        answer = api.get(f"/ca/applications/{answer['application']}")
    chain = tuple(unb64(der) for der in answer["chain"])
    signer = Signer(unb64(answer["certificate"]), chain, key)
    save_p12(path, signer, password)
    return signer


def apply(api: Api, csr: bytes) -> dict[str, Any]:
    """Hand in a request (证书申请); the same request again is the same application. Raises `ClientError`."""
    return dict(api.post("/ca/applications", {"csr": b64(csr), "usage": "single"}, repeatable=True))
