"""What the browser seals Python opens, and the reverse: the client's own code, run by Node.js."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from cryptography.x509 import load_der_x509_certificate
from sealed_world import AT, CHEAP, CREDIT_CODE, IDENTITY_INPUT, World, self_signed

from bidding.submissions import batch_tree
from bidding.submissions.batch_tree import Item
from crypto.canonical import b64, canon, iso, sha256_hex, unb64
from crypto.certificates import certificate_point
from crypto.envelope import (
    IDENTITY,
    Keyset,
    OfficerSeat,
    PartInput,
    bidder_part_key,
    content_key,
    decrypt_payload,
    extract_files,
    hall_purpose,
    load_package,
    open_identity,
    open_share,
    read_form,
    reconstruct,
    seal_bid,
    unwrap_key_file,
    unwrap_opening_key,
    unwrap_recovery,
    verify_manifest,
    verify_opening_key,
    verify_package,
    verify_statement,
    wrap_opening_key,
)
from crypto.signing import Signer, SigningKey
from crypto.stream import SEGMENT
from crypto.translog.checkpoint import Checkpoint, sign_checkpoint, verifier_of
from crypto.translog.leaf import commitment, leaf
from crypto.translog.merkle import consistency_proof, inclusion_proof, leaf_hash, root, subtree_hash
from crypto.translog.witness import cosign
from scripts import web_build

ROOT = Path(__file__).parents[2]
PASSWORD = "演示口令 pass"
Run = Callable[..., Any]

_BUNDLE = """
import {{ build }} from 'vite'
await build({{
  configFile: false, logLevel: 'error', root: {root!r},
  resolve: {{ alias: {{ '@': {source!r} }} }},
  ssr: {{ noExternal: true }},
  build: {{ ssr: {entry!r}, outDir: {out!r}, target: 'node24', minify: false }},
}})
"""


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Ask the client's crypto: `browser("seal", folder=…)` gives its answer."""
    web_build.install()
    client, out = ROOT / "webclient", tmp_path_factory.mktemp("interop")
    script = _BUNDLE.format(
        root=str(client), source=str(client / "src"), entry=str(client / "tools/interop.ts"), out=str(out)
    )
    node = str(web_build.node())
    subprocess.run(
        [node, "--input-type=module", "--eval", script], cwd=client, env=web_build.environment(), check=True
    )

    def ask(do: str, **asked: Any) -> Any:
        done = subprocess.run(
            [node, str(out / "interop.js")],
            input=json.dumps({"do": do, **asked}),
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )
        if done.returncode:
            sys.stderr.write(done.stderr)
            pytest.fail("the client's crypto crashed")
        return json.loads(done.stdout)

    return ask


def p12(
    folder: Path, name: str, *, kind: str = "ec", agreement: bool = False
) -> tuple[dict[str, str], Signer]:
    """A .p12 as a person has it, and the same signer in Python."""
    key: SigningKey = (
        ec.generate_private_key(ec.SECP256R1())
        if kind == "ec"
        else rsa.generate_private_key(public_exponent=65537, key_size=2048)
    )
    der = self_signed(key, name, usage_agreement=agreement)
    data = pkcs12.serialize_key_and_certificates(
        name.encode(), key, load_der_x509_certificate(der), None, BestAvailableEncryption(PASSWORD.encode())
    )
    path = folder / f"{name}.p12"
    path.write_bytes(data)
    return {"p12": str(path), "password": PASSWORD}, Signer(der, (), key)


