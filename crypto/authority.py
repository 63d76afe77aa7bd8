"""The embedded demonstration certificate authority (演示/无法律效力): root, issuing CA, TSA, CRL, OCSP.

It exists so that the platform runs whole on one machine, in rehearsals and in tests. Whatever it signs
says so in the subject, in the CRL's issuer and in a policy notice. Real tenders trust licensed
authorities (`crypto.trust`).
"""

from __future__ import annotations

import json
import os
import shutil
import threading
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from crypto.authority_profile import (
    Issuer,
    Role,
    Usage,
    Validity,
    holder_certificate,
    holder_name,
    intermediate_certificate,
    ocsp_certificate,
    root_certificate,
    time_stamp_certificate,
)
from crypto.authority_register import Issued, Register, RevocationReason, Revoked
from crypto.authority_status import KeyAndCertificate, answer_ocsp, der_of, make_crl
from crypto.csr import PrivateKey, PublicKey, parse_csr
from crypto.errors import Invalid

FORMAT = "kaibiao/demo-ca/v1"
OWN_DAYS = 3650
HOLDER_DAYS = 730
#: A CRL is made anew when something was revoked, and otherwise after this time.
CRL_RENEWAL = timedelta(minutes=1)


class DemoAuthority:
    """Keys and book of one demonstration authority, kept in a directory that only its owner can read."""

    def __init__(self, directory: Path, own: dict[Role, KeyAndCertificate], *, url: str) -> None:
        self.directory = directory
        self._own = own
        self._url = url.rstrip("/")
        self._register = Register(directory / "register.jsonl")
        self._crl_lock = threading.Lock()
        self._crls: dict[Role, tuple[int, datetime, bytes]] = {}

    # -- where it lives ------------------------------------------------------------------------------------

    @classmethod
    def create(cls, directory: Path, *, at: datetime, url: str = "http://127.0.0.1:8420") -> DemoAuthority:
        """Make all keys in a fresh directory, at once or not at all; where one exists already, open that.

        `url` is the server's address: it goes into the CRL, OCSP and chain locations of new certificates.
        """
        if not (directory / "ca.json").exists():
            directory.parent.mkdir(parents=True, exist_ok=True)
            partial = directory.with_name(f".{directory.name}.{os.getpid()}.{threading.get_ident()}")
            shutil.rmtree(partial, ignore_errors=True)
            _write_own(partial, _make_own(at, url.rstrip("/")))
            try:
                partial.rename(directory)
            except OSError:
                # Another process was first: both must speak with one voice.
                shutil.rmtree(partial)
        return cls.open(directory, url=url)

    @classmethod
    def open(cls, directory: Path, *, url: str = "http://127.0.0.1:8420") -> DemoAuthority:
        """Load an authority that `create` made.

        Raises `Invalid("authority-malformed")`.
        """
        try:
            described = json.loads((directory / "ca.json").read_text())
            own = {role: _read_own(directory, role) for role in Role}
        except (OSError, ValueError, UnsupportedAlgorithm) as error:
            raise Invalid("authority-malformed", str(error), directory=directory.name) from error
        if described.get("format") != FORMAT:
            raise Invalid("authority-malformed", "unknown format", directory=directory.name)
        return cls(directory, own, url=url)

    # -- what it is ----------------------------------------------------------------------------------------

    @property
    def root(self) -> bytes:
        """The anchor, DER."""
        return self._own[Role.ROOT].der

    @property
    def intermediate(self) -> bytes:
        """The issuing certificate, DER."""
        return self._own[Role.INTERMEDIATE].der

    @property
    def chain(self) -> tuple[bytes, ...]:
        """What a holder sends along with its own certificate: the issuing certificate, then the anchor."""
        return (self.intermediate, self.root)

    @property
    def time_stamp_identity(self) -> KeyAndCertificate:
        """Key and certificate of the time-stamp authority."""
        return self._own[Role.TIME_STAMP]

    def chain_pem(self) -> bytes:
        """The chain for download, anchor last."""
        own = (self._own[Role.INTERMEDIATE], self._own[Role.ROOT])
        return b"".join(each.certificate.public_bytes(serialization.Encoding.PEM) for each in own)

    # -- issuing -------------------------------------------------------------------------------------------

    def issue_for_key(
        self,
        public_key: PublicKey,
        *,
        organisation: str,
        credit_code: str,
        person: str = "",
        usage: Usage = Usage.SINGLE,
        at: datetime,
        validity: Validity | None = None,
    ) -> bytes:
        """Sign a certificate (DER) for a key whose possession was proven, and enter it in the book."""
        subject = holder_name(organisation, credit_code, person or organisation)
        certificate = holder_certificate(
            public_key,
            subject,
            validity or Validity.starting(at, days=HOLDER_DAYS),
            self.issuer(),
            usage,
        )
        der = der_of(certificate)
        self._register.record_issued(Issued(certificate.serial_number, der, at))
        return der

    def issue_from_csr(
        self,
        csr: bytes,
        *,
        organisation: str,
        credit_code: str,
        person: str = "",
        usage: Usage = Usage.SINGLE,
        at: datetime,
    ) -> bytes:
        """As `issue_for_key`, for a request (PKCS#10, DER); the reviewed names count, not its own.

        Raises `Invalid` with `csr-malformed`, `csr-signature` or `key-not-accepted`.
        """
        request = parse_csr(csr)
        return self.issue_for_key(
            request.public_key,
            organisation=organisation,
            credit_code=credit_code,
            person=person,
            usage=usage,
            at=at,
        )

    def issue(
        self,
        organisation: str,
        credit_code: str,
        person: str = "",
        *,
        at: datetime,
        usage: Usage = Usage.SINGLE,
        rsa_bits: int = 0,
        validity: Validity | None = None,
    ) -> tuple[PrivateKey, bytes]:
        """Key and certificate at once, for demonstrations: ECDSA P-256, or RSA of `rsa_bits`."""
        key: PrivateKey = (
            rsa.generate_private_key(65537, rsa_bits) if rsa_bits else ec.generate_private_key(ec.SECP256R1())
        )
        certificate = self.issue_for_key(
            key.public_key(),
            organisation=organisation,
            credit_code=credit_code,
            person=person,
            usage=usage,
            at=at,
            validity=validity,
        )
        return key, certificate

    def issued(self, serial: int) -> Issued | None:
        return self._register.issued(serial)

    def issued_for(self, key: bytes) -> bytes | None:
        """The certificate (DER) issued last for a public key (SubjectPublicKeyInfo, DER)."""
        issued = self._register.issued_for(key)
        return issued.certificate if issued else None

    def all_issued(self) -> tuple[Issued, ...]:
        return self._register.all_issued()

    # -- revoking ------------------------------------------------------------------------------------------

    def revoke(
        self, serial: int, reason: RevocationReason, *, at: datetime, invalid_since: datetime | None = None
    ) -> Revoked:
        """Revoke a certificate for good. Repeating it returns the revocation that stands.

        `invalid_since` becomes the invalidityDate of RFC 5280 section 5.3.2.
        Raises `Invalid("not-issued-here")`.
        """
        if self._register.issued(serial) is None:
            raise Invalid("not-issued-here", "this authority issued no certificate with that serial number")
        return self._register.record_revoked(Revoked(serial, reason, at, invalid_since))

    def revoked(self, serial: int) -> Revoked | None:
        return self._register.revoked(serial)

    def crl(self, which: Role | str, *, at: datetime) -> bytes:
        """The current list (DER): `root` covers the issuing certificate, `intermediate` all others.

        Raises `Invalid("unknown-crl")`.
        """
        if which not in (Role.ROOT, Role.INTERMEDIATE):
            raise Invalid(
                "unknown-crl", "this authority has the lists root and intermediate", name=str(which)
            )
        role = Role(which)
        entries = self._register.all_revoked() if role is Role.INTERMEDIATE else ()
        with self._crl_lock:
            known = self._crls.get(role)
            if known and known[0] == len(entries) and timedelta() <= at - known[1] < CRL_RENEWAL:
                return known[2]
            der = make_crl(self._own[role], entries, at)
            self._crls[role] = (len(entries), at, der)
            return der

    def ocsp(self, request: bytes, *, at: datetime) -> bytes:
        """Answer one OCSP question (RFC 6960), both DER; a malformed one gets the protocol's own refusal."""
        return answer_ocsp(
            request,
            issuer=self._own[Role.INTERMEDIATE],
            responder=self._own[Role.OCSP],
            register=self._register,
            at=at,
        )

    def issuer(self, role: Role = Role.INTERMEDIATE) -> Issuer:
        """Who signs certificates, with the addresses they will carry."""
        own = self._own[role]
        return _issuer(own, role, self._url)


