"""Receipt statements, draws, check digits, ids and contexts."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sealed_world import CREDIT_CODE

from crypto.canonical import unb64
from crypto.context import check_bid, new_context, new_id, parse_context
from crypto.credit_code import (
    credit_code_check,
    deal_code,
    deal_code_check,
    display_deal_code,
    parse_credit_code,
    parse_deal_code,
)
from crypto.draws import draw_index, draw_seed
from crypto.envelope import (
    new_opening_key,
    sign_statement,
    verify_statement,
)
from crypto.errors import Invalid
from crypto.hpke import public_bytes
from crypto.statements import MAX_STATEMENT
from crypto.suite import suite_named


def refused(code: str) -> Any:
    return pytest.raises(Invalid, match=f"^{code}(:|$)")


def test_statements() -> None:
    key = new_opening_key()
    private = key.private_numbers().private_value.to_bytes(32, "big")
    said = {"label": "kaibiao/seat/v1", "lot": "l_1", "challenge": "x"}
    signature = sign_statement(private, said)
    assert len(unb64(signature)) == 64
    verify_statement(public_bytes(key), said, signature)
    bad: list[dict[str, Any]] = [
        {},
        {"label": 5},
        {"label": "other/seat/v1"},
        {"label": "kaibiao/seat/v1", "lot": "l_1"},
        {"label": "kaibiao/own/v1", "text": "x" * MAX_STATEMENT},
    ]
    for statement in bad:
        with refused("bad-statement"):
            sign_statement(private, statement)
    for wrong in (signature[:-2], "", "A" * 86):
        with refused("bad-signature"):
            verify_statement(public_bytes(key), said, wrong)
    with refused("bad-base64"):
        verify_statement(public_bytes(key), said, "==")
    with refused("bad-point"):
        verify_statement(b"\x04" * 65, said, signature)
    with refused("bad-point"):
        verify_statement(b"", said, signature)


def test_draw_seed_depends_on_label_reveals_and_halls() -> None:
    reveals, halls = {"agency": b"a"}, {"b_1": b"k"}
    seeds = {
        draw_seed("coefficient", reveals, halls),
        draw_seed("order", reveals, halls),
        draw_seed("coefficient", {"agency": b"b"}, halls),
        draw_seed("coefficient", {"tenderer": b"a"}, halls),
        draw_seed("coefficient", reveals, {"b_2": b"k"}),
        draw_seed("coefficient", reveals, {}),
    }
    assert len(seeds) == 6


def test_draws_are_even() -> None:
    counts = Counter(draw_index(b"seed", "even", 7, counter) for counter in range(7000))
    assert sorted(counts) == list(range(7))
    assert all(850 < count < 1150 for count in counts.values())


def test_draw_bounds() -> None:
    assert draw_index(b"s", "x", 1) == 0
    assert all(draw_index(b"s", "x", (1 << 63) + 1, c) <= 1 << 63 for c in range(200))
    for n, counter in ((0, 0), ((1 << 64) + 1, 0), (5, 1 << 32), (5, -1)):
        with pytest.raises(ValueError):
            draw_index(b"s", "x", n, counter)


def test_credit_code_worked_example() -> None:
    assert credit_code_check("91350100M000100Y4") == "3"
    assert parse_credit_code(" 91350100m000100y43 ") == CREDIT_CODE
    for wrong in ("91350100M000100Y44", "91350100M000100Y4", "91350100I000100Y43", "", "9135010OM000100Y43"):
        with refused("credit-code"):
            parse_credit_code(wrong)
    with refused("credit-code"):
        credit_code_check("I" * 17)


@given(st.sampled_from(range(18)), st.sampled_from("0123456789ABCDEFGHJKLMNPQRTUWXY"))
def test_any_single_wrong_character_of_a_credit_code_is_found(at: int, symbol: str) -> None:
    changed = CREDIT_CODE[:at] + symbol + CREDIT_CODE[at + 1 :]
    if changed != CREDIT_CODE:
        with refused("credit-code"):
            parse_credit_code(changed)


def test_deal_code_worked_example() -> None:
    code = deal_code("A08", CREDIT_CODE, date(2026, 3, 2), 1)
    assert code == f"A08{CREDIT_CODE}20260302000001G"
    assert display_deal_code(code) == f"A08-{CREDIT_CODE}-20260302-000001-G"
    assert parse_deal_code(display_deal_code(code)) == code
    for wrong in (
        code[:-1] + "H",
        code[:-1],
        code.replace("20260302", "20260232"),
        "",
    ):
        with refused("deal-code"):
            parse_deal_code(wrong)
    with refused("credit-code"):
        parse_deal_code(code.replace("Y43", "Y44"))
    with refused("deal-code"):
        deal_code("A08", CREDIT_CODE, date(2026, 3, 2), 1_000_000)
    with refused("deal-code"):
        deal_code_check("short")


def test_ids_and_contexts() -> None:
    assert len(new_id("t")) == 28
    ctx = new_context("t", "l", keyset_hash="00" * 32, docs_hash="11" * 32, round_number=2)
    assert parse_context(ctx.encode()) == ctx
    check_bid(ctx.bid)
    for bad in (None, "b_", "b_" + "1" * 26, ctx.bid.upper()):
        with refused("bad-context"):
            check_bid(bad)
    wrong: list[dict[str, Any]] = [
        {"version": "x"},
        {"round": 0},
        {"bid": "b_x"},
        {"tender": ""},
        {"lot": "x" * 65},
        {"extra": 1},
    ]
    for change in wrong:
        with refused("bad-context"):
            parse_context({**ctx.encode(), **change})
    with refused("unknown-suite"):
        parse_context({**ctx.encode(), "suite": "KB2-SM2"})
    with refused("unknown-suite"):
        suite_named("")
