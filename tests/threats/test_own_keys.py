"""A platform that serves opening keys or documents of its own: the sealing tool recomputes and refuses."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sealed_world import make_world
from tender_world import ok, published_rehearsal, tender_world

from bidding.client.errors import ClientError
from bidding.client.lot import parse_lot, verify_document
from crypto.canonical import b64, canon, unb64

Package = dict[str, Any]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A published lot as the platform serves it, as text, so that every test changes its own copy."""
    with tender_world(tmp_path_factory.mktemp("platform")) as world:
        done = published_rehearsal(world)
        package = ok(world.anonymous("GET", f"/lots/{done.lot}"))
        package["chain"] = ok(world.anonymous("GET", f"/tenders/{done.tender}/notices"))["notices"]
        yield json.dumps(package)


def test_the_honest_package_is_taken_and_shows_its_officers(served: str) -> None:
    lot = parse_lot(json.loads(served))
    assert [seat for seat, _ in lot.officers] == ["officer:agency", "officer:tenderer"]
    assert [facts.organisation for _, facts in lot.officers] == ["测试招标代理有限公司", "测试建设单位"]


def other_officers(package: Package) -> None:
    """A whole keyset of the platform's own, well signed in itself."""
    own = make_world(2, 2, tender=package["tender"], lot=package["lot"]).keyset
    package["keyset"] = b64(own.encode())


def other_quorum(package: Package) -> None:
    keyset = json.loads(unb64(package["keyset"]))
    package["keyset"] = b64(canon({**keyset, "k": 1}))


def foreign_keyset(package: Package) -> None:
    package["keyset"] = b64(make_world(2, 2).keyset.encode())


def other_document(package: Package) -> None:
    package["documents"][0]["sha256"] = "00" * 32


def earlier_deadline(package: Package) -> None:
    package["deadline"] = "2026-03-02T02:30:00.000Z"


def edited_notice(package: Package) -> None:
    """The notice rewritten under the agency's old signature."""
    package["notice"] = b64(unb64(package["notice"]).replace("一标段".encode(), "二标段".encode()))


def no_notice(package: Package) -> None:
    package["chain"] = []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (other_officers, "notice-differs"),
        (other_quorum, "notice-differs"),
        (foreign_keyset, "keyset-foreign"),
        (other_document, "documents-differ"),
        (earlier_deadline, "notice-differs"),
        (edited_notice, "bad-signature"),
        (no_notice, "notice-differs"),
    ],
)
def test_what_the_signed_notice_does_not_say_is_refused(
    served: str, change: Callable[[Package], None], code: str
) -> None:
    package = json.loads(served)
    change(package)
    with pytest.raises(ClientError) as refusal:
        parse_lot(package)
    assert refusal.value.code == code


def test_a_downloaded_document_is_the_notices(served: str, tmp_path: Path) -> None:
    entry = parse_lot(json.loads(served)).documents[0]
    with pytest.raises(ClientError, match="documents-differ"):
        verify_document(entry, b"another document")
