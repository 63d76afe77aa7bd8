"""Amounts, counts and times as they are spoken, so that every engine says the same. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal

from crypto.errors import Invalid
from opening_hall.record.capital_amount import capital_amount

BEIJING = timezone(timedelta(hours=8))
_PLAIN = str.maketrans("零壹贰叁肆伍陆柒捌玖拾佰仟", "零一二三四五六七八九十百千")


def amount_zh(yuan: str) -> str:
    """`"4680000.00"` as 四百六十八万元整; what is no amount as it was written."""
    try:
        return capital_amount(yuan).removeprefix("人民币").translate(_PLAIN)
    except Invalid:
        return yuan


def count_zh(number: int) -> str:
    """`18` as 十八."""
    spoken = amount_zh(str(abs(number))).removesuffix("整").removesuffix("元") or "零"
    if spoken.startswith("一十"):
        spoken = spoken.removeprefix("一")
    return f"负{spoken}" if number < 0 else spoken


def amount_en(yuan: str) -> str:
    """`"4725500.50"` as 4725500 yuan 50 fen, `"4680000.00"` as 4.68 million yuan; what is no amount as it was
    written."""
    try:
        capital_amount(yuan)
    except Invalid:
        return yuan
    amount = Decimal(yuan)
    whole, fen = divmod(int((abs(amount) * 100).to_integral_value(ROUND_HALF_UP)), 100)
    sign = "minus " if amount < 0 else ""
    millions, rest = divmod(whole, 1_000_000)
    if millions and not fen and rest % 10_000 == 0:
        # Said in half the time, and still exact.
        return f"{sign}{millions}" + f".{rest // 10_000:02d}".rstrip("0").rstrip(".") + " million yuan"
    return f"{sign}{whole} yuan" + (f" {fen} fen" if fen else "")


def time_zh(instant: str) -> str:
    """An instant's Beijing time of day: 十六点零五分."""
    at = _local(instant)
    minute = f"{'零' if 0 < at.minute < 10 else ''}{count_zh(at.minute)}分" if at.minute else "整"
    second = f"{'零' if at.second < 10 else ''}{count_zh(at.second)}秒" if at.second else ""
    if second and not at.minute:
        minute = "零分"
    return f"{count_zh(at.hour)}点{minute}{second}"


def time_en(instant: str) -> str:
    """An instant's Beijing time of day: 16:05."""
    at = _local(instant)
    return f"{at:%H:%M:%S}" if at.second else f"{at:%H:%M}"


def _local(instant: str) -> datetime:
    return datetime.fromisoformat(instant).astimezone(UTC).astimezone(BEIJING)
