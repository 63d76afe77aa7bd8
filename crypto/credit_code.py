"""Check digits of the two codes Chinese tendering lives on.

统一社会信用代码 (GB 32100-2015, check digit of GB/T 17710) names an organisation;
统一交易标识码 (公共资源交易平台系统数据规范 V2.0, ISO 7064 MOD 37-2) names a transaction.
"""

from __future__ import annotations

import re
from datetime import date

from crypto.errors import Invalid

_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # no I, O, Z, S, V
_CREDIT = re.compile(r"[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}", re.ASCII)
_DEAL_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*"
_DEAL = re.compile(r"[A-Z][0-9A-Z]{2}[0-9A-HJ-NPQRTUWXY]{18}[0-9]{14}[0-9A-Z*]", re.ASCII)


def credit_code_check(first17: str) -> str:
    """The 18th character of a 统一社会信用代码: weights 3^i mod 31 (GB 32100-2015 annex)."""
    if len(first17) != 17 or not set(first17) <= set(_CREDIT_ALPHABET):
        raise Invalid("credit-code", "the first 17 characters use digits and letters without I, O, Z, S, V")
    total = sum(_CREDIT_ALPHABET.index(c) * pow(3, i, 31) for i, c in enumerate(first17))
    return _CREDIT_ALPHABET[-total % 31]


def parse_credit_code(text: str) -> str:
    """The normal form (upper case, no spaces) of a valid 统一社会信用代码; else ``credit-code``."""
    code = "".join(text.split()).upper() if isinstance(text, str) and len(text) <= 40 else ""
    if not _CREDIT.fullmatch(code):
        raise Invalid(
            "credit-code", "a credit code has 18 characters: 2 of kind, 6 digits of region, 10 more"
        )
    if credit_code_check(code[:17]) != code[17]:
        raise Invalid("credit-code", "the check character does not fit the other 17", value=code)
    return code


def deal_code_check(first35: str) -> str:
    """The 36th character of a 统一交易标识码 (ISO 7064 MOD 37-2)."""
    if len(first35) != 35 or not set(first35) <= set(_DEAL_ALPHABET[:36]):
        raise Invalid("deal-code", "the first 35 characters are digits and capital letters")
    rest = 0
    for c in first35:
        rest = (rest + _DEAL_ALPHABET.index(c)) * 2 % 37
    return _DEAL_ALPHABET[(38 - rest) % 37]


def parse_deal_code(text: str) -> str:
    """The normal form (no hyphens) of a valid 36-character 统一交易标识码; else ``deal-code``."""
    code = text.replace("-", "").strip() if isinstance(text, str) and len(text) <= 60 else ""
    if not _DEAL.fullmatch(code):
        raise Invalid(
            "deal-code", "a deal code has 36 characters: class 3, platform 18, date 8, serial 6, check 1"
        )
    parse_credit_code(code[3:21])
    try:
        date(int(code[21:25]), int(code[25:27]), int(code[27:29]))
    except ValueError as error:
        raise Invalid("deal-code", "its date does not exist", value=code) from error
    if deal_code_check(code[:35]) != code[35]:
        raise Invalid("deal-code", "the check character does not fit the other 35", value=code)
    return code


def deal_code(kind: str, platform: str, on: date, serial: int) -> str:
    """A new 统一交易标识码: class (such as ``A08``), the platform's credit code, day and serial number."""
    if not 0 <= serial < 1_000_000:
        raise Invalid("deal-code", "a serial number has six digits")
    first35 = f"{kind}{platform}{on:%Y%m%d}{serial:06d}"
    return parse_deal_code(first35 + deal_code_check(first35))


def display_deal_code(code: str) -> str:
    """The five groups of a deal code, joined by hyphens for people."""
    return "-".join((code[:3], code[3:21], code[21:29], code[29:35], code[35:]))
