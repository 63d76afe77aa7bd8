"""Who waits for whom when many want archives: few are made at a time, the public one is kept a while."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bidding.archive.collect import Lot
from bidding.archive.container import Packed
from bidding.archive.export import pack_lot
from bidding.archive.manifest import Right
from bidding.archive.rights import Viewer
from bidding.deps import Deps
from crypto.errors import Unavailable

AT_ONCE = 2
"""Archives measured at the same time; each reads everything it holds."""
PATIENCE = 20.0
"""Seconds a request waits for its turn."""
KEPT = timedelta(seconds=60)
KEPT_LOTS = 4


@dataclass(slots=True)
class ExportDesk:
    """Makes archives for one server process."""

    deps: Deps
    _turns: threading.BoundedSemaphore = field(default_factory=lambda: threading.BoundedSemaphore(AT_ONCE))
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _kept: dict[str, tuple[datetime, Packed]] = field(default_factory=dict)

    def pack(self, lot: Lot, viewer: Viewer, *, ciphertext: bool) -> Packed:
        """The archive, made now or (public, without ciphertext) less than a minute ago.

        Raises `Unavailable("archive-busy")` when it is nobody's turn for too long.
        """
        public = viewer.right is Right.PUBLIC
        if public and (known := self.known(lot.lot)):
            return known
        if not self._turns.acquire(timeout=PATIENCE):
            raise Unavailable("archive-busy", "others are exporting", retry_after=15)
        try:
            if public and (known := self.known(lot.lot)):
                return known
            packed = pack_lot(self.deps, lot, viewer, ciphertext=ciphertext)
        finally:
            self._turns.release()
        if public:
            self._keep(lot.lot, packed)
        return packed

    def known(self, lot: str) -> Packed | None:
        """The public archive of a lot, if one was made within the last minute."""
        with self._lock:
            at, packed = self._kept.get(lot, (None, None))
        if at is None or self.deps.clock.now() - at > KEPT:
            return None
        return packed

    def _keep(self, lot: str, packed: Packed) -> None:
        with self._lock:
            self._kept.pop(lot, None)
            self._kept[lot] = (self.deps.clock.now(), packed)
            while len(self._kept) > KEPT_LOTS:
                self._kept.pop(next(iter(self._kept)))
