"""Every refusal of the cryptographic core is explained to the user."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
MODULES = [
    "canonical",
    "certificates",
    "context",
    "credit_code",
    "dealing",
    "draws",
    "fields",
    "hpke",
    "identity",
    "key_file",
    "keys",
    "keyset",
    "manifest",
    "opening",
    "package",
    "payload",
    "plain_zip",
    "sealing",
    "shares",
    "signing",
    "statements",
    "stream",
    "suite",
    "wraps",
]


def test_every_code_has_an_entry_and_every_entry_a_code() -> None:
    source = "".join((ROOT / "crypto" / f"{name}.py").read_text(encoding="utf-8") for name in MODULES)
    raised = set(re.findall(r'(?:Invalid|parsing)\(\s*"([a-z0-9-]+)"', source))
    raised |= set(re.findall(r'Fields\([^"]*?"(bad-[a-z-]+)"', source))
    catalog = tomllib.loads((ROOT / "bidding" / "catalog" / "crypto.toml").read_text(encoding="utf-8"))
    assert raised == set(catalog)
    for entry in catalog.values():
        assert {*entry} == {"status", "zh", "en"}
        assert all({*entry[lang]} == {"what", "meaning", "do"} for lang in ("zh", "en"))
