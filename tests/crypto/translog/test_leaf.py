"""Leaves: golden bytes, and nothing about an event in them but its time."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import pytest

from crypto.canonical import canon
from crypto.errors import Invalid
from crypto.translog.leaf import Leaf, commit_head, commitment, leaf, parse_leaf, preimage_head

AT = datetime(2026, 11, 22, 8, 0, 0, 123000, tzinfo=UTC)
BODY = {"bid": "b_1", "name": "某某建设", "no": 7}


def test_golden_leaf() -> None:
    committed = commitment(bytes(32), "hall:l_1", 3, "KeyReleased", "bidder:x", BODY)
    preimage = (
        '{"body":{"bid":"b_1","name":"某某建设","no":7},"seat":"bidder:x",'
        '"stream":"hall:l_1","type":"KeyReleased","version":3}'
    ).encode()
    assert committed == hashlib.sha256(bytes(32) + preimage).digest()
    data = leaf(AT, committed)
    assert data == b'{"at":"2026-11-22T08:00:00.123Z","c":"%s","v":1}' % committed.hex().encode()
    assert parse_leaf(data) == Leaf(AT, committed)


def test_the_writers_shortcut_commits_to_the_same() -> None:
    head = preimage_head("hall:l_1", "KeyReleased", "bidder:x", canon(BODY))
    assert commit_head(b"s" * 32, head, 12) == commitment(
        b"s" * 32, "hall:l_1", 12, "KeyReleased", "bidder:x", BODY
    )


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b'{"at":"2026-11-22T08:00:00.123Z","c":"' + b"0" * 64 + b'","v":2}',
        b'{"at":"2026-11-22T08:00:00Z","c":"' + b"0" * 64 + b'","v":1}',
        b'{"at":"2026-11-22T08:00:00.123Z","c":"00","v":1}',
        b'{"at":"2026-11-22T08:00:00.123Z", "c":"' + b"0" * 64 + b'","v":1}',
        b"[1]",
    ],
)
def test_other_leaves_are_refused(data: bytes) -> None:
    with pytest.raises(Invalid):
        parse_leaf(data)
