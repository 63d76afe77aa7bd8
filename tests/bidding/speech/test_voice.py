"""Engines, sounds and the route."""

import struct
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tender_world import Published, TenderWorld, published_rehearsal, tender_world

from bidding import handover
from bidding.speech import api
from bidding.speech.engine import Command, Espeak, open_engine
from bidding.speech.studio import Studio
from bidding.speech.wav import MULAW, read_pcm, to_mulaw
from crypto.errors import Invalid, Unavailable


def pcm(samples: list[int], rate: int = 8_000, channels: int = 1, size: int | None = None) -> bytes:
    data = struct.pack(f"<{len(samples)}h", *samples)
    head = struct.pack("<HHIIHH", 1, channels, rate, rate * 2, 2, 16)
    length = len(data) if size is None else size
    body = b"fmt " + struct.pack("<I", 16) + head + b"data" + struct.pack("<I", length) + data
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WAVE" + body


class Tape:
    """An engine that counts how often it speaks."""

    name = "tape"

    def __init__(self) -> None:
        self.spoken: list[tuple[str, str]] = []

    def speak(self, text: str, language: str) -> bytes:
        self.spoken.append((text, language))
        return pcm([0, 1000, -1000, 0])


def test_mulaw_as_the_standard_codes_it() -> None:
    # ITU-T G.711, table 2a: the largest values, silence, and the first step on both sides.
    found = to_mulaw(pcm([32_635, 0, -32_635, 8, -8, 32_767, -32_768]))
    assert found[-8:-1] == bytes([0x80, 0xFF, 0x00, 0xFE, 0x7E, 0x80, 0x00])
    assert found[20:22] == MULAW.to_bytes(2, "little")
    assert struct.unpack("<I", found[4:8])[0] == len(found) - 8


def test_faster_sound_is_halved_and_an_unknown_size_reaches_to_the_end() -> None:
    rate, samples = read_pcm(pcm([1, 2, 3], 22_050, size=0x7FFFF000))
    assert (rate, list(samples)) == (22_050, [1, 2, 3])
    assert struct.unpack("<I", to_mulaw(pcm([0] * 9, 22_050))[24:28])[0] == 11_025


@pytest.mark.parametrize(
    "data", [b"", b"ID3", pcm([1], channels=2), pcm([])[:20], b"RIFF\0\0\0\0WAVEfmt \x02\0\0\0\0\0"]
)
def test_what_is_no_such_file_is_refused(data: bytes) -> None:
    with pytest.raises(Invalid):
        to_mulaw(data)


def test_the_setting_chooses_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    assert open_engine("none") is None
    monkeypatch.setattr("bidding.speech.engine.shutil.which", lambda name: None)
    assert open_engine("auto") is None
    with pytest.raises(ValueError, match="no program"):
        open_engine("/opt/voice --lang {language}")
    monkeypatch.setattr("bidding.speech.engine.shutil.which", lambda name: f"/usr/bin/{name}")
    assert open_engine("auto") == Espeak("/usr/bin/espeak-ng")
    assert open_engine("espeak-ng") == Espeak("/usr/bin/espeak-ng")
    assert open_engine("voice --lang {language}") == Command(("/usr/bin/voice", "--lang", "{language}"))


def test_any_program_that_writes_wav_is_an_engine() -> None:
    script = "import sys,struct; t=sys.stdin.buffer.read(); sys.stdout.buffer.write(sys.argv[1].encode()+t)"
    engine = Command((sys.executable, "-c", script, "{language}:"))
    assert engine.speak("一", "zh") == "zh:一".encode()
    assert engine.name.startswith("python")
    for broken in ("import sys; sys.exit(3)", "pass"):
        with pytest.raises(Unavailable):
            Command((sys.executable, "-c", broken)).speak("一", "zh")
    with pytest.raises(Unavailable):
        Command(("/nowhere/voice",)).speak("一", "zh")


@pytest.mark.skipif(open_engine("auto") is None, reason="espeak-ng is not installed")
@pytest.mark.parametrize(
    ("text", "language"), [("投标报价四百六十八万元整", "zh"), ("The list is announced.", "en")]
)
def test_espeak_speaks(text: str, language: str) -> None:
    engine = open_engine("auto")
    assert engine is not None
    rate, samples = read_pcm(engine.speak(text, language))  # type: ignore[arg-type]
    assert len(samples) > rate, "more than a second"
    assert max(samples) > 1_000, "not silent"


def test_a_sentence_is_spoken_once(tmp_path: Path) -> None:
    tape = Tape()
    studio = Studio(tape, tmp_path / "speech")
    first = studio.sound("一", "zh")
    assert studio.sound("一", "zh") == first
    assert Studio(tape, tmp_path / "speech").sound("一", "zh") == first
    assert tape.spoken == [("一", "zh")]
    studio.sound("一", "en")
    assert len(tape.spoken) == 2


def test_what_cannot_be_kept_is_still_heard(tmp_path: Path) -> None:
    (tmp_path / "speech").write_text("a file in the way")
    tape = Tape()
    assert Studio(tape, tmp_path / "speech").sound("一", "zh").startswith(b"RIFF")


def test_an_engine_that_writes_nonsense_is_unavailable(tmp_path: Path) -> None:
    class Nonsense(Tape):
        def speak(self, text: str, language: str) -> bytes:
            return b"nonsense"

    with pytest.raises(Unavailable):
        Studio(Nonsense(), tmp_path).sound("一", "zh")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[TenderWorld]:
    with tender_world(tmp_path) as made:
        yield made


@pytest.fixture
def lot(world: TenderWorld) -> Published:
    published = published_rehearsal(world)
    handover.schedule(world.deps, published.lot)
    return published


def mount(world: TenderWorld, engine: Tape | None) -> None:
    world.client.app.include_router(api.routes(world.deps, engine), prefix="/api")  # type: ignore[attr-defined]


def test_the_route_says_nothing_before_the_list(world: TenderWorld, lot: Published) -> None:
    tape = Tape()
    mount(world, tape)
    assert world.anonymous("GET", f"/halls/{lot.lot}/speech").json() == {"engine": "tape"}
    for what in ("turn-1", "line-main-b_aaaa"):
        answer = world.anonymous("GET", f"/halls/{lot.lot}/speech/{what}.wav")
        assert (answer.status_code, answer.json()["code"]) == (404, "not-announced")
    assert world.anonymous("GET", "/halls/l_nowhere/speech").json()["code"] == "unknown-hall"
    assert tape.spoken == []


def test_without_an_engine_there_are_captions_only(world: TenderWorld, lot: Published) -> None:
    mount(world, None)
    assert world.anonymous("GET", f"/halls/{lot.lot}/speech").json() == {"engine": None}
    answer = world.anonymous("GET", f"/halls/{lot.lot}/speech/turn-1.wav")
    assert (answer.status_code, answer.json()["code"]) == (404, "no-voice")
