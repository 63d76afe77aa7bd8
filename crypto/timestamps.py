"""Time stamps (RFC 3161): made by the embedded demonstration authority, or fetched from a licensed one."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

import urllib3
from asn1crypto import cms, core, tsp
from asn1crypto import x509 as asn1
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from crypto.certificates import parsing
from crypto.errors import Invalid, Unavailable
from crypto.signing import SigningKey
from crypto.time_stamp_token import HASHES, MAX_TOKEN, TimeStamp, read_token, verify_token

__all__ = [
    "EmbeddedAuthority",
    "HttpAuthority",
    "TimeStamp",
    "TimeStampAuthority",
    "make_request",
    "parse_response",
    "read_token",
    "verify_token",
]

#: Policy under which the embedded authority stamps, an OID of our own (2.25, ITU-T X.667).
POLICY = "2.25.124190878413404235606963534655477591616"
#: How far the embedded clock may be off, in milliseconds, as its tokens say.
ACCURACY_MS = 500
MAX_REQUEST = 4 * 1024


class Response(core.Sequence):  # type: ignore[misc]
    """TimeStampResp (RFC 3161 section 2.4.2); the token is optional there, which asn1crypto overlooks."""

    _fields = [  # noqa: RUF012 - asn1crypto's way
        ("status", tsp.PKIStatusInfo),
        ("time_stamp_token", cms.ContentInfo, {"optional": True}),
    ]


class TimeStampAuthority(Protocol):
    """Whoever stamps a SHA-256 digest."""

    def stamp(self, digest: bytes) -> bytes:
        """A TimeStampToken (CMS, DER) over `digest`. Raises `Unavailable` when none can be had now."""
        ...


class EmbeddedAuthority:
    """Stamps with a key of its own: the demonstration authority (演示/无法律效力).

    What is the same in every token is encoded once; a token is put together from bytes, ten times faster than
    through the ASN.1 library.
    """

    def __init__(
        self, certificate: bytes, key: SigningKey, chain: Sequence[bytes], *, clock: Callable[[], datetime]
    ) -> None:
        self._key = key
        self._clock = clock
        self._certificates = _tlv(0xA0, certificate, *chain)
        parsed = asn1.Certificate.load(certificate)
        identity = {"issuer": parsed.issuer, "serial_number": parsed.serial_number}
        self._signer = cms.IssuerAndSerialNumber(identity).dump()
        kind = "sha256_rsa" if isinstance(key, rsa.RSAPrivateKey) else "sha256_ecdsa"
        self._algorithm = cms.SignedDigestAlgorithm({"algorithm": kind}).dump()
        ess = tsp.ESSCertIDv2({"cert_hash": hashlib.sha256(certificate).digest()})
        self._attributes = (
            _attribute("content_type", "tst_info"),
            _attribute("signing_certificate_v2", tsp.SigningCertificateV2({"certs": [ess]})),
        )

    def stamp(self, digest: bytes) -> bytes:
        imprint = tsp.MessageImprint({"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": digest})
        return self._token(imprint, nonce=None, with_certificates=True)

    def respond(self, request: bytes) -> bytes:
        """Answer a TimeStampReq with a TimeStampResp (both DER): granted, or the protocol's own rejection."""
        try:
            asked = _parse_request(request)
        except Invalid as error:
            return _rejection("bad_alg" if error.code == "time-stamp-algorithm" else "bad_data_format")
        wanted = asked["req_policy"].native
        if wanted is not None and asked["req_policy"].dotted != POLICY:
            return _rejection("unaccepted_policy")
        token = self._token(
            asked["message_imprint"], nonce=asked["nonce"].native, with_certificates=asked["cert_req"].native
        )
        return _tlv(0x30, tsp.PKIStatusInfo({"status": "granted"}).dump(), token)

    def _token(self, imprint: tsp.MessageImprint, *, nonce: int | None, with_certificates: bool) -> bytes:
        """A TimeStampToken: ContentInfo of SignedData version 3 over a TSTInfo (RFC 5652, RFC 3161)."""
        content = self._content(imprint, nonce)
        digest = _tlv(0x04, hashlib.sha256(content).digest())
        message_digest = _tlv(0x30, _MESSAGE_DIGEST, _tlv(0x31, digest))
        attributes = b"".join(sorted((*self._attributes, message_digest)))
        signature = _sign(self._key, _tlv(0x31, attributes))
        signer = _tlv(
            0x30,
            _tlv(0x02, b"\x01"),
            self._signer,
            _SHA256,
            _tlv(0xA0, attributes),
            self._algorithm,
            _tlv(0x04, signature),
        )
        signed = _tlv(
            0x30,
            _tlv(0x02, b"\x03"),
            _tlv(0x31, _SHA256),
            _tlv(0x30, _TST_INFO, _tlv(0xA0, _tlv(0x04, content))),
            self._certificates if with_certificates else b"",
            _tlv(0x31, signer),
        )
        return _tlv(0x30, _SIGNED_DATA, _tlv(0xA0, signed))

    def _content(self, imprint: tsp.MessageImprint, nonce: int | None) -> bytes:
        now = self._clock().astimezone(UTC)
        facts: dict[str, Any] = {
            "version": "v1",
            "policy": POLICY,
            "message_imprint": imprint,
            "serial_number": secrets.randbits(127) | 1,
            "gen_time": core.GeneralizedTime(now.replace(microsecond=now.microsecond // 1000 * 1000)),
            "accuracy": {"millis": ACCURACY_MS},
        }
        if nonce is not None:
            facts["nonce"] = nonce
        return bytes(tsp.TSTInfo(facts).dump())


def _tlv(tag: int, *parts: bytes) -> bytes:
    """One DER value: tag, length, contents (X.690 section 8.1)."""
    body = b"".join(parts)
    if len(body) < 0x80:
        return bytes((tag, len(body))) + body
    length = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + body


def _attribute(kind: str, value: Any) -> bytes:
    return bytes(cms.CMSAttribute({"type": kind, "values": [value]}).dump())


_SHA256 = bytes(cms.DigestAlgorithm({"algorithm": "sha256"}).dump())
_MESSAGE_DIGEST = bytes(cms.CMSAttributeType("message_digest").dump())
_TST_INFO = bytes(cms.ContentType("tst_info").dump())
_SIGNED_DATA = bytes(cms.ContentType("signed_data").dump())


def _sign(key: SigningKey, message: bytes) -> bytes:
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(message, padding.PKCS1v15(), hashes.SHA256())
    return key.sign(message, ec.ECDSA(hashes.SHA256()))


def _parse_request(request: bytes) -> tsp.TimeStampReq:
    if len(request) > MAX_REQUEST:
        raise Invalid("time-stamp-request", "too large", limit=MAX_REQUEST)
    with parsing("time-stamp-request", "the request"):
        asked = tsp.TimeStampReq.load(request, strict=True)
        imprint = asked["message_imprint"]
        name = str(imprint["hash_algorithm"]["algorithm"].native)
        if name not in HASHES:
            raise Invalid("time-stamp-algorithm", name)
        if len(imprint["hashed_message"].native) != HASHES[name].digest_size:
            raise Invalid("time-stamp-request", "the digest's length does not fit its algorithm")
        _ = (asked["nonce"].native, asked["cert_req"].native, asked["req_policy"].native)
        return asked


def _rejection(fault: str) -> bytes:
    info = {"status": "rejection", "fail_info": {fault}}
    return bytes(Response({"status": info}).dump())


def make_request(digest: bytes, *, nonce: int) -> bytes:
    """A TimeStampReq (DER) over a SHA-256 digest that asks for the certificates too."""
    imprint = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": digest}
    request = {"version": "v1", "message_imprint": imprint, "nonce": nonce, "cert_req": True}
    return bytes(tsp.TimeStampReq(request).dump())


def parse_response(response: bytes) -> bytes:
    """The token in a TimeStampResp. Raises `Invalid("time-stamp-refused")` when the authority declined."""
    with parsing("time-stamp-malformed", "the answer"):
        parsed = Response.load(response, strict=True)
        status = parsed["status"]["status"].native
        if status not in ("granted", "granted_with_mods"):
            raise Invalid("time-stamp-refused", str(status))
        return bytes(parsed["time_stamp_token"].dump())


class HttpAuthority:
    """A time-stamp authority reached over HTTP (RFC 3161 section 3.4).

    Its token is verified before it is handed on: whoever asked never stores one that would not count.
    """

    def __init__(
        self,
        url: str,
        anchors: Sequence[bytes],
        *,
        intermediates: Sequence[bytes] = (),
        timeout_seconds: float = 10.0,
    ) -> None:
        self._url = url
        self._anchors = tuple(anchors)
        self._intermediates = tuple(intermediates)
        timeout = urllib3.Timeout(connect=timeout_seconds, read=timeout_seconds)
        self._pool = urllib3.PoolManager(timeout=timeout, retries=False)

    def stamp(self, digest: bytes) -> bytes:
        nonce = secrets.randbits(63)
        body = self._ask(make_request(digest, nonce=nonce))
        try:
            token = parse_response(body)
            verify_token(token, digest, self._anchors, intermediates=self._intermediates, nonce=nonce)
        except Invalid as error:
            raise Unavailable("time-stamp-authority-unavailable", str(error), retry_after=60) from error
        return token

    def _ask(self, request: bytes) -> bytes:
        headers = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
        try:
            response = self._pool.request(
                "POST", self._url, body=request, headers=headers, preload_content=False
            )
            try:
                body = response.read(MAX_TOKEN + 1)
            finally:
                response.release_conn()
        except urllib3.exceptions.HTTPError as error:
            detail = type(error).__name__
            raise Unavailable("time-stamp-authority-unavailable", detail, retry_after=15) from error
        if response.status != 200 or len(body) > MAX_TOKEN:
            detail = f"answered with status {response.status}"
            raise Unavailable("time-stamp-authority-unavailable", detail, retry_after=15)
        return body
