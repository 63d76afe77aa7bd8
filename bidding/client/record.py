"""The record of the opening (开标记录): fetched, compared with the hash in the hall, then signed."""

from __future__ import annotations

import hashlib
from typing import Any

from bidding.client.clock import local_now
from bidding.client.errors import ClientError
from bidding.client.hall import Hall
from bidding.client.http import Api, segment
from crypto.canonical import b64, unb64
from crypto.signing import Signer, sign_detached, sign_digest


def fetch_record(api: Api, lot: str, sha256: str) -> bytes:
    """The PDF whose hash the hall shows. Raises `ClientError("record-foreign")`."""
    data = api.get_bytes(f"/halls/{segment(lot)}/record.pdf")
    if hashlib.sha256(data).hexdigest() != sha256:
        raise ClientError("record-foreign", "the PDF is not the one whose hash the hall shows")
    return data


def sign_record(hall: Hall, pdf: bytes, signer: Signer) -> dict[str, Any]:
    """A bidder's detached signature over the record. Raises `ClientError`."""
    digest = hashlib.sha256(pdf).hexdigest()
    cms = sign_detached(pdf, signer, at=local_now())
    return hall.do("SignRecord", sha256=digest, cms=b64(cms))


def seal_record(hall: Hall, digest: str, signer: Signer) -> dict[str, Any]:
    """The host's, tenderer's or supervisor's PAdES signature over the prepared digest. Raises
    `ClientError`.
    """
    cms = sign_digest(digest_bytes(digest), signer, pades=True)
    return hall.do("SealRecord", digest=digest, cms=b64(cms))


def digest_bytes(digest: str) -> bytes:
    """A SHA-256 as it travels (hex or base64url) as bytes."""
    return bytes.fromhex(digest) if len(digest) == 64 else unb64(digest)
