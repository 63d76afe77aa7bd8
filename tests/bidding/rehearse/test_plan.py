"""The cast of a rehearsal: input files, sizes, who misbehaves."""

import json
from decimal import Decimal

import pytest

from bidding.client.errors import ClientError
from bidding.rehearse.misbehaviour import EXPECTED, Misbehaviour
from bidding.rehearse.plan import (
    Published,
    cast,
    fictitious,
    officer_seat,
    organisation,
    parse_input,
    parse_size,
)
from crypto.credit_code import parse_credit_code

GOOD = {
    "title": "某道路工程施工",
    "ceiling": "2000000.00",
    "bidders": [{"name": "甲公司", "price": "1799255.53"}, {"name": "乙公司", "price": "1801325"}],
}


def written(tmp_path, value):
    path = tmp_path / "input.json"
    path.write_text(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False), "utf-8")
    return path


def test_input_is_kept_as_written(tmp_path):
    published = parse_input(written(tmp_path, GOOD))
    assert published.title == "某道路工程施工"
    assert published.bidders == (("甲公司", "1799255.53"), ("乙公司", "1801325"))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("{", "not JSON"),
        ([1], "expected"),
        ({**GOOD, "title": " "}, "title"),
        ({**GOOD, "ceiling": 2000000}, "ceiling"),
        ({**GOOD, "ceiling": "2e6"}, "ceiling"),
        ({**GOOD, "bidders": [{"name": "甲公司", "price": "1.234"}]}, "bidder 1"),
        ({**GOOD, "bidders": [{"name": "甲公司", "price": "-1"}]}, "bidder 1"),
        ({**GOOD, "bidders": [{"price": "1"}]}, "bidder 1"),
        ({**GOOD, "bidders": [GOOD["bidders"][0]] * 2}, "twice"),
    ],
)
def test_wrong_input_is_refused_by_name(tmp_path, change, says):
    with pytest.raises(ClientError) as refused:
        parse_input(written(tmp_path, change))
    assert refused.value.code == "input-malformed"
    assert says in refused.value.detail


def test_missing_input_file(tmp_path):
    with pytest.raises(ClientError) as refused:
        parse_input(tmp_path / "none.json")
    assert refused.value.code == "file-unreadable"


@pytest.mark.parametrize(
    ("text", "size"), [("2MiB", 2 << 20), ("512KiB", 512 << 10), ("7", 7), ("1 GiB", 1 << 30)]
)
def test_sizes(text, size):
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "2MB", "-1", "1.5MiB"])
def test_wrong_sizes(text):
    with pytest.raises(ClientError):
        parse_size(text)


def test_invented_bidders_repeat_and_stay_below_the_ceiling():
    first, again = fictitious(40, 7, "1000000.00"), fictitious(40, 7, "1000000.00")
    assert first == again
    assert fictitious(40, 8, "1000000.00") != first
    assert all(Decimal(price) <= Decimal("1000000") for _, price in first.bidders)
    assert all("演示" in name for name, _ in first.bidders)


def test_every_credit_code_is_valid_and_its_own():
    codes = [organisation("x", number).credit_code for number in range(1, 400)]
    assert [parse_credit_code(code) for code in codes] == codes
    assert len(set(codes)) == len(codes)


def test_misbehaviours_fall_to_the_last_bidders():
    published = fictitious(6, 1, "100.00")
    plan = cast(
        published,
        officers=3,
        quorum=2,
        size=0,
        lots=2,
        seed=1,
        misbehaving={Misbehaviour.WRONG_KEY: 2, Misbehaviour.DOUBLE_BID: 1},
    )
    ways = [bidder.misbehaviour for bidder in plan.bidders]
    assert ways == [None, None, None, Misbehaviour.DOUBLE_BID, Misbehaviour.WRONG_KEY, Misbehaviour.WRONG_KEY]
    assert [bidder.lot for bidder in plan.bidders] == [0, 1, 0, 1, 0, 1]
    assert not plan.clean


@pytest.mark.parametrize(
    "numbers",
    [
        {"officers": 2, "quorum": 3},
        {"officers": 2, "quorum": 0},
        {"lots": 0},
        {"lots": 5},
        {"misbehaving": {Misbehaviour.WRONG_KEY: 5}},
    ],
)
def test_numbers_that_do_not_fit(numbers):
    published = Published("x", "1", tuple((f"n{i}", "1") for i in range(4)))
    given = {"officers": 3, "quorum": 2, "size": 0, "lots": 1, "seed": 1, "misbehaving": {}} | numbers
    with pytest.raises(ClientError):
        cast(published, **given)


def test_seats_have_distinct_names():
    assert [officer_seat(n) for n in range(5)] == [
        "agency",
        "tenderer",
        "supervisor",
        "witness-1",
        "witness-2",
    ]


def test_every_misbehaviour_has_an_expected_end():
    assert set(EXPECTED) == set(Misbehaviour)
