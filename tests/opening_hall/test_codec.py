"""Events as the log keeps them: a golden leaf per type and version, and hostile bodies."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from event_samples import SAMPLES

from crypto.canonical import canon, parse_canonical, sha256_hex
from crypto.errors import Invalid
from crypto.translog.leaf import commitment, leaf
from opening_hall import codec, wire
from opening_hall import domain as d

GOLDEN = Path(__file__).parent.parent / "vectors" / "events"
AT = datetime(2026, 11, 22, 8, 0, 0, 123000, tzinfo=UTC)
SALT = bytes(range(32))


def vector(event: d.Event) -> dict[str, object]:
    """What a golden file holds: the body, its commitment under a fixed salt, and the leaf."""
    type_, body = codec.encode(event)
    fixed = commitment(SALT, "hall:l_1", 1, type_, "platform:", body)
    return {
        "stream": "hall:l_1",
        "version": 1,
        "type": type_,
        "seat": "platform:",
        "body": body,
        "salt": SALT.hex(),
        "commitment": fixed.hex(),
        "leaf": leaf(AT, fixed).decode(),
    }


@pytest.mark.parametrize("name", sorted(codec.EVENTS))
def test_golden_leaf(name: str) -> None:
    event = SAMPLES[codec.EVENTS[name]]
    type_, body = codec.encode(event)
    path = GOLDEN / f"hall.{type_.replace('/', '.')}.json"
    assert json.loads(path.read_text("utf-8")) == vector(event), (
        "the wire changed: add a version and an upcast"
    )
    read = parse_canonical(canon(body), limit=1 << 20)
    assert isinstance(read, dict)
    decoded = codec.decode(type_, read, 1, AT, "platform:")
    assert decoded == event
    assert decoded.at == AT


def test_every_golden_file_still_decodes() -> None:
    for path in GOLDEN.glob("hall.*.json"):
        golden = json.loads(path.read_text("utf-8"))
        codec.decode(golden["type"], golden["body"], 1, AT)


def test_an_erased_event_is_a_tombstone_that_changes_nothing() -> None:
    event = codec.decode("SignedIn", None, 7, AT)
    assert event == d.Erased("SignedIn")
    assert d.evolve(d.INITIAL, event) is d.INITIAL


@pytest.mark.parametrize(
    ("type_", "body", "code"),
    [
        ("Unheard", {}, "event-unknown"),
        ("KeyReleased/2", {}, "event-unknown"),
        ("KeyReleased", {"bid": "b_1"}, "event-malformed"),
        ("KeyReleased", {"bid": 1, "part": "main", "channel": "hall"}, "event-malformed"),
        ("KeyReleased", {"bid": "b", "part": "main", "channel": "hall", "more": 1}, "event-malformed"),
        ("Adjudicated", {"bid": "b", "cause": "MOON"}, "event-malformed"),
        ("Closed", {"bids": []}, "event-malformed"),
        ("Resumed", {"lost": True, "reason": "", "by": ""}, "event-malformed"),
        ("ReadingEnded", {"until": "yesterday"}, "bad-instant"),
    ],
)
def test_hostile_bodies_are_refused(type_: str, body: dict[str, object], code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        codec.decode(type_, body, 1, AT)
    assert refusal.value.code == code


def test_old_versions_are_lifted_step_by_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codec, "VERSIONS", {"Said": 3})
    monkeypatch.setattr(
        codec,
        "UPCASTS",
        {
            ("Said", 1): lambda body: {"by": body["who"], "words": body["words"]},
            ("Said", 2): lambda body: {"by": body["by"], "text": body["words"]},
        },
    )
    assert codec.encode(d.Said("host:x", "好"))[0] == "Said/3"
    assert codec.decode("Said", {"who": "host:x", "words": "好"}, 1, AT) == d.Said("host:x", "好")
    assert codec.decode("Said/2", {"by": "host:x", "words": "好"}, 1, AT) == d.Said("host:x", "好")


def test_the_wire_module_offers_the_same_codec() -> None:
    assert wire.decode is codec.decode
    assert wire.encode is codec.encode
    assert len(sha256_hex(b"")) == 64


if __name__ == "__main__":
    GOLDEN.mkdir(parents=True, exist_ok=True)
    for sample in SAMPLES.values():
        made = vector(sample)
        target = GOLDEN / f"hall.{str(made['type']).replace('/', '.')}.json"
        if not target.exists():
            target.write_text(json.dumps(made, ensure_ascii=False, indent=1, sort_keys=True) + "\n", "utf-8")
