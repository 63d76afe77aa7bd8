"""The cast of a rehearsal: titles, bidders, prices, officers and who misbehaves."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bidding.client.errors import ClientError
from bidding.rehearse.misbehaviour import ABSENT, Misbehaviour
from crypto.credit_code import credit_code_check

MONEY = re.compile(r"(?:0|[1-9]\d{0,12})(?:\.\d{1,2})?")
SIZE = re.compile(r"(\d+)\s*(B|KiB|MiB|GiB)?", re.IGNORECASE)
UNITS = {"b": 1, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30}
OFFICER_SEATS = ("agency", "tenderer", "supervisor")
#: A district code that the national standard leaves free for tests marks every rehearsed organisation.
DISTRICT = "990000"
TITLE = "演示工程施工招标（模拟开标）"


@dataclass(frozen=True, slots=True)
class Organisation:
    """A rehearsed organisation: a name and a valid, fictitious credit code."""

    name: str
    credit_code: str


@dataclass(frozen=True, slots=True)
class BidderPlan:
    """One bidder of one lot: who it is, what it bids (yuan, decimal string) and how it misbehaves."""

    key: str
    organisation: Organisation
    price: str
    lot: int
    misbehaviour: Misbehaviour | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything a rehearsal is to do. `size` is the payload of each bid in bytes."""

    title: str
    ceiling: str
    bidders: tuple[BidderPlan, ...]
    officers: tuple[Organisation, ...]
    quorum: int
    size: int
    lots: int = 1
    false_shares: int = 0
    deputy_host: bool = False
    seed: int = 1
    kills: int = 0
    minimum: int = 3

    def of_lot(self, lot: int) -> tuple[BidderPlan, ...]:
        return tuple(bidder for bidder in self.bidders if bidder.lot == lot)

    @property
    def clean(self) -> bool:
        """Whether nobody will be missing in phase A, so that it can end as soon as all have released."""
        return not any(bidder.misbehaviour in ABSENT for bidder in self.bidders)


@dataclass(frozen=True, slots=True)
class Published:
    """A published notice as input: a title, a ceiling and the bidders with their prices."""

    title: str
    ceiling: str
    bidders: tuple[tuple[str, str], ...] = field(default=())


def parse_input(path: Path) -> Published:
    """Read `--input`: {"title", "ceiling", "bidders": [{"name", "price"}]}, decimal strings in yuan.

    Raises `ClientError("input-malformed")` naming the first thing that is wrong.
    """
    try:
        value = json.loads(path.read_text("utf-8"))
    except OSError as exc:
        raise ClientError("file-unreadable", f"{path}: {exc.strerror}") from exc
    except ValueError as exc:
        raise ClientError("input-malformed", f"{path} is not JSON: {exc}") from exc
    if not isinstance(value, dict) or not isinstance(value.get("bidders"), list):
        raise ClientError("input-malformed", 'expected {"title", "ceiling", "bidders": [{"name", "price"}]}')
    title = value.get("title")
    if not isinstance(title, str) or not title.strip():
        raise ClientError("input-malformed", "title must be a text")
    bidders = tuple(_input_bidder(n, item) for n, item in enumerate(value["bidders"], 1))
    names = [name for name, _ in bidders]
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ClientError("input-malformed", f"{twice} stands twice among the bidders")
    return Published(title.strip(), parse_money(value.get("ceiling"), "ceiling"), bidders)


def _input_bidder(number: int, item: object) -> tuple[str, str]:
    if not isinstance(item, Mapping) or not isinstance(item.get("name"), str) or not item["name"].strip():
        raise ClientError("input-malformed", f"bidder {number} has no name")
    return item["name"].strip(), parse_money(item.get("price"), f"the price of bidder {number}")


def parse_money(value: Any, what: str) -> str:
    """A decimal string in yuan with at most two decimals. Raises `ClientError("input-malformed")`."""
    if not isinstance(value, str) or not MONEY.fullmatch(value):
        raise ClientError("input-malformed", f'{what} must be a decimal string in yuan such as "1799255.53"')
    return value


def parse_size(text: str) -> int:
    """`2MiB`, `512KiB` or plain bytes. Raises `ClientError("input-malformed")`."""
    match = SIZE.fullmatch(text.strip())
    if match is None:
        raise ClientError("input-malformed", f"{text} is not a size such as 2MiB")
    return int(match[1]) * UNITS[(match[2] or "B").lower()]


def fictitious(count: int, seed: int, ceiling: str) -> Published:
    """Invented bidders with prices between 85 % and 99 % of the ceiling; the same seed gives the same
    ones.
    """
    source = random.Random(seed)  # noqa: S311 - invented prices, nothing secret
    limit = int(ceiling.split(".", 1)[0])
    prices = (limit * source.randint(85_000, 99_000) // 100_000 for _ in range(count))
    bidders = tuple(
        (f"演示投标人{n:03d}号有限公司", f"{price}.{source.randint(0, 99):02d}")
        for n, price in enumerate(prices, 1)
    )
    return Published(TITLE, ceiling, bidders)


def organisation(name: str, number: int) -> Organisation:
    """An organisation with the `number`-th fictitious credit code (valid check digit, GB 32100)."""
    body = f"91{DISTRICT}{number:09d}"
    return Organisation(name, body + credit_code_check(body))


def cast(
    published: Published,
    *,
    officers: int,
    quorum: int,
    size: int,
    lots: int,
    seed: int,
    misbehaving: Mapping[Misbehaviour, int],
) -> Plan:
    """Bidders dealt to lots in turn, misbehaviours to the last bidders of the list.

    Raises `ClientError("input-malformed")` when the numbers do not fit together.
    """
    if not 1 <= quorum <= officers:
        raise ClientError("input-malformed", f"a quorum of {quorum} needs at least as many officers")
    if sum(misbehaving.values()) > len(published.bidders):
        raise ClientError("input-malformed", "more misbehaviours than bidders")
    if lots < 1 or len(published.bidders) < lots:
        raise ClientError("input-malformed", "every lot needs a bidder")
    bidders = [
        BidderPlan(f"bidder-{n:04d}", organisation(name, 1000 + n), price, (n - 1) % lots)
        for n, (name, price) in enumerate(published.bidders, 1)
    ]
    ways = [way for way, count in misbehaving.items() for _ in range(count)]
    for position, way in zip(range(len(bidders) - 1, -1, -1), ways, strict=False):
        bidders[position] = replace(bidders[position], misbehaviour=way)
    seats = [officer_organisation(n) for n in range(officers)]
    return Plan(
        published.title, published.ceiling, tuple(bidders), tuple(seats), quorum, size, lots, seed=seed
    )


def officer_seat(number: int) -> str:
    """Names of the officer seats in order: the usual three, then witnesses."""
    return (
        OFFICER_SEATS[number] if number < len(OFFICER_SEATS) else f"witness-{number - len(OFFICER_SEATS) + 1}"
    )


def officer_organisation(number: int) -> Organisation:
    names = ("演示招标代理有限公司", "演示招标人有限公司", "演示公共资源交易监督管理局")
    name = names[number] if number < len(names) else f"演示见证机构{number - len(names) + 1}号"
    return organisation(name, number + 1)
