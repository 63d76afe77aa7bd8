"""Small archives for tests: arbitrary entries in a real, signed container."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bidding.archive.container import Item, of_bytes, pack
from bidding.archive.manifest import Right
from crypto.translog.checkpoint import sign_note, verifier_of

ORIGIN = "log.example/test"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
VKEY = verifier_of(ORIGIN, KEY).encode()
BIDS = [f"b_{letter * 26}" for letter in "abcd"]
ISSUED_AT = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


def entries(*, tree_size: int = 0) -> dict[str, bytes]:
    """A few entries of several sizes, the log's key among them."""
    made = random.Random(7)
    small = {f"bids/{BIDS[n]}/manifest.json": made.randbytes(100 + n) for n in range(4)}
    large = {f"bids/{BIDS[0]}/part-main.ct": made.randbytes(tree_size)} if tree_size else {}
    return {"log/key": f"{VKEY}\n".encode(), "events/tender.jsonl": b"", **small, **large}


def write(path: Path, content: Mapping[str, bytes]) -> Path:
    """A signed container with these entries."""
    items = [
        Item(name, lambda data=data: [data], tree=name.endswith(".ct")) for name, data in content.items()
    ]
    packed = pack(
        items, tender="t_1", lot="l_1", origin=ORIGIN, right=Right.PUBLIC, issued_at=ISSUED_AT,
        sign=lambda text: sign_note(text, ORIGIN, KEY).encode(),
    )  # fmt: skip
    data = b"".join(packed.stream())
    assert len(data) == packed.size
    path.write_bytes(data)
    return path


__all__ = ["ISSUED_AT", "KEY", "ORIGIN", "VKEY", "entries", "of_bytes", "write"]
