"""Canonical JSON, base64url, hex and instants: one spelling of everything."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.canonical import b64, canon, iso, parse_canonical, parse_iso, sha256_hex, unb64, unhex
from crypto.errors import Invalid, StaleVersion, Unavailable, Untrusted
from crypto.fields import Fields

TEXTS = st.text(st.characters(exclude_categories=["Cs"])).map(lambda s: unicodedata.normalize("NFC", s))
KEYS = st.text(st.characters(max_codepoint=127))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_round_trip(value: Any) -> None:
    data = canon(value)
    assert parse_canonical(data, limit=1 << 20) == value
    assert canon(parse_canonical(data, limit=1 << 20)) == data


@given(st.binary(max_size=200))
def test_random_bytes_parse_canonically_or_not_at_all(data: bytes) -> None:
    try:
        value = parse_canonical(data, limit=200)
    except Invalid:
        return
    assert canon(value) == data


@pytest.mark.parametrize(
    "value",
    [1.5, float("nan"), 2**53, -(2**53), {1: 2}, {"价": 1}, "e\u0301", "\ud800", b"x", {1, 2}, object()],
)
def test_values_without_canonical_form(value: Any) -> None:
    with pytest.raises(Invalid, match="not-canonical"):
        canon(value)


def test_depth_and_size_are_bounded() -> None:
    deep: Any = 0
    for _ in range(40):
        deep = [deep]
    with pytest.raises(Invalid, match="not-canonical"):
        canon(deep)
    with pytest.raises(Invalid, match="not-canonical"):
        parse_canonical(b"[" * 100_000, limit=1 << 20)
    with pytest.raises(Invalid, match="not-canonical"):
        parse_canonical(b"9" * 5000, limit=1 << 20)
    with pytest.raises(Invalid, match="too-large"):
        parse_canonical(b"[]", limit=1)


@given(st.binary())
def test_base64_round_trip(data: bytes) -> None:
    assert unb64(b64(data)) == data


@pytest.mark.parametrize("text", ["AA==", "A", "A+", "A/A", "AB", "A A", "é", "AA\n", None, 5])
def test_other_base64_is_refused(text: Any) -> None:
    with pytest.raises(Invalid, match="bad-base64"):
        unb64(text)


def test_hex() -> None:
    assert unhex("00ff") == b"\x00\xff"
    for text in ("0", "FF", "0g", "00\n", 5):
        with pytest.raises(Invalid, match="bad-hex"):
            unhex(text)  # type: ignore[arg-type]
    with pytest.raises(Invalid, match="bad-hex"):
        unhex("00", 32)
    assert sha256_hex(b"a", b"bc") == sha256_hex(b"abc")


@given(st.datetimes(min_value=datetime(1000, 1, 1), timezones=st.just(UTC)))
def test_instants(at: datetime) -> None:
    assert parse_iso(iso(at)) == at.replace(microsecond=at.microsecond // 1000 * 1000)


def test_instants_are_utc_with_milliseconds() -> None:
    beijing = datetime(2026, 11, 22, 16, tzinfo=timezone(timedelta(hours=8)))
    assert iso(beijing) == "2026-11-22T08:00:00.000Z"
    with pytest.raises(ValueError):
        iso(datetime(2026, 11, 22))
    bad: list[Any] = [
        "2026-11-22T08:00:00Z",
        "2026-02-30T08:00:00.000Z",
        "2026-11-22T08:00:00.000+08:00",
        None,
    ]
    for text in bad:
        with pytest.raises(Invalid, match="bad-instant"):
            parse_iso(text)


def test_fields_read_exactly_what_is_there() -> None:
    value = {"t": "x", "n": 3, "d": "12", "h": "00" * 32, "o": None, "b": "AAEC", "l": [1], "i": {"t": "y"}}
    fields = Fields(value, "wrong", value.keys())
    assert fields.text("t") == "x"
    assert fields.integer("n", 0, 3) == 3
    assert fields.decimal("d", 12) == 12
    assert fields.hash("h") == "00" * 32
    assert fields.optional_hash("o") is None
    assert fields.optional_hash("h") == "00" * 32
    assert fields.data("b", size=3) == b"\x00\x01\x02"
    assert fields.items("l", 1, 1) == [1]
    assert fields.inner("i", ("t",)).text("t") == "y"
    assert fields.raw("o") is None
    assert sorted(fields.keys()) == sorted(value)
    wrong: list[Any] = [
        lambda: Fields([], "wrong"),
        lambda: Fields(value, "wrong", ("t",)),
        lambda: fields.text("missing"),
        lambda: fields.text("n"),
        lambda: fields.text("h", limit=3),
        lambda: fields.label("t", "y"),
        lambda: fields.integer("t", 0, 9),
        lambda: fields.integer("n", 4, 9),
        lambda: Fields({"n": True}, "wrong").integer("n", 0, 9),
        lambda: fields.decimal("d", 11),
        lambda: Fields({"d": "012"}, "wrong").decimal("d", 99),
        lambda: Fields({"d": "٣"}, "wrong").decimal("d", 99),
        lambda: fields.decimal("n", 99),
        lambda: fields.hash("n"),
        lambda: fields.data("n"),
        lambda: fields.data("b", size=2),
        lambda: fields.data("b", limit=2),
        lambda: fields.data("h", limit=2),
        lambda: fields.items("l", 2, 3),
        lambda: fields.items("t", 0, 3),
        lambda: fields.inner("t"),
    ]
    for read in wrong:
        with pytest.raises(Invalid, match=r"^wrong"):
            read()


def test_errors_say_what_they_know() -> None:
    assert str(Invalid("a-code")) == "a-code"
    assert str(Invalid("a-code", "why", seat=1)) == "a-code: why"
    assert Invalid("a-code", seat=1).facts == {"seat": 1}
    stale = StaleVersion("hall:l", 3, 4)
    assert (stale.stream, stale.expected, stale.actual) == ("hall:l", 3, 4)
    gone = Unavailable("store-gone", "why", 7)
    assert (gone.code, gone.detail, gone.retry_after, str(gone)) == (
        "store-gone",
        "why",
        7,
        "store-gone: why",
    )
    assert str(Unavailable("store-gone")) == "store-gone"
    forked = Untrusted("head differs", index=4)
    assert (forked.code, forked.facts, str(forked)) == (
        "log-untrusted",
        {"index": 4},
        "log-untrusted: head differs",
    )
    assert str(Untrusted()) == "log-untrusted"
