"""A witness of the log (见证): cosigns checkpoints, and only ones that extend what it cosigned before.

A checkpoint counts against a split view only with witnesses' cosignatures (C2SP tlog-cosignature); the Closed
of a hall waits for as many as its rule row asks.
"""

from __future__ import annotations

import base64
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bidding.client.clock import local_now
from bidding.client.errors import ClientError
from bidding.client.http import Api
from bidding.client.options import AsJson, CaFile, Server, connect, console, explained, show
from bidding.client.upload import load, save
from crypto.translog.checkpoint import (
    COSIGNATURE_V1,
    Checkpoint,
    Note,
    Verifier,
    parse_note,
    parse_verifier,
    verifier_of,
)
from crypto.translog.checkpoint import open_checkpoint as opened
from crypto.translog.witness import cosign

KEY_LABEL = "kaibiao/witness-key/v1"


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness with its key and the file in which it remembers the last checkpoint it cosigned."""

    name: str
    key: Ed25519PrivateKey
    memory: Path

    @property
    def vkey(self) -> str:
        """The verifier key that the platform's operator enters (KAIBIAO_WITNESSES)."""
        return verifier_of(self.name, self.key, COSIGNATURE_V1).encode()

    def last(self, log: Verifier) -> Checkpoint | None:
        note = load(self.memory).get("checkpoint")
        return opened(str(note), [log]) if note else None


def new_witness(name: str, path: Path) -> Witness:
    """Make a witness's key, kept in a file readable by its owner alone.

    Raises `ClientError("key-exists")`.
    """
    key = Ed25519PrivateKey.generate()
    value = {"label": KEY_LABEL, "name": name, "seed": key.private_bytes_raw().hex()}
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as exc:
        raise ClientError("key-exists", str(path)) from exc
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(value, file)
    return Witness(name, key, _memory(path))


def open_witness(path: Path) -> Witness:
    """The witness of a key file. Raises `ClientError("file-unreadable")`."""
    try:
        value = json.loads(path.read_text("utf-8"))
        key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(value["seed"]))
        return Witness(str(value["name"]), key, _memory(path))
    except (OSError, ValueError, KeyError, TypeError) as exc:
        raise ClientError("file-unreadable", f"{path}: no key of a witness") from exc


def _memory(path: Path) -> Path:
    return path.with_suffix(".last.json")


def cosign_newest(api: Api, witness: Witness, log: Verifier) -> Checkpoint | None:
    """Cosign the log's newest checkpoint; None when there is nothing new.

    The checkpoint is remembered durably before the cosignature leaves. Raises `Invalid("not-an-extension")`
    when the log has forked or was rolled back: then the supervising body must know.
    """
    encoded = api.get_bytes("/log/checkpoint").decode()
    checkpoint, last = opened(encoded, [log]), witness.last(log)
    if last is not None and checkpoint == last:
        return None
    proof = []
    if last is not None and last.size:
        served = api.get("/log/proof/consistency", **{"from": last.size, "to": checkpoint.size})
        proof = [base64.b64decode(step) for step in served["proof"]]
    signature = cosign(encoded, log, last, proof, name=witness.name, key=witness.key, at=local_now())
    save(witness.memory, {"checkpoint": encoded})
    note = parse_note(encoded)
    cosigned = Note(note.text, (*note.signatures, signature)).encode()
    api.request(
        "POST", "/log/cosignatures", cosigned.encode(), {"Content-Type": "text/plain"}, repeatable=True
    )
    return checkpoint


witness = typer.Typer(
    help="A witness of the log (见证).", add_completion=False, pretty_exceptions_enable=False
)
KeyFile = Annotated[Path, typer.Option("--key", help="Key file of the witness.")]


@witness.command("new-key")
def new_key(
    name: Annotated[str, typer.Argument(help="Name of the witness, e.g. jianguan.example.cn/witness.")],
    key: KeyFile,
    json_output: AsJson = False,
) -> None:
    """Make a witness's key and print the verifier key that the platform's operator enters."""
    with explained():
        made = new_witness(name, key)
        show({"vkey": made.vkey, "key": str(key)}, json_output, lambda: [made.vkey])


@witness.command("cosign")
def cosign_command(
    server: Server,
    key: KeyFile,
    log_key: Annotated[
        str, typer.Option("--log-key", envvar="KAIBIAO_LOG_KEY", help="vkey of the log, from elsewhere.")
    ],
    every: Annotated[
        float, typer.Option("--every", min=0.0, help="Go on, looking this often, in seconds; 0: once.")
    ] = 0.0,
    ca_file: CaFile = None,
    json_output: AsJson = False,
) -> None:
    """Cosign the log's newest checkpoint if it extends the last one cosigned; refuse and say so if not."""
    with explained():
        api, held = connect(server, ca_file), open_witness(key)
        log = parse_verifier(log_key)
        while True:
            found = cosign_newest(api, held, log)
            if found is not None or not every:
                _tell(found, json_output)
            if not every:
                return
            console.print(f"{local_now():%H:%M:%S}", end="\r")
            time.sleep(every)


def _tell(found: Checkpoint | None, json_output: bool) -> None:
    size = found.size if found is not None else None
    show({"cosigned": size}, json_output, lambda: [f"已见证 cosigned: {size or '-'}"])
