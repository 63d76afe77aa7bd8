"""Opened payloads at rest: sealed again under the platform's data key, read at any place, checked as a ZIP.

The format is the bids' own streaming format (docs/formats/stream.md) with a key derived from the data key, so
a payload of any size is written and read one segment at a time.
"""

from __future__ import annotations

import hashlib
import io
from typing import BinaryIO, cast

from bidding.objects import Objects, Spool
from bidding.submissions import store
from bidding.submissions.desk import Desk
from bidding.submissions.tables import payloads
from crypto.canonical import canon
from crypto.errors import Invalid
from crypto.payload import PayloadReader, parse_head
from crypto.plain_zip import read_entries
from crypto.stream import HEADER, PREFIX, SALT, SEGMENT, TAG, StreamOpener, StreamSealer
from crypto.suite import DEFAULT_SUITE
from opening_hall.seats import BidId, LotId

_LABEL = "kaibiao/payload-at-rest/v1"
_FIRST = SEGMENT - TAG - HEADER
_EACH = SEGMENT - TAG


class PayloadSink:
    """Re-encrypts the plaintext segments of one part and counts the ZIP inside them."""

    def __init__(self, desk: Desk, lot: LotId, bid: BidId, part: str, segments: int) -> None:
        self._desk, self._place = desk, (lot, bid, part)
        self._spool: Spool = desk.objects.spool()
        self._digest = _Digest()
        self._reader = PayloadReader(cast(BinaryIO, self._digest))
        self._key = desk.keys.data
        self._size = segments * SEGMENT
        self._sealer = StreamSealer(
            DEFAULT_SUITE,
            _at_rest(self._key.secret),
            _about(lot, bid, part),
            cast(BinaryIO, _SpoolWriter(self._spool)),
            segments=segments,
            salt=desk.random(SALT),
            prefix=desk.random(PREFIX),
        )

    def take(self, index: int, plain: memoryview) -> None:
        """The plaintext of segment `index`, in order. Raises `Invalid` for a malformed frame."""
        self._reader.take(index, plain)
        self._sealer.write(plain)

    def close(self) -> None:
        """All segments came: keep them. Raises `Invalid` when frame or ZIP are not what they must be."""
        self._reader.close()
        self._sealer.close()
        lot, bid, part = self._place
        key = payload_key(lot, bid, part)
        self._desk.objects.publish(self._spool, key)
        try:
            self._verify_zip(PayloadFile(self._desk.objects, self._key.secret, lot, bid, part, self._size))
        except Invalid:
            # Nobody should come to read an archive that says two things.
            self._desk.objects.remove(key)
            raise
        put_payload(
            self._desk, lot, bid, part, self._digest.size, self._digest.hexdigest(), key_id=self._key.id
        )

    def discard(self) -> None:
        """Forget what was not kept."""
        self._spool.close()

    def _verify_zip(self, archive: PayloadFile) -> None:
        if archive.size:
            read_entries(cast(BinaryIO, archive), archive.size)


class PayloadFile(io.RawIOBase):
    """The ZIP of a payload at rest as a file that can be read at any place; one segment is in memory."""

    def __init__(self, objects: Objects, secret: bytes, lot: str, bid: str, part: str, size: int) -> None:
        """`size`: bytes of the sealed payload."""
        self._objects = objects
        self._key = payload_key(lot, bid, part)
        self._sealed = size
        first = objects.read(self._key, 0, min(SEGMENT, size))
        self._opener = StreamOpener(DEFAULT_SUITE, _at_rest(secret), _about(lot, bid, part), first, size=size)
        self._index = 0
        self._plain = bytes(self._opener.open(0, first))
        _, _, self.size, self._start = parse_head(self._plain)
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Fill as much of `buffer` as one segment gives."""
        place = self._start + self._at
        index, offset = (0, place) if place < _FIRST else divmod(place - _FIRST + _EACH, _EACH)
        left = min(len(buffer), self.size - self._at)
        if left <= 0:
            return 0
        self._load(index)
        data = self._plain[offset : offset + left]
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)

    def _load(self, index: int) -> None:
        if index != self._index:
            start = index * SEGMENT
            data = self._objects.read(self._key, start, min(SEGMENT, self._sealed - start))
            self._plain, self._index = bytes(self._opener.open(index, data)), index


def put_payload(
    desk: Desk, lot: str, bid: str, part: str, size: int, sha256: str, *, reason: str = "", key_id: str = ""
) -> None:
    """Remember a payload, or with `reason` why there is none."""
    row = {"bid": bid, "part": part, "lot": lot, "size": size, "sha256": sha256, "reason": reason}
    with store.writing(desk.engine) as tx:
        store.insert_if_new(tx, payloads, **row, key_id=key_id)


def payload_key(lot: str, bid: str, part: str) -> str:
    """Where a payload lies in the object store."""
    return f"payloads/{lot}/{bid}/{part}"


class _Digest:
    """A file that only counts and hashes."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes | memoryview) -> int:
        self._hash.update(data)
        self.size += len(data)
        return len(data)

    def hexdigest(self) -> str:
        return self._hash.hexdigest()


class _SpoolWriter:
    """A spool as the file that the sealer writes to."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool

    def write(self, data: bytes | memoryview) -> int:
        self._spool.write(data)
        return len(data)


def _about(lot: str, bid: str, part: str) -> bytes:
    return canon({"label": _LABEL, "lot": lot, "bid": bid, "part": part})


def _at_rest(secret: bytes) -> bytes:
    return DEFAULT_SUITE.mac(secret, _LABEL.encode())
