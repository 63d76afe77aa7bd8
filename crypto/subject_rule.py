"""How a certificate authority writes an organisation into its certificates, as data.

Every licensed authority in China has its own place for the 统一社会信用代码: the subject's
serialNumber, an OU with a prefix, a private extension. Trusting several side by side (互认) means one
rule for each.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from cryptography import x509

from crypto.credit_code import parse_credit_code
from crypto.errors import Invalid

ORGANISATION = "2.5.4.10"
SERIAL_NUMBER = "2.5.4.5"
CODE = r"([0-9A-HJ-NPQRTUWXYa-hj-npqrtuwxy]{18})"


class SubjectSource(StrEnum):
    """Where the credit code stands."""

    ATTRIBUTE = "attribute"
    EXTENSION = "extension"


@dataclass(frozen=True, slots=True)
class SubjectRule:
    """`pattern` is searched in the subject attribute, or in the text of the extension, named by `oid`.

    Its first group is the credit code; exactly one value may match. The organisation's name is read from the
    subject attribute `organisation_oid`.
    """

    source: SubjectSource = SubjectSource.ATTRIBUTE
    oid: str = SERIAL_NUMBER
    pattern: str = rf"^{CODE}$"
    organisation_oid: str = ORGANISATION

    def credit_code(self, certificate: x509.Certificate) -> str:
        """The credit code of the certificate's holder.

        Raises `Invalid("certificate-without-credit-code")` when no value, or more than one, fits, and
        `Invalid("credit-code")` when the check digit is wrong.
        """
        matches = {
            m.group(1).upper() for value in self._values(certificate) if (m := re.search(self.pattern, value))
        }
        if len(matches) != 1:
            raise Invalid(
                "certificate-without-credit-code", f"{len(matches)} values fit the authority's rule"
            )
        return parse_credit_code(matches.pop())

    def organisation(self, certificate: x509.Certificate) -> str:
        """The organisation's name; empty where the certificate carries none."""
        return next(iter(_attributes(certificate.subject, self.organisation_oid)), "")

    def _values(self, certificate: x509.Certificate) -> list[str]:
        if self.source is SubjectSource.ATTRIBUTE:
            return _attributes(certificate.subject, self.oid)
        return _extension_texts(certificate, self.oid)


def _attributes(name: x509.Name, oid: str) -> list[str]:
    found = name.get_attributes_for_oid(x509.ObjectIdentifier(oid))
    return [a.value if isinstance(a.value, str) else a.value.decode("latin-1") for a in found]


def _extension_texts(certificate: x509.Certificate, oid: str) -> list[str]:
    try:
        value = certificate.extensions.get_extension_for_oid(x509.ObjectIdentifier(oid)).value
    except (x509.ExtensionNotFound, ValueError):
        return []
    if not isinstance(value, x509.UnrecognizedExtension):
        return []
    return [_text_of(value.value)]


def _text_of(raw: bytes) -> str:
    """The string in an extension: a DER string of one of the usual types, or bare UTF-8 as some CAs write."""
    text_tags = {0x0C, 0x13, 0x16, 0x04}
    body = raw
    while len(body) >= 2 and body[0] in text_tags and body[1] < 0x80 and len(body) == 2 + body[1]:
        body = body[2:]
    return body.decode("utf-8", "replace")
