"""Tickets: a monthly batch for every account, good without a session, never to be linked to who drew it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from submission_world import START, DeskWorld

from bidding.submissions import tickets
from bidding.submissions.tables import spent_tickets, ticket_draws
from ceremony.errors import Refusal
from crypto.errors import Invalid


def test_every_account_draws_the_same_number_and_only_that_it_did_is_kept(world: DeskWorld) -> None:
    first, second = tickets.draw(world.desk, "o_1"), tickets.draw(world.desk, "o_2")
    assert len(first.tickets) == len(second.tickets) == tickets.BATCH
    assert not set(first.tickets) & set(second.tickets)
    with world.desk.engine.connect() as tx:
        assert tx.execute(sa.select(spent_tickets)).all() == []
        rows = tx.execute(sa.select(ticket_draws)).all()
    assert sorted(row.account for row in rows) == ["o_1", "o_2"]
    assert {(row.month, row.batches) for row in rows} == {("2026-11", 1)}


def test_a_lost_answer_is_made_good_and_a_flood_slowed_down(world: DeskWorld) -> None:
    for _ in range(tickets.AT_ONCE):
        tickets.draw(world.desk, "o_1")
    with pytest.raises(Refusal, match="tickets-drawn"):
        tickets.draw(world.desk, "o_1")
    # Slowed down, never shut out.
    world.clock.at += tickets.PAUSE
    tickets.draw(world.desk, "o_1")
    with pytest.raises(Refusal, match="tickets-drawn"):
        tickets.draw(world.desk, "o_1")


def test_a_ticket_is_good_this_month_and_the_next(world: DeskWorld) -> None:
    drawn = tickets.draw(world.desk, "o_1")
    assert drawn.usable_until == datetime(2027, 1, 1, tzinfo=UTC)
    ticket = drawn.tickets[0]
    tickets.verify_ticket(world.desk.keys, ticket, drawn.usable_until - timedelta(milliseconds=1))
    with pytest.raises(Invalid, match="ticket-expired"):
        tickets.verify_ticket(world.desk.keys, ticket, drawn.usable_until)


def test_a_ticket_outlives_the_rotation_of_the_platforms_key(world: DeskWorld) -> None:
    ticket = tickets.draw(world.desk, "o_1").tickets[0]
    world.desk.keys.rotate("data")  # type: ignore[attr-defined]
    assert tickets.verify_ticket(world.desk.keys, ticket, START)[1] == "2026-11"


@pytest.mark.parametrize(
    "change", [lambda t: t[:-1] + ("A" if t[-1] != "A" else "B"), lambda t: t + "A", str.upper]
)
def test_a_ticket_cannot_be_made_up(world: DeskWorld, change: object) -> None:
    ticket = tickets.draw(world.desk, "o_1").tickets[0]
    assert callable(change)
    with pytest.raises(Invalid, match="ticket-invalid"):
        tickets.verify_ticket(world.desk.keys, change(ticket), START)
