"""Numbers as they are spoken."""

import pytest

from bidding.speech.numerals import amount_en, amount_zh, count_zh, time_en, time_zh


@pytest.mark.parametrize(
    ("written", "zh", "en"),
    [
        ("4680000.00", "四百六十八万元整", "4.68 million yuan"),
        ("4725500.50", "四百七十二万五千五百元五角整", "4725500 yuan 50 fen"),
        ("100000001.07", "一亿零一元零七分", "100000001 yuan 7 fen"),
        ("39000000", "三千九百万元整", "39 million yuan"),
        ("1050000", "一百零五万元整", "1.05 million yuan"),
        ("0", "零元整", "0 yuan"),
        ("-12.00", "负一十二元整", "minus 12 yuan"),
        ("面议", "面议", "面议"),
        ("1e999", "1e999", "1e999"),
    ],
)
def test_amounts(written: str, zh: str, en: str) -> None:
    assert amount_zh(written) == zh
    assert amount_en(written) == en


@pytest.mark.parametrize(
    ("number", "spoken"),
    [(0, "零"), (7, "七"), (10, "十"), (18, "十八"), (139, "一百三十九"), (1000, "一千"), (-3, "负三")],
)
def test_counts(number: int, spoken: str) -> None:
    assert count_zh(number) == spoken


@pytest.mark.parametrize(
    ("instant", "zh", "en"),
    [
        ("2026-11-22T08:00:00.000Z", "十六点整", "16:00"),
        ("2026-11-22T08:05:00Z", "十六点零五分", "16:05"),
        ("2026-11-22T16:30:07.900Z", "零点三十分零七秒", "00:30:07"),
        ("2026-11-22T01:00:09Z", "九点零分零九秒", "09:00:09"),
    ],
)
def test_times_are_beijing_time(instant: str, zh: str, en: str) -> None:
    assert time_zh(instant) == zh
    assert time_en(instant) == en
