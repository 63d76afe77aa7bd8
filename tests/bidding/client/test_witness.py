"""A witness cosigns a log that only grows, remembers, and refuses a fork."""

import base64
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bidding.client.errors import ClientError
from bidding.client.witness import cosign_newest, new_witness, open_witness
from crypto.errors import Invalid
from crypto.translog.checkpoint import parse_verifier
from crypto.translog.engine import open_engine
from crypto.translog.schema import metadata
from crypto.translog.store import Log, NewEvent
from crypto.translog.witness import verify_cosigned

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))


class Served:
    """A real log, reached by the paths that the platform gives it."""

    def __init__(self, path):
        engine = open_engine(f"sqlite:///{path}")
        metadata.create_all(engine)
        self.log = Log(
            engine, origin="log.example", signing_key=KEY, clock=lambda: datetime(2026, 11, 22, tzinfo=UTC)
        )
        self.posted = []

    def grow(self, *words):
        for word in words:
            self.log.append("platform", None, [NewEvent("Said", "platform:", {"text": word})])

    def get_bytes(self, path):
        assert path == "/log/checkpoint"
        return self.log.checkpoint().encode()

    def get(self, path, **query):
        assert path == "/log/proof/consistency"
        return {
            "proof": [
                base64.b64encode(step).decode() for step in self.log.consistency(query["from"], query["to"])
            ]
        }

    def request(self, method, path, body, headers, repeatable):
        assert (method, path) == ("POST", "/log/cosignatures")
        self.posted.append(body.decode())


@pytest.fixture
def served(tmp_path):
    made = Served(tmp_path / "log.db")
    made.grow("a")
    yield made
    made.log.close()


def test_it_cosigns_what_extends_what_it_cosigned(tmp_path, served):
    witness = new_witness("witness.example", tmp_path / "key.json")
    assert cosign_newest(served, witness, served.log.verifier).size == 1
    assert cosign_newest(served, open_witness(tmp_path / "key.json"), served.log.verifier) is None
    served.grow("b", "c", "d")
    assert cosign_newest(served, witness, served.log.verifier).size == 4
    for note in served.posted:
        (cosigned,) = verify_cosigned(note, [served.log.verifier], [parse_verifier(witness.vkey)])
        assert cosigned.witness == "witness.example"


def test_it_refuses_a_fork(tmp_path, served):
    witness = new_witness("witness.example", tmp_path / "key.json")
    served.grow("b")
    cosign_newest(served, witness, served.log.verifier)
    other = Served(tmp_path / "other.db")
    other.grow("x", "y", "z")
    with pytest.raises(Invalid, match="not-an-extension"):
        cosign_newest(other, witness, served.log.verifier)
    assert not other.posted
    other.log.close()


def test_a_key_is_made_once_and_kept_private(tmp_path):
    path = tmp_path / "key.json"
    made = new_witness("witness.example", path)
    assert path.stat().st_mode & 0o077 == 0
    assert open_witness(path).vkey == made.vkey
    with pytest.raises(ClientError, match="key-exists"):
        new_witness("witness.example", path)
    path.write_text("{}", "utf-8")
    with pytest.raises(ClientError, match="file-unreadable"):
        open_witness(path)