def big_file(path: Path, size: int) -> Path:
    path.write_bytes((bytes(range(256)) * (size // 256 + 1))[:size])
    return path


@pytest.mark.parametrize("kind", ["ec", "rsa"])
def test_python_opens_what_the_browser_sealed(world: World, browser: Run, tmp_path: Path, kind: str) -> None:
    drawings, empty = big_file(tmp_path / "d.bin", 5 * SEGMENT + 12345), big_file(tmp_path / "e", 0)
    price = tmp_path / "p.txt"
    price.write_text("九百八十万元", encoding="utf-8")
    person, bidder = p12(tmp_path, "bidder", kind=kind, agreement=kind == "ec")
    told = browser(
        "seal",
        folder=str(tmp_path / "bid"),
        keyset=b64(world.keyset.encode()),
        docsHash=world.docs,
        parts=[
            {
                "name": "technical",
                "form": {"duration": "120"},
                "files": {"空": str(empty), "图纸/d.bin": str(drawings), "图纸/价格.txt": str(price)},
            },
            {"name": "price", "form": {"price": "9800000.00"}, "files": {}},
        ],
        organisation={"name": "演示有限公司", "creditCode": CREDIT_CODE},
        passphrase="correct horse",
        **person,
    )
    package = load_package(tmp_path / "bid")
    assert (package.bid, package.submission) == (told["bid"], told["submission"])
    assert package.key_file is not None
    held = unwrap_key_file(package.key_file, "correct horse")
    verify_package(package, held.k_bidder)
    manifest = package.manifest
    verify_manifest(manifest, world.keyset, docs_hashes=frozenset({world.docs}), round_number=1)
    assert unwrap_recovery(manifest, told["recoveryCode"]) == held.k_bidder
    assert told["recoveryCode"] in (tmp_path / "bid/recovery.txt").read_text("utf-8")

    def secret(purpose: str) -> bytes:
        shares = {i: open_share(manifest, purpose, i, world.opening_keys[i - 1]) for i in (1, 3)}
        return reconstruct(manifest, purpose, shares)

    identity = open_identity(manifest, package.box, secret(IDENTITY))
    assert identity.certificate == bidder.certificate
    assert identity.organisation["creditCode"] == CREDIT_CODE
    for part, files in (
        ("technical", {"空": empty, "图纸/d.bin": drawings, "图纸/价格.txt": price}),
        ("price", {}),
    ):
        dek = content_key(
            manifest, part, bidder_part_key(manifest, held.k_bidder, part), secret(hall_purpose(part))
        )
        with package.ciphertexts[part].open("rb") as ciphertext:

            def read(index: int, source: Any = ciphertext) -> bytes:
                source.seek(index * SEGMENT)
                return bytes(source.read(SEGMENT))

            form = read_form(manifest, part, dek, read(0))
            assert form.fields == ({"duration": "120"} if part == "technical" else {"price": "9800000.00"})
            with (tmp_path / f"{part}.zip").open("wb") as out:
                decrypt_payload(manifest, part, dek, read, out)
        extract_files(tmp_path / f"{part}.zip", tmp_path / part)
        for name, source in files.items():
            assert (tmp_path / part / name).read_bytes() == source.read_bytes()


def test_the_browser_opens_what_python_sealed(world: World, browser: Run, tmp_path: Path) -> None:
    drawings = big_file(tmp_path / "d.bin", 2 * SEGMENT)
    person, bidder = p12(tmp_path, "bidder", agreement=True)
    point = certificate_point(bidder.certificate)
    assert point is not None
    sealed = seal_bid(
        world.context(),
        world.keyset,
        [PartInput("main", {"price": "9800000.00"}, [("图纸/d.bin", drawings)])],
        IDENTITY_INPUT,
        bidder,
        out=tmp_path / "bid",
        passphrase="correct horse",
        at=AT,
        recipients=[point],
    )
    keys = {}
    for index in (2, 3):
        path = tmp_path / f"opening-{index}.json"
        path.write_bytes(
            wrap_opening_key(
                world.opening_keys[index - 1], "口令", tender="t_test", lot="l_1", seat="s", cost=CHEAP
            )
        )
        keys[str(index)] = {"file": str(path), "passphrase": "口令"}
    asked = {
        "folder": str(tmp_path / "bid"),
        "keyset": b64(world.keyset.encode()),
        "openingKeys": keys,
        "passphrase": "correct horse",
        "recoveryCode": sealed.recovery_code,
        **person,
    }
    assert browser("open", **asked) == {
        "submission": sealed.submission,
        "organisation": {"name": "演示有限公司", "creditCode": CREDIT_CODE},
        "signedAt": iso(AT),
        "recovered": True,
        "byCertificate": True,
        "forms": {"main": {"price": "9800000.00"}},
    }
    extract_files(tmp_path / "bid/main.zip", tmp_path / "out")
    assert (tmp_path / "out/图纸/d.bin").read_bytes() == drawings.read_bytes()
    assert browser("open", **{**asked, "passphrase": "no"})["refused"] == "wrong-passphrase"


def test_an_officers_key_made_in_the_browser(browser: Run, tmp_path: Path) -> None:
    person, officer = p12(tmp_path, "officer")
    place = {"tender": "t_test", "lot": "l_1", "seat": "agency"}
    made = browser("newOpeningKey", index=1, passphrase="Passwort é", **place, **person)
    seat = OfficerSeat(
        "agency", 1, unb64(made["certificate"]), unb64(made["openingKey"]), unb64(made["signature"])
    )
    assert verify_opening_key("t_test", "l_1", seat).certificate == officer.certificate
    opened = unwrap_opening_key(unb64(made["file"]), "Passwort e\u0301")
    assert (opened.tender, opened.lot, opened.seat) == ("t_test", "l_1", "agency")
    assert Keyset("t_test", "l_1", 1, (seat,)).seats[0].opening_key == seat.opening_key


def test_a_statement_signed_in_the_browser(browser: Run) -> None:
    said = {"label": "kaibiao/withdraw/v1", "tender": "t_test", "lot": "l_1", "submission": "cc" * 32}
    told = browser("sign", private=b64(bytes([7] * 32)), statement=said)
    verify_statement(unb64(told["public"]), said, told["signature"])


LOTS, DEPTH, SUBMISSION = ("l_a", "l_b", "l_c"), 4, "cd" * 32
PLATFORM = ed25519.Ed25519PrivateKey.from_private_bytes(bytes([1] * 32))
LOG = ed25519.Ed25519PrivateKey.from_private_bytes(bytes([2] * 32))
WITNESS = ed25519.Ed25519PrivateKey.from_private_bytes(bytes([3] * 32))


def receipt() -> dict[str, str]:
    body = {"bid": "b_" + "a" * 26, "keyId": "00ff", "label": "kaibiao/receipt/v1", "lot": "l_b"}
    body |= {"receivedAt": iso(AT), "submission": SUBMISSION, "tender": "t_test"}
    return {**body, "signature": b64(PLATFORM.sign(canon(body)))}


def receipt_proof(size: int) -> dict[str, Any]:
    """A log of `size` entries, the fourth of which is the batch that holds the submission."""
    seeds = {lot: batch_tree.lot_seed(bytes(32), lot) for lot in LOTS}
    items = {5: Item("submission", SUBMISSION)}
    trees = {lot: batch_tree.lot_levels(seeds[lot], items if lot == "l_b" else {}, DEPTH) for lot in LOTS}
    roots = {lot: tree[-1][0] for lot, tree in trees.items()}
    proof = batch_tree.prove("l_b", 5, items[5], seeds["l_b"], trees["l_b"], roots)
    batch_root = batch_tree.root_of(proof).hex()
    body = {
        "label": "kaibiao/sealed-batch/v1", "batch": 7, "depth": DEPTH, "lots": len(LOTS), "root": batch_root
    }  # fmt: skip
    event = {"stream": "batches", "version": 7, "type": "SealedBatch", "seat": "platform:", "body": body}
    salt = bytes([9] * 32)
    at = datetime(2026, 11, 22, 8, 5, tzinfo=UTC)
    leaves = [f"leaf {i}".encode() for i in range(size)]
    leaves[3] = leaf(at, commitment(salt, "batches", 7, "SealedBatch", "platform:", body))
    hashes = [leaf_hash(each) for each in leaves]

    def node(level: int, index: int) -> bytes:
        return subtree_hash(hashes[index << level : (index + 1) << level])

    checkpoint = Checkpoint("kaibiao.example/log", size, root(size, node))
    note = sign_checkpoint(checkpoint, LOG)
    cosigned = cosign(
        note.encode(), verifier_of(checkpoint.origin, LOG), None, [], name="w", key=WITNESS, at=at
    )
    return {
        "label": "kaibiao/receipt-proof/v1",
        "submission": SUBMISSION,
        "batch": 7,
        "depth": DEPTH,
        "lots": len(LOTS),
        "root": batch_root,
        "token": None,
        "stampedAt": None,
        "item": {
            "type": "submission", "hash": SUBMISSION, "lot": "l_b", "position": 5, "salt": b64(proof.salt),
            "path": [b64(step) for step in proof.path], "lotPosition": proof.lot_position,
            "lotPath": [b64(step) for step in proof.lot_path],
        },
        "event": {**event, "index": 3, "at": iso(at), "salt": b64(salt)},
        "inclusion": {"size": size, "path": [b64(step) for step in inclusion_proof(3, size, node)]},
        "checkpoint": note.encode() + cosigned.line(),
        "extensions": [
            {
                "from": first, "to": size,
                "proof": [b64(step) for step in consistency_proof(first, size, node)],
                "roots": [b64(root(first, node)), b64(root(size, node))],
            }
            for first in range(1, size + 1)
        ],
    }  # fmt: skip


def asked_to_prove(size: int) -> dict[str, Any]:
    proof = receipt_proof(size)
    log, witness = verifier_of("kaibiao.example/log", LOG), verifier_of("w", WITNESS, 4)
    return {
        "submission": SUBMISSION,
        "receipt": receipt(),
        "keys": {"00ff": b64(PLATFORM.public_key().public_bytes_raw())},
        "vkeys": [log.encode(), witness.encode()],
        "consistency": proof.pop("extensions"),
        "proof": proof,
    }


@pytest.mark.parametrize("size", [4, 7, 29])
def test_the_browser_follows_a_receipt_into_the_log(browser: Run, size: int) -> None:
    assert browser("prove", **asked_to_prove(size)) == {"size": size, "index": 3, "witnesses": ["w"]}


def _bend(value: dict[str, Any], *path: str | int) -> None:
    target: Any = value
    for step in path[:-1]:
        target = target[step]
    text = target[path[-1]]
    target[path[-1]] = ("B" if text[0] != "B" else "C") + text[1:] if isinstance(text, str) else text + 1


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (("receipt", "lot"), "receipt-forged"),
        (("proof", "item", "lot"), "bad-batch"),
        (("proof", "item", "position"), "bad-batch"),
        (("proof", "item", "path", 0), "bad-batch"),
        (("proof", "event", "seat"), "not-included"),
        (("proof", "event", "salt"), "not-included"),
        (("proof", "inclusion", "path", 0), "not-included"),
        (("proof", "inclusion", "size"), "not-included"),
        (("consistency", 4, "proof", 0), "not-an-extension"),
    ],
)
def test_the_browser_sees_what_was_altered(browser: Run, path: tuple[Any, ...], code: str) -> None:
    asked = asked_to_prove(7)
    _bend(asked, *path)
    assert browser("prove", **asked).get("refused") == code


def test_the_browser_refuses_a_checkpoint_of_another_key(browser: Run) -> None:
    asked = asked_to_prove(7)
    asked["proof"]["checkpoint"] = asked["proof"]["checkpoint"].replace("\n7\n", "\n8\n")
    assert browser("prove", **asked)["refused"] == "note-forged"
    assert sha256_hex(b"") != asked["proof"]["root"]
