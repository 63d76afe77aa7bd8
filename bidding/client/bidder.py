"""What a bidder's client does with a sealed bid: submit, withdraw, replace, sign in, release, confirm, sign.

Before the list is announced everything here is signed by the bid's receipt key alone and carries no session.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bidding.client.clock import local_now
from bidding.client.errors import ClientError
from bidding.client.http import Api, segment
from bidding.client.upload import Cargo, Replacing
from crypto import statements
from crypto.canonical import Json, b64, iso
from crypto.errors import Invalid
from crypto.key_file import BidSecrets, unwrap_key_file
from crypto.manifest import Manifest, parse_manifest, submission_of
from crypto.opening import bidder_part_key, unwrap_recovery
from crypto.package import Package, load_package


@dataclass(frozen=True, slots=True)
class Held:
    """One's own bid as it lies on disk, unlocked."""

    folder: Path
    manifest: Manifest
    secrets: BidSecrets
    cargo: Cargo

    @property
    def submission(self) -> str:
        return submission_of(self.manifest, self.cargo.files["box"].read_bytes())


def cargo_of(folder: Path) -> Cargo:
    """What of a package goes up: manifest, identity box and ciphertexts, never the key file."""
    package = load_package(folder)
    return Cargo(package.manifest_bytes, {"box": Package(folder).box_path, **package.ciphertexts})


def open_package(folder: Path, passphrase: str) -> Held:
    """A package with its key file unlocked. Raises `ClientError`."""
    try:
        cargo = cargo_of(folder)
        held = unwrap_key_file(Package(folder).key_path.read_bytes(), passphrase)
        manifest = parse_manifest(cargo.manifest)
    except Invalid as exc:
        raise ClientError(exc.code, exc.detail) from exc
    except OSError as exc:
        raise ClientError("file-unreadable", str(exc)) from exc
    if held.bid != manifest.bid:
        raise ClientError("key-file-foreign", "the key file belongs to another bid")
    return Held(folder, manifest, held, cargo)


def statement_of(held: Held, label: str, **facts: Json) -> dict[str, Json]:
    """A statement about this bid, as its receipt key signs it."""
    return {"label": label, "tender": held.manifest.ctx.tender, "lot": held.manifest.ctx.lot, **facts}


def sign_as_bid(held: Held, statement: Mapping[str, Json]) -> str:
    return statements.sign_statement(held.secrets.receipt_private, dict(statement))


def replacement(old: Held, new: Manifest, new_box: bytes) -> Replacing:
    """The old bid's permission to be replaced by the new one; takes effect with the new one's acceptance."""
    names = {"old": old.submission, "new": submission_of(new, new_box)}
    return Replacing(
        names["old"], names["new"], sign_as_bid(old, statement_of(old, statements.REPLACE, **names))
    )


def withdraw(api: Api, held: Held) -> dict[str, Any]:
    """Take the bid back before the deadline (撤回). Raises `ClientError`."""
    submission = held.submission
    signature = sign_as_bid(held, statement_of(held, statements.WITHDRAW, submission=submission))
    body = {"submission": submission, "sig": signature}
    return dict(api.post(f"/lots/{segment(held.manifest.ctx.lot)}/withdraw", body, repeatable=True))


def check_in(api: Api, held: Held) -> dict[str, Any]:
    """Sign in to the opening without a name (签到), before the list is announced."""
    facts = {"bid": held.manifest.bid, "at": iso(local_now())}
    signature = sign_as_bid(held, statement_of(held, statements.CHECKIN, **facts))
    path = f"/lots/{segment(held.manifest.ctx.lot)}/checkin"
    return dict(api.post(path, {**facts, "sig": signature}, repeatable=True) or {})


def diagnose(api: Api, held: Held, kind: str, facts: Mapping[str, str]) -> None:
    """Report what this client observed; before T it lies in the sealed batches, readable by nobody."""
    body: dict[str, Json] = {
        "bid": held.manifest.bid,
        "kind": kind,
        "facts": dict(facts),
        "at": iso(local_now()),
    }
    signature = sign_as_bid(held, statement_of(held, statements.DIAGNOSTIC, **body))
    path = f"/lots/{segment(held.manifest.ctx.lot)}/diagnostics"
    api.post(path, {**body, "sig": signature}, repeatable=True)


def part_key(held: Held, part: str) -> bytes:
    """K_bidder of one part, checked against the manifest before anybody sees it. Raises `ClientError`."""
    return checked_part_key(held.manifest, held.secrets.k_bidder, part)


def recovered_part_key(manifest: Manifest, code: str, part: str) -> bytes:
    """The same from the recovery code alone. Raises `ClientError`."""
    try:
        k_bidder = unwrap_recovery(manifest, code)
    except Invalid as exc:
        raise ClientError(exc.code, exc.detail) from exc
    return checked_part_key(manifest, k_bidder, part)


def checked_part_key(manifest: Manifest, k_bidder: bytes, part: str) -> bytes:
    try:
        return bidder_part_key(manifest, k_bidder, part)
    except Invalid as exc:
        raise ClientError(exc.code, exc.detail) from exc


def release(api: Api, lot: str, bid: str, part: str, key: bytes) -> dict[str, Any]:
    """Hand over K_bidder of a part without a session: the key proves itself. Raises `ClientError`."""
    body = {"bid": bid, "part": part, "key": b64(key)}
    return dict(api.post(f"/halls/{segment(lot)}/release", body, repeatable=True))
