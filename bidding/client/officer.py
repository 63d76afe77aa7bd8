"""What an officer's client does (开标人员): makes the opening key, checks Closed, releases shares in two
stages.

The opening key never leaves this process; what is released are shares of bids, each checked against its
commitment.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bidding.client.errors import ClientError
from bidding.client.http import Api, segment
from crypto.canonical import Json, b64, canon, sha256_hex, unb64
from crypto.errors import Invalid
from crypto.hpke import public_bytes
from crypto.key_file import Cost, OpeningKey, unwrap_opening_key, wrap_opening_key
from crypto.keyset import Keyset, new_opening_key, sign_opening_key
from crypto.manifest import Manifest, parse_manifest, submission_hash, verify_manifest
from crypto.opening import open_share
from crypto.signing import Signer


def make_opening_key(
    api: Api,
    tender: str,
    lot: str,
    seat: str,
    signer: Signer,
    path: Path,
    passphrase: str,
    *,
    cost: Cost | None = None,
) -> OpeningKey:
    """Make a seat's opening key, keep it under the passphrase, register the signed public half.

    The file is written before anything is registered. Raises `ClientError`.
    """
    if path.exists():
        held = open_opening_key(path, passphrase)
        if (held.tender, held.lot, held.seat) != (tender, lot, seat):
            raise ClientError("key-file-foreign", f"{path} is for {held.seat} of lot {held.lot}")
        private = held.private
    else:
        private = new_opening_key()
        data = wrap_opening_key(private, passphrase, tender=tender, lot=lot, seat=seat, cost=cost)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    base = f"/tenders/{segment(tender)}/lots/{segment(lot)}/opening-keys"
    seats = {entry["seat"]: entry for entry in api.get(base)["officers"]}
    if seat not in seats:
        raise ClientError("unknown-seat", f"the lot has no seat {seat}")
    signed = sign_opening_key(tender, lot, seat, int(seats[seat]["index"]), private, signer)
    body = {"seat": seat, "openingKey": b64(public_bytes(private)), "cms": b64(signed.signature)}
    api.post(base, body, repeatable=True)
    return OpeningKey(tender, lot, seat, private)


def open_opening_key(path: Path, passphrase: str) -> OpeningKey:
    """The opening key in a key file. Raises `ClientError`."""
    try:
        return unwrap_opening_key(path.read_bytes(), passphrase)
    except OSError as exc:
        raise ClientError("file-unreadable", f"{path}: {exc.strerror}") from exc
    except Invalid as exc:
        raise ClientError(exc.code, exc.detail) from exc


@dataclass(frozen=True, slots=True)
class Shares:
    """An officer's shares under one purpose: those that are sound, and envelopes that accuse their bidder."""

    sound: Mapping[str, bytes]
    bad: Mapping[str, str] = field(default_factory=dict)


def sealed_bids(api: Api, lot: str, keyset: Keyset) -> dict[str, tuple[Manifest, str]]:
    """Manifest and submission of every bid served, each sealed to exactly this keyset. Raises
    `ClientError`."""
    found: dict[str, tuple[Manifest, str]] = {}
    after: str | None = ""
    while after is not None:
        page = api.get(f"/halls/{segment(lot)}/bids", after=after)
        for entry in page["bids"]:
            found[entry["bid"]] = _manifest_of(entry["bid"], entry, keyset), entry["submission"]
        after = page["next"]
    return found


def _manifest_of(bid: str, entry: Mapping[str, Any], keyset: Keyset) -> Manifest:
    try:
        manifest = parse_manifest(unb64(entry["manifest"]))
        verify_manifest(manifest, keyset)
    except Invalid as exc:
        raise ClientError(exc.code, exc.detail, bid=bid) from exc
    roots = {name: part.root for name, part in manifest.parts.items()}
    if (
        manifest.bid != bid
        or submission_hash(manifest.hash(), entry["boxHash"], roots) != entry["submission"]
    ):
        raise ClientError("manifest-foreign", "the manifest is not the one of the submission", bid=bid)
    return manifest


def verify_closed(
    served: Mapping[str, tuple[Manifest, str]], submissions: Mapping[str, str]
) -> dict[str, Manifest]:
    """The bids served must be those of Closed, all of them and no other. Raises `ClientError`."""
    if {bid: submission for bid, (_, submission) in served.items()} != dict(submissions):
        raise ClientError("closed-differs", "the bids served are not those of the logged Closed")
    return {bid: manifest for bid, (manifest, _) in served.items()}


def own_shares(manifests: Mapping[str, Manifest], purpose: str, key: OpeningKey) -> Shares:
    """Open one's own envelope of every bid, privately, before anything is released."""
    sound, bad = {}, {}
    for bid, manifest in manifests.items():
        index = next((seat.index for seat in manifest.seats if seat.seat == key.seat), 0)
        try:
            sound[bid] = open_share(manifest, purpose, index, key.private)
        except Invalid as exc:
            if exc.code != "envelope-mismatch":
                raise ClientError(exc.code, exc.detail, bid=bid) from exc
            bad[bid] = exc.code
    return Shares(sound, bad)


def encoded(shares: Mapping[str, bytes]) -> dict[str, str]:
    """Shares as they travel: bid to base64url."""
    return {bid: b64(share) for bid, share in shares.items()}


ADMITTED_LABEL = "kaibiao/admitted/v1"


def admitted_hash(lot: str, part: str, submissions: Mapping[str, str]) -> str:
    """What officers sign before phase B: the part and the admitted submissions by bid id (see the hall's
    rules).
    """
    listed: list[Json] = [{"bid": bid, "submission": submissions[bid]} for bid in sorted(submissions)]
    return sha256_hex(canon({"label": ADMITTED_LABEL, "lot": lot, "part": part, "bids": listed}))


def admitted_bids(view: Mapping[str, Any]) -> dict[str, str]:
    """The admitted set as this officer sees it: every bid whose key was released in this part.

    Raises `ClientError("admitted-differs")` when the hall's hash is not that of this set.
    """
    part = view["part"]
    found = {
        bid: row["submission"]
        for bid, row in view["bids"].items()
        if (row.get("parts", {}).get(part) or {}).get("releasedAt") and row.get("number")
    }
    if admitted_hash(view["hall"]["lot"], part, found) != view["admittedHash"]:
        raise ClientError("admitted-differs", "the hash to sign is not that of the released bids")
    return found
