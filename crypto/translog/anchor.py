"""The last checkpoint, kept in a file outside the data directory, so that a restored backup is noticed."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Sequence
from pathlib import Path

from crypto.errors import Invalid, Untrusted
from crypto.translog.checkpoint import MAX_NOTE, Checkpoint, Verifier, open_checkpoint
from crypto.translog.rows import Head

log = logging.getLogger(__name__)

#: The file lags behind the log by at most this long while appends go on, in seconds.
EVERY_SECONDS = 2.0


class Anchor:
    """Remembers one signed checkpoint. Without a path it remembers nothing but still verifies notes."""

    def __init__(self, path: Path | None, keys: Sequence[Verifier]) -> None:
        self._path = path
        self._keys = tuple(keys)
        self._size = -1
        self._saved_at = time.monotonic()

    def verify(self, encoded: str) -> Checkpoint:
        """The checkpoint of a note this log has signed, with its present or an earlier key."""
        return open_checkpoint(encoded, self._keys)

    def load(self) -> list[Checkpoint]:
        """What was remembered: at most one checkpoint. Untrusted when the file is not ours any more."""
        if self._path is None or not self._path.exists():
            return []
        try:
            return [self.verify(self._path.read_bytes()[: MAX_NOTE + 1].decode())]
        except (Invalid, UnicodeDecodeError) as error:
            raise Untrusted(f"the checkpoint in {self._path.name} does not verify: {error}") from error

    def seen(self, head: Head) -> None:
        self._size = head.size

    def due(self, head: Head) -> bool:
        """Whether it is time to remember ``head``."""
        late = time.monotonic() - self._saved_at >= EVERY_SECONDS
        return self._path is not None and head.size > self._size and late

    def save(self, encoded: str) -> None:
        """Replace the file. A disk that refuses is reported but stops nothing: the database is the log."""
        if self._path is None:
            return
        partial = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with partial.open("w", encoding="utf-8") as file:
                file.write(encoded)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(self._path)
        except OSError as error:
            log.warning("the checkpoint could not be kept in %s: %s", self._path.name, error)
        self._size = self.verify(encoded).size
        self._saved_at = time.monotonic()
