"""Amounts in Chinese capitals (大写金额), as banks and tender records require (支付结算办法, annex 1)."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from crypto.errors import Invalid

DIGITS = "零壹贰叁肆伍陆柒捌玖"
PLACES = ("", "拾", "佰", "仟")
GROUPS = ("", "万", "", "万")
UNIT = "亿"
LIMIT = Decimal(10) ** 16
"""Yuan; beyond it there is no customary spelling."""
FEN = Decimal("0.01")


def capital_amount(yuan: str) -> str:
    """`"1234.50"` as `人民币壹仟贰佰叁拾肆元伍角整`; rounded to the fen.

    Raises Invalid("amount-malformed") for what is not a plain decimal below 10^16 in magnitude.
    """
    try:
        amount = Decimal(yuan)
    except InvalidOperation as error:
        raise Invalid("amount-malformed", yuan[:40]) from error
    if not amount.is_finite() or abs(amount) >= LIMIT:
        raise Invalid("amount-malformed", yuan[:40])
    fen = int((abs(amount).quantize(FEN, ROUND_HALF_UP) * 100).to_integral_value())
    sign = "负" if amount < 0 and fen else ""
    whole, rest = divmod(fen, 100)
    return f"人民币{sign}{_yuan(whole)}{_fraction(whole, rest)}"


def _yuan(whole: int) -> str:
    if not whole:
        return ""
    out = ""
    gap = False
    for power in range(3, -1, -1):
        group = whole // 10000**power % 10000
        if group:
            zero = out and (gap or group < 1000)
            out += (DIGITS[0] if zero else "") + _four(group) + GROUPS[power]
        # Ten-thousands of 亿 share the one 亿 that follows, whether or not its own digits are zero.
        if power == 2 and out:
            out += UNIT
        gap = not group
    return out + "元"


def _four(group: int) -> str:
    """Up to four digits with their places; inner zeros once, trailing zeros not at all."""
    out = ""
    zero = False
    for place in range(3, -1, -1):
        digit = group // 10**place % 10
        if digit:
            out += (DIGITS[0] if zero and out else "") + DIGITS[digit] + PLACES[place]
            zero = False
        else:
            zero = True
    return out


def _fraction(whole: int, rest: int) -> str:
    if not rest:
        return "整" if whole else "零元整"
    jiao, fen = divmod(rest, 10)
    out = DIGITS[jiao] + "角" if jiao else (DIGITS[0] if whole else "")
    return out + (DIGITS[fen] + "分" if fen else "整")
