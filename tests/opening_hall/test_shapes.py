"""The types that clients are generated from agree with what halls say (more in test_view)."""

import json
import typing
from typing import Any

from hall_given import HOST, PLATFORM, SIGNATURE, Hall
from pydantic import TypeAdapter

from ceremony.patch import prune
from opening_hall import domain as d
from opening_hall import shapes, wire
from opening_hall import view as v
from opening_hall.facts import Phase
from scripts import generate_wire

VIEW: TypeAdapter[Any] = TypeAdapter(shapes.HallView)


def strictly(adapter: TypeAdapter[Any], value: Any) -> None:
    adapter.validate_json(json.dumps(value), strict=True)


def test_the_commands_a_seat_may_give_are_those_the_wire_takes() -> None:
    on_the_wire = {kind.__name__ for kind in typing.get_args(wire.WireCommand)}
    assert set(typing.get_args(shapes.CommandName.__value__)) == on_the_wire


def test_a_failed_and_an_ended_opening_have_their_type() -> None:
    failed = Hall(bids=1)
    failed.to_closing().do(PLATFORM, d.Tick())
    ended = Hall().to_list()
    ended.do(HOST, d.Abort(d.AbortCode.TAMPERING, "演示", SIGNATURE))
    for hall in (failed, ended):
        for kind in v.AUDIENCES:
            strictly(VIEW, prune(v.view(hall.state, kind)))
    assert ended.state.phase is Phase.ABORTED


def test_the_clients_types_are_generated_from_these() -> None:
    for path, text in generate_wire.files().items():
        assert path.read_text("utf-8") == text, "run: python -m scripts.generate_wire"
