"""All that whoever runs the server could read, without random values, so that two runs can be compared."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from crypto.translog.store import metadata

#: Ids, hashes, keys, tokens, tickets: whatever a random source made, by its shape.
_RANDOM = re.compile(
    r"\b[a-z]_[a-z2-7]{26}\b|\b[a-z]_[0-9a-f]{16,}\b|\b[0-9a-f]{16,}\b|(?=[A-Za-z_\-+/]*\d)[A-Za-z0-9_\-+/]{20,}={0,2}"
)
#: Times and counts name nobody.
_TIME = re.compile(r"[\d\-:. TZ+]*")
#: Tables of sealed submission: nothing in them may say who.
DESK_TABLES = frozenset(
    {
        "uploads",
        "upload_pieces",
        "receipt_statements",
        "batch_items",
        "sealed_batches",
        "spent_tickets",
        "vault_secrets",
        "opened_payloads",
        "submission_gates",
    }
)
#: Tables that know people.
PEOPLE_TABLES = frozenset({"organisation", "person", "certificate", "session", "ticket_draws"})


@dataclass(frozen=True)
class Dump:
    """Rows by table, objects with their sizes, and what was logged, before and after normalising."""

    rows: dict[str, list[dict[str, Any]]]
    objects: dict[str, int]
    logged: str

    def shape(self) -> dict[str, Counter[str]]:
        """What two runs must have in common."""
        shapes = {table: Counter(normal(row) for row in rows) for table, rows in self.rows.items()}
        shapes["(objects)"] = Counter(f"{normal(key)} {size}" for key, size in self.objects.items())
        shapes["(log)"] = Counter(normal(line) for line in self.logged.splitlines())
        return shapes

    def identities(self) -> set[str]:
        """Every value that names somebody, or is somebody's alone."""
        return {
            text
            for table in PEOPLE_TABLES
            for row in self.rows.get(table, [])
            for value in row.values()
            if len(text := plain(value)) >= 6 and not _TIME.fullmatch(text)
        }

    def desk_values(self) -> set[str]:
        """Every random value of the desk that could be a link to something else."""
        rows = (row for table in DESK_TABLES for row in self.rows.get(table, []))
        return {found for row in rows for value in row.values() for found in _RANDOM.findall(plain(value))}


def dump(engine: sa.Engine, store: Path, logged: str) -> Dump:
    rows = {}
    with engine.connect() as tx:
        for table in metadata.sorted_tables:
            rows[table.name] = [dict(row._mapping) for row in tx.execute(sa.select(table))]
    objects = {
        path.relative_to(store).as_posix(): path.stat().st_size for path in store.rglob("*") if path.is_file()
    }
    return Dump(rows, objects, logged)


def differences(first: Dump, second: Dump) -> list[str]:
    """What one run shows and the other does not."""
    one, two = first.shape(), second.shape()
    found = []
    for table in sorted(one.keys() | two.keys()):
        for row, count in ((one[table] - two[table]) + (two[table] - one[table])).items():
            found.append(f"{table}: {count} x {row}")
    return found


def links(dumped: Dump) -> list[str]:
    """Values of people that stand in the desk's tables, objects or log, and the other way round."""
    identities, desk = dumped.identities(), dumped.desk_values()
    found = []
    for table in DESK_TABLES:
        found += [
            f"{table}: {v}" for row in dumped.rows.get(table, []) for v in identities if v in plain(row)
        ]
    for table in PEOPLE_TABLES:
        found += [f"{table}: {v}" for row in dumped.rows.get(table, []) for v in desk if v in plain(row)]
    elsewhere = "\n".join([*dumped.objects, dumped.logged])
    return found + [f"(outside): {v}" for v in identities if v in elsewhere]


def containing(folder: Path, words: Iterable[str]) -> list[str]:
    """Files under a folder in which one of the words stands, in any of the encodings we use."""
    needles = [
        form
        for word in words
        for form in (word.encode(), word.encode("utf-16-le"), json.dumps(word).encode())
    ]
    return [str(p) for p in folder.rglob("*") if p.is_file() and any(n in p.read_bytes() for n in needles)]


def plain(value: Any) -> str:
    """A value as text; binary that is not text as hex, so that it can be searched too."""
    if isinstance(value, dict):
        return json.dumps({str(k): plain(v) for k, v in value.items()}, ensure_ascii=False)
    if isinstance(value, bytes | memoryview):
        data = bytes(value)
        try:
            return data.decode()
        except UnicodeDecodeError:
            return data.hex()
    return str(value)


def normal(value: Any) -> str:
    """A value without what chance decided; lengths stay."""
    if isinstance(value, dict):
        return json.dumps({k: normal(v) for k, v in sorted(value.items())}, ensure_ascii=False)
    if isinstance(value, bytes | memoryview) and not _is_text(bytes(value)):
        data = bytes(value)
        # ECDSA signatures in DER vary by a byte or two.
        return "<DER>" if data[:2] == b"\x30\x82" else f"<{len(data)} bytes>"
    return _RANDOM.sub(_shape, plain(value))


def _shape(found: re.Match[str]) -> str:
    """The length of a random value; whole signed documents vary with the signatures in them."""
    text = found[0]
    signed = len(text) > 600 or (len(text) > 240 and text.startswith("MI"))
    return "<signed>" if signed else f"<{len(text)}>"


def _is_text(data: bytes) -> bool:
    try:
        return data.decode().isprintable()
    except UnicodeDecodeError:
        return False
