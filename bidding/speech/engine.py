"""Speech engines: programs that read text and write a WAV file; which one is the installation's choice."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from typing import Protocol
from xml.sax.saxutils import escape

from bidding.speech.sentences import Language
from crypto.errors import Unavailable

#: No sentence of the hall takes an engine this long.
PATIENCE_SECONDS = 30.0
LONGEST_TEXT = 2_000
LARGEST_SOUND = 32 << 20
AUTO, NONE = "auto", "none"
ESPEAK = ("espeak-ng", "espeak")
VOICES = {"zh": "cmn", "en": "en"}
#: espeak's "words a minute" are English words: 320 are 290 Chinese syllables a minute, a newsreader's pace.
PACE = {"zh": 320, "en": 190}
_HAN = re.compile(r"[㐀-䶿一-鿿]+")
#: A Chinese name within an English sentence is said in Mandarin and at its pace: the English voice would say
#: "Chinese letter" for every character.
_IN_MANDARIN = r'<voice name="cmn"><prosody rate="170%">\g<0></prosody></voice>'


class SpeechEngine(Protocol):
    """Text to a WAV file (16-bit PCM, one channel). Raises `Unavailable`. Blocking; any thread."""

    @property
    def name(self) -> str:
        """Part of the cache's keys: another engine speaks anew."""

    def speak(self, text: str, language: Language) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Espeak:
    """espeak-ng, as Debian packages it."""

    program: str
    name: str = "espeak-ng"

    def speak(self, text: str, language: Language) -> bytes:
        command = [self.program, "-v", VOICES[language], "-s", str(PACE[language]), "-b", "1"]
        if language == "en":
            command.append("-m")
            text = _HAN.sub(_IN_MANDARIN, escape(text, {'"': "&quot;"}))
        return run([*command, "--stdin", "--stdout"], text)


@dataclass(frozen=True, slots=True)
class Command:
    """Any other program: `{language}` in its arguments is zh or en, the text comes on standard input."""

    arguments: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.arguments[0].rpartition("/")[2]

    def speak(self, text: str, language: Language) -> bytes:
        return run([part.replace("{language}", language) for part in self.arguments], text)


def open_engine(wanted: str) -> SpeechEngine | None:
    """The engine a setting names; None where there is none: then the hall has captions only.

    Raises `ValueError` when a named program is not installed.
    """
    if wanted == NONE:
        return None
    if wanted == AUTO:
        found = next((path for name in ESPEAK if (path := shutil.which(name))), None)
        return Espeak(found) if found else None
    arguments = shlex.split(wanted)
    program = shutil.which(arguments[0]) if arguments else None
    if program is None:
        raise ValueError(f"KAIBIAO_SPEECH: no program {wanted!r}")
    return (
        Espeak(program)
        if arguments[0] in ESPEAK and len(arguments) == 1
        else Command((program, *arguments[1:]))
    )


def run(command: list[str], text: str) -> bytes:
    """The program's output for a text. Raises `Unavailable`."""
    try:
        done = subprocess.run(
            command,
            input=text[:LONGEST_TEXT].encode("utf-8"),
            capture_output=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable("speech-unavailable", str(error)[:200]) from error
    if done.returncode or not done.stdout or len(done.stdout) > LARGEST_SOUND:
        raise Unavailable("speech-unavailable", done.stderr.decode("utf-8", "replace")[:200])
    return done.stdout
