"""The examples of the guides are what the platform takes."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from submission_world import START
from tender_world import AGENCY

from bidding.client.operator_commands import _plain
from bidding.tenders.rule_check import parse
from bidding.tenders.rulebook import Regime
from bidding.tenders.store import put_rule, rule_book
from bidding.tenders.wire import LotBody, TenderBody
from crypto.translog.schema import metadata

DOCS = Path(__file__).parents[3] / "docs" / "howto"


def example(name: str) -> dict[str, Any]:
    found = re.search(r"```toml\n(.*?)```", (DOCS / name).read_text("utf-8"), re.DOTALL)
    assert found
    return tomllib.loads(found.group(1).replace('"…"', f'"{AGENCY}"'))


@pytest.mark.parametrize("name", ["agency.md", "agency.zh-CN.md"])
def test_the_tender_of_the_guide(name: str) -> None:
    facts = example(name)
    lots, documents = facts.pop("lot"), facts.pop("documents")
    assert TenderBody.model_validate(facts).regime is Regime.ENG
    assert [LotBody.model_validate(lot).k for lot in lots] == [2]
    assert documents


@pytest.mark.parametrize("name", ["operator.md", "operator.zh-CN.md"])
def test_the_rule_of_the_guide(name: str) -> None:

    engine = sa.create_engine("sqlite://")
    metadata.create_all(engine)
    entry: dict[str, object] = {key: _plain(value) for key, value in example(name).items()}
    row = parse(entry, Regime.SMALL)
    with engine.begin() as tx:
        put_rule(tx, row, entry, "test", START)
        assert row in rule_book(tx).rows
    assert row.id == "fuzhou-small-5"
    assert row.value == 5
