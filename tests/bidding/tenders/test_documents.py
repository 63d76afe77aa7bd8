"""Documents: any size in, any range out, free for anybody, and no trace of who took them."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from tender_world import (
    Published,
    TenderWorld,
    clarify,
    credit_code,
    ok,
    published_rehearsal,
    refused,
    tender_world,
)

from bidding.tenders import commands as cmd
from bidding.tenders.actor import PLATFORM
from bidding.tenders.contacts import open_contact, seal_contact
from bidding.tenders.desk import carry_out
from bidding.tenders.documents import parse_range
from crypto.canonical import unb64
from crypto.errors import Invalid
from crypto.keyset import parse_keyset
from crypto.translog.schema import metadata

DATA = bytes(range(256)) * 20_000  # 5 MB: several batches


@pytest.fixture
def world(tmp_path: Path) -> Iterator[TenderWorld]:
    with tender_world(tmp_path) as made:
        yield made


@pytest.fixture
def done(world: TenderWorld) -> Published:
    return published_rehearsal(world)


def with_large(world: TenderWorld) -> Published:
    done = published_rehearsal(world)
    done.agency.put(f"/tenders/{done.tender}/documents/大 文件.bin", DATA)
    draft = {"title": "增加文件", "text": "见附件"}
    clarify(done.agency, done.tender, **draft)
    return done


def test_ranges_of_a_large_document(world: TenderWorld) -> None:
    done = with_large(world)
    path = f"/lots/{done.lot}/documents/大 文件.bin"
    whole = world.anonymous("GET", path)
    assert whole.content == DATA
    assert whole.headers["accept-ranges"] == "bytes"
    assert whole.headers["etag"] == f'"{hashlib.sha256(DATA).hexdigest()}"'
    part = world.anonymous("GET", path, headers={"Range": "bytes=1048570-2097160"})
    assert part.status_code == 206
    assert part.content == DATA[1048570:2097161]
    assert part.headers["content-range"] == f"bytes 1048570-2097160/{len(DATA)}"
    assert world.anonymous("GET", path, headers={"Range": "bytes=-5"}).content == DATA[-5:]
    beyond = world.anonymous("GET", path, headers={"Range": f"bytes={len(DATA)}-"})
    assert beyond.status_code == 416
    stale = world.anonymous("GET", path, headers={"Range": "bytes=0-1", "If-Range": '"old"'})
    assert stale.status_code == 200
    same = world.anonymous("GET", path, headers={"If-None-Match": whole.headers["etag"]})
    assert same.status_code == 304
    head = world.anonymous("HEAD", path)
    assert head.headers["content-length"] == str(len(DATA))
    assert head.content == b""


@pytest.mark.parametrize(
    ("header", "span"),
    [
        ("bytes=0-0", (0, 1)),
        ("bytes=5-", (5, 100)),
        ("bytes=90-200", (90, 100)),
        ("bytes=-10", (90, 100)),
        ("bytes=-1000", (0, 100)),
        ("bytes=100-", None),
        ("bytes=-0", None),
        ("bytes=-", None),
        ("bytes=5-4", None),
        ("bytes=0-1,5-6", None),
        ("lines=0-1", None),
    ],
)
def test_ranges(header: str, span: tuple[int, int] | None) -> None:
    assert parse_range(header, 100) == span


def test_an_upload_says_what_it_is(world: TenderWorld, done: Published) -> None:
    path = f"/tenders/{done.tender}/documents/a.pdf"
    digest = base64.b64encode(hashlib.sha256(b"abc").digest()).decode()
    headers = {"Content-Digest": f"sha-256=:{digest}:"}
    assert done.agency.put(path, b"abc", **headers)["sha256"] == hashlib.sha256(b"abc").hexdigest()
    refused(done.agency.call("PUT", path, content=b"abd", headers=headers), "digest-mismatch")
    refused(done.agency.call("PUT", path, content=b"x", headers={"Content-Digest": "md5=x"}), "bad-digest")
    refused(done.agency.call("PUT", path, content=b""), "empty-document")
    for name in ("..", "a%2Fb", "con%3F", ".hidden", "x" * 201, "a%00b"):
        answer = done.agency.call("PUT", f"/tenders/{done.tender}/documents/{name}", content=b"x")
        assert answer.status_code in (404, 405, 422), name
    stranger = world.signed_in("外人", "外单位", credit_code(70))
    refused(stranger.call("PUT", path, content=b"abc"), "not-found")


def everything(world: TenderWorld) -> str:
    """Whatever an operator can read in the database, without what two runs may differ in."""
    with world.deps.engine.connect() as tx:
        rows = {
            table.name: [tuple(row) for row in tx.execute(sa.select(table))]
            for table in metadata.sorted_tables
            if table.name != "session"
        }
    return str(rows)


def test_reading_and_downloading_leave_no_trace(world: TenderWorld, done: Published) -> None:
    """Signed in or not, whoever looks at a tender is nowhere written down."""
    reader = world.signed_in("投标人", "投标公司", credit_code(33))
    before = everything(world)
    for path in (
        f"/lots/{done.lot}",
        f"/lots/{done.lot}/documents/招标文件.pdf",
        f"/tenders/{done.tender}",
        f"/tenders/{done.tender}/notices",
        f"/lots/{done.lot}/questions",
        "/notices?q=演示",
    ):
        assert reader.call("GET", path).status_code == 200
        assert world.anonymous("GET", path).status_code == 200
    assert everything(world) == before


def contact(world: TenderWorld, done: Published, **facts: str) -> dict[str, str]:
    package: dict[str, Any] = ok(world.anonymous("GET", f"/lots/{done.lot}"))
    keyset = parse_keyset(unb64(package["keyset"]))
    return seal_contact(keyset, {"name": "投标公司", "email": "a@b.cn", **facts}, world.deps.random)


def test_a_contact_is_sealed_until_the_lot_is_closed(world: TenderWorld, done: Published) -> None:
    path = f"/lots/{done.lot}/contacts"
    left = {"sealed": contact(world, done)}
    assert world.anonymous("POST", path, left).status_code == 204
    assert "投标公司" not in everything(world).replace("投标公司甲", "")
    refused(done.agency.call("GET", path), "not-found")  # an officer, before the deadline
    world.clock.at += timedelta(hours=1)
    done.agency.sign_in(done.agency.slot)
    refused(done.agency.call("GET", path), "not-found")  # not closed yet
    _close(world, done)
    found = done.agency.get(path)["contacts"]
    key = done.agency.opening_keys["officer:agency"]
    opened = open_contact(unb64(found[0]), done.tender, done.lot, "officer:agency", key)
    assert opened == {"name": "投标公司", "email": "a@b.cn"}
    with pytest.raises(Invalid):
        open_contact(unb64(found[0]), done.tender, "l_other", "officer:agency", key)
    stranger = world.signed_in("外人", "外单位", credit_code(70))
    refused(stranger.call("GET", path), "not-found")
    refused(world.anonymous("POST", path, left), "deadline-passed")


def _close(world: TenderWorld, done: Published) -> None:
    carry_out(world.deps, done.tender, PLATFORM, cmd.CloseLot(done.lot), command_id="close")


def test_contacts_have_one_size_and_fit_their_officers(world: TenderWorld, done: Published) -> None:
    path = f"/lots/{done.lot}/contacts"
    short, long = contact(world, done), contact(world, done, note="很长的备注" * 50)
    assert {len(v) for v in short.values()} == {len(v) for v in long.values()}
    for wrong in (
        {"officer:agency": short["officer:agency"]},
        {**short, "officer:other": short["officer:agency"]},
        {seat: value[:-4] for seat, value in short.items()},
        dict.fromkeys(short, "!!"),
    ):
        refused(world.anonymous("POST", path, {"sealed": wrong}), "bad-contact")


def test_the_public_list_finds_notices(world: TenderWorld, done: Published) -> None:
    for query, found in (
        ("", 1),
        ("?regime=REHEARSAL", 1),
        ("?regime=ENG", 0),
        ("?region=CN", 1),
        ("?q=演示", 1),
        ("?q=%25", 0),
    ):
        listed = ok(world.anonymous("GET", f"/notices{query}"))["notices"]
        assert len(listed) == found, query
    assert listed == []
    assert ok(world.anonymous("GET", "/notices"))["notices"][0]["rehearsal"] is True
