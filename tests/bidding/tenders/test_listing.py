"""The public list: found by words, place, kind, stage and day; pages that neither repeat nor lose a lot."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from tender_world import Published, TenderWorld, ok, published_rehearsal, refused, tender_world

from bidding.tenders.store import lot as lots
from crypto.canonical import iso


@pytest.fixture
def world(tmp_path: Path) -> Iterator[TenderWorld]:
    with tender_world(tmp_path) as made:
        yield made


@pytest.fixture
def done(world: TenderWorld) -> Published:
    return published_rehearsal(world)


def listed(world: TenderWorld, **query: Any) -> dict[str, Any]:
    found: dict[str, Any] = ok(world.anonymous("GET", "/notices", params=query))
    return found


def set_lot(world: TenderWorld, lot: str, **values: Any) -> None:
    with world.deps.engine.begin() as tx:
        tx.execute(sa.update(lots).where(lots.c.id == lot).values(**values))


def test_words_find_titles_parties_and_codes(world: TenderWorld, done: Published) -> None:
    line = listed(world)["notices"][0]
    assert line["tenderer"] == done.tenderer.organisation
    for words, found in (
        (done.tenderer.organisation, 1),
        (done.agency.organisation, 1),
        (done.tender, 1),
        (f"{line['tenderTitle']} {done.tenderer.organisation}", 1),
        (f"{line['tenderTitle']} 不存在", 0),
        ("%", 0),
        ("_", 1),
    ):
        assert listed(world, q=words)["total"] == found, words


def test_kind_region_and_day_narrow_the_list(world: TenderWorld, done: Published) -> None:
    line = listed(world)["notices"][0]
    deadline = world.clock.now() + timedelta(hours=1)
    for query, found in (
        ({"type": line["type"]}, 1),
        ({"type": "supervision"}, 0),
        ({"region": line["region"]}, 1),
        ({"region": "CN-99"}, 0),
        ({"opensFrom": iso(deadline)}, 1),
        ({"opensFrom": iso(deadline + timedelta(milliseconds=1))}, 0),
        ({"opensUntil": iso(deadline)}, 0),
        ({"opensUntil": iso(deadline + timedelta(milliseconds=1))}, 1),
    ):
        assert listed(world, **query)["total"] == found, query
    assert listed(world, stage="ended")["regions"] == [line["region"]]


def test_a_lot_moves_through_the_stages(world: TenderWorld, done: Published) -> None:
    def stages() -> list[str]:
        names = ("receiving", "opening", "opened", "awarded", "ended")
        return [name for name in names if listed(world, stage=name)["total"]]

    assert stages() == ["receiving"] == [listed(world)["notices"][0]["stage"]]
    world.clock.at += timedelta(hours=2)
    assert stages() == ["opening"] == [listed(world)["notices"][0]["stage"]], "the deadline has struck"
    for state, stage in (
        ("closed", "opening"),
        ("opened", "opened"),
        ("awarded", "awarded"),
        ("failed", "ended"),
        ("terminated", "ended"),
    ):
        set_lot(world, done.lot, state=state)
        assert stages() == [stage] == [listed(world)["notices"][0]["stage"]]


def test_pages_neither_repeat_nor_lose_a_lot(world: TenderWorld, done: Published) -> None:
    with world.deps.engine.begin() as tx:
        row = dict(tx.execute(sa.select(lots)).mappings().one())
        for number in range(2, 8):
            # Published by the same notice at the same instant.
            tx.execute(sa.insert(lots).values({**row, "id": f"l_{number}", "number": number}))
    pages = [listed(world, size=3, page=page) for page in (1, 2, 3, 4)]
    found = [line["lot"] for page in pages for line in page["notices"]]
    assert len(found) == len(set(found)) == 7
    assert [page["pages"] for page in pages] == [3] * 4
    assert pages[3]["notices"] == []
    assert {page["total"] for page in pages} == {7}


def test_the_nearest_opening_comes_first(world: TenderWorld, done: Published) -> None:
    with world.deps.engine.begin() as tx:
        row = dict(tx.execute(sa.select(lots)).mappings().one())
        sooner = row["opens_at"] - timedelta(minutes=5)
        older = row["published_at"] - timedelta(days=1)
        tx.execute(sa.insert(lots).values({**row, "id": "l_2", "opens_at": sooner, "published_at": older}))
    assert [line["lot"] for line in listed(world)["notices"]] == [done.lot, "l_2"]
    assert [line["lot"] for line in listed(world, order="opening")["notices"]] == ["l_2", done.lot]


@pytest.mark.parametrize("query", ["stage=lost", "page=0", "size=1000", "opensFrom=tomorrow", "bids=1"])
def test_what_the_list_does_not_know_is_refused(world: TenderWorld, query: str) -> None:
    refused(world.anonymous("GET", f"/notices?{query}"), "malformed-request")


def test_the_rules_pinned_to_a_tender_are_told_with_their_source(world: TenderWorld, done: Published) -> None:
    facts = ok(world.anonymous("GET", f"/tenders/{done.tender}"))
    package = ok(world.anonymous("GET", f"/lots/{done.lot}"))
    assert facts["rulebook"] == package["rulebook"]
    row = next(one for one in facts["rulebook"] if one["key"] == "bids-minimum")
    assert row["zh"] and row["en"] and row["value"]
    assert package["objectionsInTimeUntil"] <= package["deadline"]
