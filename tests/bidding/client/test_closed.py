"""An officer's client releases nothing to a Closed that the log does not prove, or that comes early."""

import base64
import copy
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bidding.client.closed import fetch_closed, log_key, verify_receipt_in
from bidding.client.errors import ClientError
from bidding.client.officer import verify_closed
from bidding.client.witness import cosign_newest, new_witness
from crypto.canonical import b64, iso
from crypto.translog.checkpoint import parse_verifier
from crypto.translog.engine import open_engine
from crypto.translog.schema import metadata
from crypto.translog.store import Log, NewEvent

T = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)
BIDS = {"b_1": {"submission": "1" * 64}, "b_2": {"submission": "2" * 64}}


class Platform:
    """A real log behind the addresses of the platform."""

    base = "http://platform.example"

    def __init__(self, path, *, at=T, key=1):
        engine = open_engine(f"sqlite:///{path}")
        metadata.create_all(engine)
        signing = Ed25519PrivateKey.from_private_bytes(bytes([key]) * 32)
        self.witnesses = ()
        self.log = Log(engine, origin="log.example", signing_key=signing, clock=lambda: at)
        self.log.append("platform", None, [NewEvent("Said", "platform:", {})])
        (stored,) = self.log.append("hall:l_1", None, [NewEvent("Closed", "platform:", {"bids": BIDS})])
        self.event = {
            "index": stored.index,
            "stream": stored.stream,
            "version": stored.version,
            "type": stored.type,
            "seat": stored.seat,
            "at": iso(stored.at),
            "salt": b64(stored.salt),
            "body": copy.deepcopy(dict(stored.body)),
        }
        self.note = self.log.checkpoint()

    def get_bytes(self, path):
        if path == "/log/vkey":
            return self.log.verifier.encode().encode() + b"\n"
        return self.note.encode()

    def get(self, path, **query):
        if path == "/halls/l_1/closed":
            return self.event
        if path == "/log/proof/consistency":
            return {
                "proof": [
                    base64.b64encode(s).decode() for s in self.log.consistency(query["from"], query["to"])
                ]
            }
        path_ = self.log.inclusion(query["index"], query["size"])
        return {"proof": [base64.b64encode(step).decode() for step in path_]}

    def request(self, method, path, body, headers, repeatable):
        self.note = body.decode()


@pytest.fixture
def platform(tmp_path):
    made = Platform(tmp_path / "log.db")
    yield made
    made.log.close()


def refused(platform, code, deadline=T, **options):
    with pytest.raises(ClientError) as found:
        fetch_closed(platform, "l_1", deadline, platform.log.verifier, **options)
    assert found.value.code == code


def test_a_closed_that_stands_in_the_log(platform):
    closed = fetch_closed(platform, "l_1", T, platform.log.verifier)
    assert closed.submissions == {"b_1": "1" * 64, "b_2": "2" * 64}
    verify_receipt_in(closed, {"bid": "b_1", "submission": "1" * 64})
    for receipt in ({"bid": "b_3", "submission": "1" * 64}, {"bid": "b_1", "submission": "9" * 64}):
        with pytest.raises(ClientError, match="receipt-not-closed"):
            verify_receipt_in(closed, receipt)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda event: event["body"]["bids"].pop("b_2"), "closed-unproven"),
        (lambda event: event.update(at=iso(T + timedelta(seconds=1))), "closed-unproven"),
        (lambda event: event.update(index=0), "closed-unproven"),
        (lambda event: event.update(stream="hall:l_2"), "closed-unproven"),
        (lambda event: event.update(salt=b64(bytes(32))), "closed-unproven"),
        (lambda event: event.update(at=iso(T - timedelta(seconds=1))), "closed-early"),
    ],
)
def test_a_closed_that_was_made_up(platform, change, code):
    change(platform.event)
    refused(platform, code)


def test_a_closed_before_the_deadline(platform):
    refused(platform, "closed-early", deadline=T + timedelta(seconds=1))


def test_a_clock_of_ones_own_is_believed_before_the_platforms(tmp_path):
    later = datetime(2990, 1, 1, tzinfo=UTC)
    ahead = Platform(tmp_path / "ahead.db", at=later)
    refused(ahead, "closed-early", deadline=later)
    ahead.log.close()


def test_a_log_under_another_key(platform, tmp_path):
    other = Platform(tmp_path / "other.db", key=2)
    with pytest.raises(ClientError, match="closed-unproven"):
        fetch_closed(other, "l_1", T, platform.log.verifier)
    other.log.close()


def test_witnesses_are_counted(platform, tmp_path):
    first, second = (new_witness(f"w{n}.example", tmp_path / f"w{n}.json") for n in (1, 2))
    known = [parse_verifier(witness.vkey) for witness in (first, second)]
    refused(platform, "closed-not-witnessed", witnesses=known, quorum=1)
    cosign_newest(platform, first, platform.log.verifier)
    closed = fetch_closed(platform, "l_1", T, platform.log.verifier, witnesses=known, quorum=1)
    assert closed.witnesses == ("w1.example",)
    refused(platform, "closed-not-witnessed", witnesses=known, quorum=2)


def test_the_key_of_a_log_does_not_change_silently(platform, tmp_path):
    path = tmp_path / "home" / "logs.json"
    assert log_key(platform, path=path) == platform.log.verifier
    assert log_key(platform, path=path) == platform.log.verifier
    other = Platform(tmp_path / "other.db", key=2)
    with pytest.raises(ClientError, match="log-key-changed"):
        log_key(other, path=path)
    assert log_key(other, given=other.log.verifier.encode(), path=path) == other.log.verifier
    other.log.close()


def test_bids_that_are_served_must_be_those_of_closed():
    served = {"b_1": ("manifest", "1" * 64)}
    assert verify_closed(served, {"b_1": "1" * 64}) == {"b_1": "manifest"}
    for closed in ({}, {"b_1": "2" * 64}, {"b_1": "1" * 64, "b_2": "2" * 64}):
        with pytest.raises(ClientError, match="closed-differs"):
            verify_closed(served, closed)
