"""Trusted authorities as files an operator can read: one folder each, and one policy for all.

    trust/policy.toml                 max_age_hours = 24, missing = "adjudicate"
    trust/<id>/authority.toml         name, crl_sources, ocsp_sources, [subject_rule]
    trust/<id>/anchors.pem            one certificate or more
    trust/<id>/intermediates.pem      optional

The format is described in docs/formats/certificates.md.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from crypto.authority import DemoAuthority
from crypto.errors import Invalid
from crypto.subject_rule import SubjectRule, SubjectSource
from crypto.trust import Missing, RevocationPolicy, TrustedAuthority

DEMO_ID = "demo"
DEMO_NAME = "开标演示CA（无法律效力）"


def load_authorities(directory: Path) -> tuple[TrustedAuthority, ...]:
    """Every folder with an `authority.toml`, in order of their names.

    Raises `Invalid("trust-file")` naming the file that is wrong: a server does not start on half its trust.
    """
    return tuple(_load(path.parent) for path in sorted(directory.glob("*/authority.toml")))


def load_policy(directory: Path) -> RevocationPolicy:
    """`policy.toml`, or the default policy where there is none. Raises `Invalid("trust-file")`."""
    path = directory / "policy.toml"
    if not path.exists():
        return RevocationPolicy()
    table = _toml(path)
    try:
        hours = float(table.get("max_age_hours", 24))
        return RevocationPolicy(timedelta(hours=hours), Missing(table.get("missing", Missing.ADJUDICATE)))
    except (ValueError, TypeError, OverflowError) as error:
        raise _wrong(path, str(error)) from error


def demo_authority(authority: DemoAuthority) -> TrustedAuthority:
    """The embedded demonstration authority as a trusted one; its lists come from `demo_lists`."""
    return TrustedAuthority(
        DEMO_ID, DEMO_NAME, (authority.root,), (authority.intermediate,), ("demo:root", "demo:intermediate")
    )


def demo_lists(authority: DemoAuthority) -> Mapping[str, Callable[[datetime], bytes]]:
    """The `local` sources a `RevocationCache` needs for `demo_authority`."""
    return {
        "demo:root": lambda now: authority.crl("root", at=now),
        "demo:intermediate": lambda now: authority.crl("intermediate", at=now),
    }


def _load(folder: Path) -> TrustedAuthority:
    path = folder / "authority.toml"
    table = _toml(path)
    try:
        return TrustedAuthority(
            id=folder.name,
            name=str(table["name"]),
            anchors=_certificates(folder / "anchors.pem"),
            intermediates=_certificates(folder / "intermediates.pem", optional=True),
            crl_sources=_texts(table, "crl_sources"),
            ocsp_sources=_texts(table, "ocsp_sources"),
            subject_rule=_rule(table.get("subject_rule", {})),
        )
    except (KeyError, ValueError, TypeError, AttributeError, re.error) as error:
        raise _wrong(path, f"{type(error).__name__}: {error}") from error


def _rule(table: Mapping[str, Any]) -> SubjectRule:
    given = dict(table)
    if "source" in given:
        given["source"] = SubjectSource(given["source"])
    rule = SubjectRule(**given)
    if re.compile(rule.pattern).groups < 1:
        raise ValueError("the pattern needs a group that catches the credit code")
    # Raises ValueError now for what would otherwise fail at the first certificate.
    for oid in (rule.oid, rule.organisation_oid):
        x509.ObjectIdentifier(oid)
    return rule


def _texts(table: Mapping[str, Any], key: str) -> tuple[str, ...]:
    values = table.get(key, [])
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise TypeError(f"{key} is a list of addresses")
    return tuple(values)


def _certificates(path: Path, *, optional: bool = False) -> tuple[bytes, ...]:
    if optional and not path.exists():
        return ()
    try:
        loaded = x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        raise _wrong(path, str(error)) from error
    return tuple(certificate.public_bytes(Encoding.DER) for certificate in loaded)


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise _wrong(path, str(error)) from error


def _wrong(path: Path, detail: str) -> Invalid:
    return Invalid("trust-file", f"{path.parent.name}/{path.name}: {detail}")
