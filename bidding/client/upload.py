"""Uploading a sealed package: pieces in parallel, resumed after a crash of either side, up to the checked
receipt.

Nothing here carries a session: the one-time ticket is redeemed without saying who drew it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from bidding.client.errors import ClientError
from bidding.client.http import Api, segment
from crypto.canonical import b64, canon, unb64
from crypto.manifest import parse_manifest, submission_of

STATE_FILE, RECEIPT_FILE = "upload.json", "receipt.json"
#: How long the server may hold a question about an upload's fate, in seconds.
WAIT_SECONDS = 20
DEFAULT_PARALLEL = 4
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Cargo:
    """What goes up for one bid: the manifest and the named files, each with its size in bytes."""

    manifest: bytes
    files: Mapping[str, Path]

    @property
    def total(self) -> int:
        return sum(path.stat().st_size for path in self.files.values())


@dataclass(frozen=True, slots=True)
class Replacing:
    """The submission that the new one replaces, with the old receipt key's signature over both."""

    old: str
    new: str
    signature: str


@dataclass(frozen=True, slots=True)
class Session:
    """An upload the server knows: its id, its secret, the piece size and what is still missing."""

    upload: str
    secret: str
    piece_size: int
    missing: Mapping[str, list[int]]


def upload_package(
    api: Api,
    lot: str,
    folder: Path,
    cargo: Cargo,
    ticket: Callable[[], str],
    *,
    replacing: Replacing | None = None,
    parallel: int = DEFAULT_PARALLEL,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Upload until the platform decided, and return the checked receipt, which is also saved in `folder`.

    `ticket` is asked only when a new upload begins. Raises `ClientError`; calling it again resumes.
    """
    session = begin(api, lot, folder, cargo, ticket, replacing)
    send_missing(api, session, cargo, parallel, progress)
    receipt = fetch_receipt(api, session)
    verify_receipt(api, receipt, cargo)
    save(folder / RECEIPT_FILE, receipt)
    return receipt


def begin(
    api: Api,
    lot: str,
    folder: Path,
    cargo: Cargo,
    ticket: Callable[[], str],
    replacing: Replacing | None = None,
) -> Session:
    """Open the upload, or find it again: the same manifest resumes under the ticket it began with."""
    state = load(folder / STATE_FILE)
    if state.get("manifest") != hashlib.sha256(cargo.manifest).hexdigest():
        state = {"manifest": hashlib.sha256(cargo.manifest).hexdigest(), "ticket": ticket()}
        save(folder / STATE_FILE, state)
    body: dict[str, Any] = {
        "ticket": state["ticket"],
        "manifest": b64(cargo.manifest),
        "box": cargo.files["box"].stat().st_size,
        "parts": {name: path.stat().st_size for name, path in cargo.files.items() if name != "box"},
    }
    if replacing is not None:
        body["replace"] = {"old": replacing.old, "new": replacing.new, "sig": replacing.signature}
    answer = api.post(f"/lots/{segment(lot)}/uploads", body, repeatable=True)
    save(folder / STATE_FILE, {**state, "upload": answer["upload"], "secret": answer["secret"]})
    return Session(answer["upload"], answer["secret"], answer["pieceSize"], answer["missing"])


def send_missing(
    api: Api,
    session: Session,
    cargo: Cargo,
    parallel: int = DEFAULT_PARALLEL,
    progress: Progress | None = None,
) -> None:
    """Send every piece the server misses, several at once; the first refusal ends it. Raises
    `ClientError`.
    """
    wanted = list(missing_pieces(session))
    total = cargo.total
    lock = threading.Lock()
    done = total - sum(_length(cargo, session, name, n) for name, n in wanted)

    def send(piece: tuple[str, int]) -> None:
        nonlocal done
        size = send_piece(api, session, cargo, *piece)
        with lock:
            done += size
            if progress is not None:
                progress(done, total)

    if progress is not None:
        progress(done, total)
    if parallel <= 1 or len(wanted) <= 1:
        for piece in wanted:
            send(piece)
        return
    with ThreadPoolExecutor(max_workers=parallel) as pool:
        for future in [pool.submit(send, piece) for piece in wanted]:
            future.result()


def missing_pieces(session: Session) -> Iterator[tuple[str, int]]:
    """(file, piece number) of everything not stored yet."""
    for name, numbers in session.missing.items():
        for number in numbers:
            yield name, number


def send_piece(api: Api, session: Session, cargo: Cargo, name: str, number: int) -> int:
    """Send one piece with its digest (RFC 9530) and return its length in bytes. Raises `ClientError`."""
    data = read_piece(cargo.files[name], session.piece_size, number)
    digest = base64.b64encode(hashlib.sha256(data).digest()).decode()
    headers = {"X-Upload-Secret": session.secret, "Content-Digest": f"sha-256=:{digest}:"}
    api.put(f"/uploads/{session.upload}/{segment(name)}/{number}", data, headers)
    return len(data)


def read_piece(path: Path, size: int, number: int) -> bytes:
    with path.open("rb") as file:
        file.seek(number * size)
        return file.read(size)


def fetch_receipt(api: Api, session: Session) -> dict[str, Any]:
    """Wait until the upload is decided and fetch the receipt. Raises `ClientError` with the refusal's
    code.
    """
    while True:
        state = status(api, session, wait=WAIT_SECONDS)
        refused = state.get("refused")
        if state["state"] == "refused" or refused:
            refused = refused or {}
            raise ClientError(refused.get("code", "upload-refused"), refused.get("detail", ""), status=409)
        if state["state"] == "receiving":
            raise ClientError("upload-incomplete", "the server still misses pieces", missing=state["missing"])
        if state["state"] != "accepted":
            break
    receipt = _with_secret(api, session, f"/uploads/{session.upload}/receipt")
    if not isinstance(receipt, dict):
        raise ClientError("answer-unreadable", "the receipt is not an object")
    return receipt


def status(api: Api, session: Session, wait: int = 0) -> dict[str, Any]:
    """The server's view of the upload; with `wait` it answers when the upload is decided."""
    query = f"?wait={wait}" if wait else ""
    answer = _with_secret(api, session, f"/uploads/{session.upload}{query}")
    if not isinstance(answer, dict):
        raise ClientError("answer-unreadable", "the upload's state is not an object")
    return answer


def _with_secret(api: Api, session: Session, path: str) -> Any:
    answer = api.request("GET", path, None, {"X-Upload-Secret": session.secret})
    return json.loads(answer.data)


def verify_receipt(api: Api, receipt: Mapping[str, Any], cargo: Cargo) -> None:
    """Check the platform's signature and that the receipt covers this package. Raises `ClientError`."""
    key = api.get("/receipts/key")
    signed = canon({name: value for name, value in receipt.items() if name != "signature"})
    try:
        Ed25519PublicKey.from_public_bytes(unb64(key["publicKey"])).verify(
            unb64(receipt["signature"]), signed
        )
    except (InvalidSignature, KeyError, ValueError) as exc:
        raise ClientError(
            "receipt-invalid", "the platform's signature under the receipt does not verify"
        ) from exc
    mine = parse_manifest(cargo.manifest)
    wanted = {
        "tender": mine.ctx.tender,
        "lot": mine.ctx.lot,
        "bid": mine.ctx.bid,
        "submission": submission_of(mine, cargo.files["box"].read_bytes()),
    }
    if {name: receipt.get(name) for name in wanted} != wanted:
        raise ClientError("receipt-invalid", "the receipt is for another bid, or for other bytes")


def _length(cargo: Cargo, session: Session, name: str, number: int) -> int:
    size = cargo.files[name].stat().st_size
    return max(0, min(session.piece_size, size - number * session.piece_size))


def load(path: Path) -> dict[str, Any]:
    """A small JSON file of the client's own; empty when there is none."""
    return dict(json.loads(path.read_text("utf-8"))) if path.exists() else {}


def save(path: Path, value: Mapping[str, Any]) -> None:
    """Write a small JSON file readable by its owner alone, whole or not at all."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(value, file, ensure_ascii=False, indent=1)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold a file of ours while it is read and written again: commands may run side by side."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.with_name(f".{path.name}.lock").open("a") as lock:
        if sys.platform != "win32":
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
