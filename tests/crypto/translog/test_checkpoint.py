"""Signed notes and checkpoints: outside vectors, and every way a note can be wrong."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from crypto.errors import Invalid
from crypto.translog.checkpoint import (
    COSIGNATURE_V1,
    Checkpoint,
    Note,
    Verifier,
    open_checkpoint,
    parse_checkpoint,
    parse_note,
    parse_signature,
    parse_verifier,
    sign_checkpoint,
    sign_note,
    verifier_of,
    verify_note,
)
from crypto.translog.merkle import EMPTY_ROOT, Frontier, consistency_proof, leaf_hash
from crypto.translog.witness import (
    add_signatures,
    cosign,
    cosigned_checkpoint,
    verify_cosignature,
    verify_cosigned,
)

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
WITNESS = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
ORIGIN = "kaibiao.test/log"
LOG = verifier_of(ORIGIN, KEY)
AT = datetime(2026, 11, 22, 8, tzinfo=UTC)

#: From the documentation of golang.org/x/mod/sumdb/note.
GO_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBw"
    "JnAM=\n"
)


def test_the_note_of_go() -> None:
    verifier = parse_verifier(GO_VKEY)
    assert verifier.encode() == GO_VKEY
    note = parse_note(GO_NOTE)
    assert note.encode() == GO_NOTE
    assert verify_note(note, [verifier]) == (verifier,)
    with pytest.raises(Invalid, match="note-forged"):
        verify_note(Note(note.text.replace("cryptography", "astrology"), note.signatures), [verifier])
    with pytest.raises(Invalid, match="note-unsigned"):
        verify_note(note, [LOG])


def test_a_checkpoint_reads_back() -> None:
    for extensions in ((), ("one", "two three")):
        checkpoint = Checkpoint(ORIGIN, 7, bytes(32), extensions)
        encoded = sign_checkpoint(checkpoint, KEY).encode()
        assert open_checkpoint(encoded, [LOG]) == checkpoint


def test_the_origin_itself_must_sign() -> None:
    encoded = sign_note(Checkpoint("another.test/log", 0, EMPTY_ROOT).text(), ORIGIN, KEY).encode()
    with pytest.raises(Invalid, match="note-unsigned"):
        open_checkpoint(encoded, [LOG])


GOOD = sign_checkpoint(Checkpoint(ORIGIN, 0, EMPTY_ROOT), KEY).encode()


@pytest.mark.parametrize(
    "encoded",
    [
        "",
        "text\n",
        "text\n\n",
        "text\n\nno dash\n",
        "text\n\n— name\n",
        "text\n\n— name !!!\n",
        "text\n\n— na+me AAAAAAAA\n",
        "text\n\n— name AAAA\n",
        "text\n\n— name AAAAAAB=\n",
        GOOD[:-1],
        GOOD.replace("\n", "\r\n"),
        GOOD + "— x AAAAAAAA\n" * 101,
        "x" * 70_000 + GOOD,
    ],
)
def test_malformed_notes(encoded: str) -> None:
    with pytest.raises(Invalid, match="bad-note"):
        parse_note(encoded)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "origin\n1\n",
        "origin\n01\n" + base64.b64encode(bytes(32)).decode() + "\n",
        "origin\n-1\n" + base64.b64encode(bytes(32)).decode() + "\n",
        "origin\n1\nnot base64\n",
        "origin\n1\n" + base64.b64encode(bytes(31)).decode() + "\n",
        "\n1\n" + base64.b64encode(bytes(32)).decode() + "\n",
        "origin\n1\n" + base64.b64encode(bytes(32)).decode(),
        "origin\n99999999999999999999\n" + base64.b64encode(bytes(32)).decode() + "\n",
    ],
)
def test_malformed_checkpoints(text: str) -> None:
    with pytest.raises(Invalid, match="bad-checkpoint"):
        parse_checkpoint(text)


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        "name",
        "name+00000000+" + LOG.encode().split("+", 2)[2],
        LOG.encode() + "AA",
        LOG.encode().replace("kaibiao", "kai biao"),
        "name+c74f20a3+AAAA",
        "n+00000000+" + base64.b64encode(b"\x02" + bytes(32)).decode(),
    ],
)
def test_malformed_verifier_keys(vkey: str) -> None:
    with pytest.raises(Invalid, match="bad-verifier-key"):
        parse_verifier(vkey)


def test_a_key_name_has_no_spaces() -> None:
    with pytest.raises(ValueError, match="key name"):
        verifier_of("a b", KEY)


def tree(size: int) -> Frontier:
    frontier = Frontier()
    for i in range(size):
        frontier.append(leaf_hash(bytes([i])))
    return frontier


def signed(size: int) -> str:
    return sign_checkpoint(Checkpoint(ORIGIN, size, tree(size).root()), KEY).encode()


def vouch(encoded: str, last: Checkpoint | None = None, proof: tuple[bytes, ...] = ()):
    return cosign(encoded, LOG, last, proof, name="witness.test/w1", key=WITNESS, at=AT)


def witness_key() -> Verifier:
    return verifier_of("witness.test/w1", WITNESS, COSIGNATURE_V1)


def test_a_witness_vouches_for_a_log_that_grew() -> None:
    first = vouch(signed(3))
    assert verify_cosignature(parse_note(signed(3)).text, first, [witness_key()]).at == AT

    def node(level: int, index: int) -> bytes:
        part = Frontier()
        for i in range(index << level, (index + 1) << level):
            part.append(leaf_hash(bytes([i])))
        return part.root()

    proof = tuple(consistency_proof(3, 5, node))
    second = vouch(signed(5), cosigned_checkpoint(signed(3)), proof)
    note = add_signatures(parse_note(signed(5)), [second, second])
    assert len(note.signatures) == 2
    assert parse_signature(second.line().rstrip("\n")) == second
    (found,) = verify_cosigned(note.encode(), [LOG], [witness_key()])
    assert found.witness == "witness.test/w1"
    assert verify_cosigned(note.encode(), [LOG], []) == []


def test_a_witness_refuses_a_fork() -> None:
    with pytest.raises(Invalid, match="not-an-extension"):
        vouch(signed(5), cosigned_checkpoint(signed(3)), (bytes(32),))
    with pytest.raises(Invalid, match="not-an-extension"):
        vouch(signed(2), cosigned_checkpoint(signed(3)))
    with pytest.raises(Invalid, match="not-an-extension"):
        vouch(signed(2), Checkpoint("another.test/log", 0, EMPTY_ROOT))
    with pytest.raises(Invalid, match="note-unsigned"):
        vouch(GO_NOTE)


def test_forged_cosignatures() -> None:
    text = parse_note(signed(3)).text
    good = vouch(signed(3))
    with pytest.raises(Invalid, match="unknown-witness"):
        verify_cosignature(text, good, [])
    for data in (good.data[:-1], bytes(72), b"\xff" * 8 + good.data[8:], good.data[:8] + bytes(64)):
        forged = type(good)(good.name, good.key_id, data)
        with pytest.raises(Invalid, match="cosignature-forged"):
            verify_cosignature(text, forged, [witness_key()])
    with pytest.raises(Invalid, match="cosignature-forged"):
        verify_cosigned(
            add_signatures(parse_note(signed(3)), [type(good)(good.name, good.key_id, bytes(72))]).encode(),
            [LOG],
            [witness_key()],
        )
