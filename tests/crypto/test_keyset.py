"""Keysets and the hash of the tender documents: what verifies and what does not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sealed_world import World

from crypto.canonical import canon, parse_canonical
from crypto.envelope import (
    Keyset,
    documents_hash,
    parse_keyset,
    verify_keyset,
)
from crypto.errors import Invalid


def refused(code: str) -> Any:
    return pytest.raises(Invalid, match=f"^{code}(:|$)")


def test_keyset_round_trip(world: World) -> None:
    data = world.keyset.encode()
    assert parse_keyset(data) == world.keyset
    assert parse_keyset(data).hash() == world.keyset.hash()
    assert world.keyset.officer("officer-2").index == 2
    with refused("unknown-seat"):
        world.keyset.officer("nobody")


def test_keysets_that_are_none(world: World) -> None:
    value = parse_canonical(world.keyset.encode(), limit=1 << 20)
    officer = value["officers"][0]
    changes: list[dict[str, Any]] = [
        {"label": "kaibiao/keyset/v2"},
        {"k": 0},
        {"k": "2"},
        {"officers": []},
        {"officers": [officer] * 65},
        {"officers": [{**officer, "index": 0}]},
        {"officers": [{**officer, "openingKey": "AAAA"}]},
        {"officers": [{**officer, "extra": 1}]},
        {"extra": 1},
    ]
    for change in changes:
        with refused("bad-keyset"):
            parse_keyset(canon({**value, **change}))


def test_keysets_that_do_not_verify(world: World) -> None:
    keyset = world.keyset
    for wrong in (
        replace(keyset, k=4),
        replace(keyset, k=0),
        replace(keyset, officers=keyset.officers[1:]),
        replace(keyset, officers=(keyset.officers[0], replace(keyset.officers[0], index=2))),
        Keyset("t_test", "l_1", 1, ()),
    ):
        with refused("bad-keyset"):
            verify_keyset(wrong)
    off_curve = replace(keyset.officers[0], opening_key=b"\x04" + bytes(64))
    with refused("bad-point"):
        verify_keyset(replace(keyset, officers=(off_curve, *keyset.officers[1:])))


def test_documents_hash_depends_on_everything_but_order() -> None:
    files = [("招标文件.pdf", 10, "aa" * 32), ("图纸.zip", 20, "bb" * 32)]
    first = documents_hash("t", "l", 1, "00" * 32, "11" * 32, files)
    assert first == documents_hash("t", "l", 1, "00" * 32, "11" * 32, files[::-1])
    others = {
        documents_hash("t", "l", 2, "00" * 32, "11" * 32, files),
        documents_hash("t", "l", 1, "01" * 32, "11" * 32, files),
        documents_hash("t", "l", 1, "00" * 32, "12" * 32, files),
        documents_hash("t", "l", 1, "00" * 32, "11" * 32, files[:1]),
        documents_hash("t", "m", 1, "00" * 32, "11" * 32, files),
    }
    assert len(others) == 5
    assert first not in others
    with refused("bad-documents"):
        documents_hash("t", "l", 1, "00" * 32, "11" * 32, [files[0], files[0]])
