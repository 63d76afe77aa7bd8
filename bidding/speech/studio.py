"""Sounds, each made once: spoken when first asked for, then a file that every process reads."""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bidding.speech.engine import SpeechEngine
from bidding.speech.sentences import Language
from bidding.speech.wav import to_mulaw
from crypto.errors import Invalid, Unavailable

#: Engines working at once; the rest of the machine belongs to the opening.
VOICES_AT_ONCE = 2
#: Files kept; the oldest go. A thousand bidders in two languages are a few thousand sentences.
MOST_FILES = 20_000
#: How long a listener waits for a sentence that others have asked for as well.
QUEUE_SECONDS = 20.0


class Studio:
    """Speaks texts. Blocking; any thread."""

    def __init__(self, engine: SpeechEngine, folder: Path) -> None:
        self.engine = engine
        self._folder = folder
        self._turns = threading.BoundedSemaphore(VOICES_AT_ONCE)
        self._lock = threading.Lock()
        self._busy: dict[str, threading.Lock] = {}
        self._written = 0

    def sound(self, text: str, language: Language) -> bytes:
        """The WAV file of a text. Raises `Unavailable`."""
        name = hashlib.sha256(f"{self.engine.name}\n{language}\n{text}".encode()).hexdigest()
        path = self._folder / name[:2] / f"{name}.wav"
        with suppress(OSError):
            return path.read_bytes()
        with self._alone(name):
            with suppress(OSError):
                return path.read_bytes()
            return self._speak(path, text, language)

    @contextmanager
    def _alone(self, name: str) -> Iterator[None]:
        """A thousand listeners ask for one sentence at once: the first has it made, the others wait."""
        with self._lock:
            lock = self._busy.setdefault(name, threading.Lock())
        if not lock.acquire(timeout=QUEUE_SECONDS):
            raise Unavailable("speech-unavailable", "the sentence is being spoken")
        try:
            yield
        finally:
            lock.release()
            with self._lock:
                self._busy.pop(name, None)

    def _speak(self, path: Path, text: str, language: Language) -> bytes:
        if not self._turns.acquire(timeout=QUEUE_SECONDS):
            raise Unavailable("speech-unavailable", "all voices are busy")
        try:
            spoken = to_mulaw(self.engine.speak(text, language))
        except Invalid as error:
            raise Unavailable("speech-unavailable", str(error)) from error
        finally:
            self._turns.release()
        # A full disk must not silence the hall: what cannot be kept is still heard.
        with suppress(OSError):
            self._keep(path, spoken)
        return spoken

    def _keep(self, path: Path, spoken: bytes) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished = path.with_suffix(f".{secrets.token_hex(6)}")
        unfinished.write_bytes(spoken)
        unfinished.replace(path)
        self._written += 1
        if self._written % 500 == 0:
            self._tidy()

    def _tidy(self) -> None:
        files = sorted(self._folder.glob("*/*.wav"), key=lambda path: path.stat().st_mtime, reverse=True)
        for path in files[MOST_FILES:]:
            path.unlink(missing_ok=True)
