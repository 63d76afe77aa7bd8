"""大写金额 as the banks write it."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.errors import Invalid
from opening_hall.record.capital_amount import capital_amount

DIGITS = "零壹贰叁肆伍陆柒捌玖"
UNITS = {"拾": 10, "佰": 100, "仟": 1000}


@pytest.mark.parametrize(
    ("yuan", "capital"),
    [
        ("0", "人民币零元整"),
        ("0.05", "人民币伍分"),
        ("0.50", "人民币伍角整"),
        ("0.56", "人民币伍角陆分"),
        ("1409.50", "人民币壹仟肆佰零玖元伍角整"),
        ("6007.14", "人民币陆仟零柒元壹角肆分"),
        ("107000.53", "人民币壹拾万柒仟元伍角叁分"),
        ("325.04", "人民币叁佰贰拾伍元零肆分"),
        ("48300000.00", "人民币肆仟捌佰叁拾万元整"),
        ("20000001", "人民币贰仟万零壹元整"),
        ("100000000", "人民币壹亿元整"),
        ("1000000000000", "人民币壹万亿元整"),
        ("1000000010000", "人民币壹万亿零壹万元整"),
        ("10000000000001", "人民币壹拾万亿零壹元整"),
        (
            "1234567890123456.78",
            "人民币壹仟贰佰叁拾肆万伍仟陆佰柒拾捌亿玖仟零壹拾贰万叁仟肆佰伍拾陆元柒角捌分",
        ),
        ("-5.5", "人民币负伍元伍角整"),
        ("0.005", "人民币壹分"),
        ("-0.001", "人民币零元整"),
    ],
)
def test_examples(yuan: str, capital: str) -> None:
    assert capital_amount(yuan) == capital


@pytest.mark.parametrize("yuan", ["", "about 5", "NaN", "Infinity", "10000000000000000", "1,000"])
def test_what_is_no_amount_is_refused(yuan: str) -> None:
    with pytest.raises(Invalid) as refusal:
        capital_amount(yuan)
    assert refusal.value.code == "amount-malformed"


def read(text: str) -> int:
    """Fen of a capital amount, read the way a person does."""
    whole, _, rest = text.removeprefix("人民币").partition("元")
    if "元" not in text:
        whole, rest = "", whole
    fen = 0
    for digit, unit in pairwise(rest):
        fen += DIGITS.index(digit) * {"角": 10, "分": 1}.get(unit, 0) if digit in DIGITS else 0
    total = section = digit = 0
    for sign in whole:
        if sign in DIGITS:
            digit = DIGITS.index(sign)
        elif sign in UNITS:
            section += digit * UNITS[sign]
            digit = 0
        else:
            section += digit
            digit = 0
            if sign == "亿":
                total, section = (total + section) * 10**8, 0
            else:
                total, section = total + section * 10**4, 0
    return (total + section + digit) * 100 + fen


@given(st.integers(0, 10**18 - 1))
def test_what_is_written_reads_back(fen: int) -> None:
    text = capital_amount(f"{fen // 100}.{fen % 100:02d}")
    assert read(text) == fen
    assert "零零" not in text
