"""Certificate authorities as they stand in an archive: anchors, intermediates, and how names are read."""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Mapping
from typing import Any

from crypto.canonical import b64, unb64
from crypto.errors import Invalid
from crypto.subject_rule import SubjectRule, SubjectSource
from crypto.trust import TrustedAuthority

MAX_PATTERN = 200
"""Characters of a subject rule's expression: an archive may come from anybody."""


def encode_authority(authority: TrustedAuthority) -> dict[str, Any]:
    """An authority as it stands in trust/authorities.json."""
    rule = authority.subject_rule
    return {
        "id": authority.id,
        "name": authority.name,
        "anchors": [b64(der) for der in authority.anchors],
        "intermediates": [b64(der) for der in authority.intermediates],
        "subjectRule": {
            "source": str(rule.source), "oid": rule.oid, "pattern": rule.pattern,
            "organisationOid": rule.organisation_oid,
        },
    }  # fmt: skip


def as_pem(certificates: Iterable[bytes]) -> bytes:
    """The same certificates for tools that read PEM."""
    return "".join(ssl.DER_cert_to_PEM_cert(der) for der in certificates).encode("ascii")


def parse_authority(value: Mapping[str, Any]) -> TrustedAuthority:
    """The reverse of `encode_authority`; raises `Invalid`, `KeyError`, `TypeError` or `ValueError`."""
    rule = value["subjectRule"]
    if len(rule["pattern"]) > MAX_PATTERN:
        raise Invalid("authorities-malformed", "an expression that long is no rule")
    return TrustedAuthority(
        id=value["id"],
        name=value["name"],
        anchors=tuple(map(unb64, value["anchors"])),
        intermediates=tuple(map(unb64, value["intermediates"])),
        subject_rule=SubjectRule(
            SubjectSource(rule["source"]), rule["oid"], rule["pattern"], rule["organisationOid"]
        ),
    )