def _issuer(own: KeyAndCertificate, role: Role, url: str) -> Issuer:
    return Issuer(
        certificate=own.certificate,
        key=own.key,
        crl_url=f"{url}/api/ca/crl/{role.value}.crl",
        ocsp_url=f"{url}/api/ca/ocsp",
        chain_url=f"{url}/api/ca/chain.pem",
    )


def _make_own(at: datetime, url: str) -> dict[Role, KeyAndCertificate]:
    keys = {role: ec.generate_private_key(ec.SECP256R1()) for role in Role}
    validity = Validity.starting(at, days=OWN_DAYS)
    root = KeyAndCertificate(keys[Role.ROOT], root_certificate(keys[Role.ROOT], validity))
    above = _issuer(root, Role.ROOT, url)
    signed = intermediate_certificate(keys[Role.INTERMEDIATE].public_key(), validity, above)
    intermediate = KeyAndCertificate(keys[Role.INTERMEDIATE], signed)
    issuer = _issuer(intermediate, Role.INTERMEDIATE, url)
    stamp = time_stamp_certificate(keys[Role.TIME_STAMP].public_key(), validity, issuer)
    responder = ocsp_certificate(keys[Role.OCSP].public_key(), validity, issuer)
    return {
        Role.ROOT: root,
        Role.INTERMEDIATE: intermediate,
        Role.TIME_STAMP: KeyAndCertificate(keys[Role.TIME_STAMP], stamp),
        Role.OCSP: KeyAndCertificate(keys[Role.OCSP], responder),
    }


def _write_own(directory: Path, own: dict[Role, KeyAndCertificate]) -> None:
    directory.mkdir(mode=0o700)
    for role, identity in own.items():
        _write(
            directory / f"{role.value}.crt.pem", identity.certificate.public_bytes(serialization.Encoding.PEM)
        )
        private = identity.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        _write(directory / f"{role.value}.key.pem", private)
    _write(directory / "ca.json", json.dumps({"format": FORMAT}).encode() + b"\n")


def _write(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(descriptor, data)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read_own(directory: Path, role: Role) -> KeyAndCertificate:
    certificate = x509.load_pem_x509_certificate((directory / f"{role.value}.crt.pem").read_bytes())
    key = serialization.load_pem_private_key((directory / f"{role.value}.key.pem").read_bytes(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise ValueError(f"{role.value}: not a signing key of this suite")
    return KeyAndCertificate(key, certificate)
