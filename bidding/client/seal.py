"""The offline sealing tool (封标工具): from a folder and a certificate to a package that the upload accepts.

It verifies and shows whom and what it seals to before it seals, and proves afterwards that the package opens
with one's own key file or recovery code.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from bidding.client.clock import local_now
from bidding.client.errors import ClientError
from bidding.client.lot import Lot
from bidding.client.signin import certificate_at
from crypto.context import new_context
from crypto.errors import Invalid
from crypto.identity import IdentityInput
from crypto.key_file import Cost, unwrap_key_file
from crypto.opening import bidder_part_key, unwrap_recovery
from crypto.package import load_package, verify_package
from crypto.payload import PartInput
from crypto.sealing import Sealed, seal_bid
from crypto.signing import Signer

FORM_FILE, IDENTITY_FILE = "form.json", "identity.json"
#: Files of the folder that describe the bid and are not part of its payload.
DESCRIBING = frozenset({FORM_FILE, IDENTITY_FILE})
TEXT_LIMIT = 2000


@dataclass(frozen=True, slots=True)
class Draft:
    """What a folder holds: the forms and files of each part, and facts about the bidder."""

    parts: tuple[PartInput, ...]
    identity: Mapping[str, Any]


def read_folder(folder: Path, lot: Lot) -> Draft:
    """Read a bid from a folder. Raises `ClientError` with the field or file that is wrong.

    One part: `form.json` and the files beside it. Several: one folder per part, each with its own
    `form.json`. `identity.json` (optional) adds contact, representative, members, deposit.
    """
    if not folder.is_dir():
        raise ClientError("file-unreadable", f"{folder} is not a folder")
    single = len(lot.parts) == 1
    parts = tuple(_part(folder if single else folder / name, name, lot) for name in lot.parts)
    return Draft(parts, _json_file(folder / IDENTITY_FILE, required=False))


def _part(folder: Path, name: str, lot: Lot) -> PartInput:
    fields = lot.fields_of(name)
    form = checked_form(_json_file(folder / FORM_FILE, required=bool(fields)), fields)
    files = [
        (path.relative_to(folder).as_posix(), path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.relative_to(folder).as_posix() not in DESCRIBING
    ]
    return PartInput(name, form, files)


def checked_form(values: Mapping[str, Any], fields: list[Mapping[str, Any]]) -> dict[str, str]:
    """The form as it is sealed: every required field, no unknown one, each of its kind (开标一览表).

    Raises `ClientError("form-invalid")` naming the field: after sealing nobody could correct it.
    """
    known = {str(field["name"]) for field in fields}
    unknown = sorted(set(values) - known)
    if unknown:
        raise ClientError("form-invalid", f"the notice has no field {unknown[0]}", field=unknown[0])
    form = {}
    for field in fields:
        name = str(field["name"])
        value = unicodedata.normalize("NFC", str(values.get(name, "")).strip())
        if value:
            form[name] = _checked_value(name, value, field)
        elif field.get("required", True):
            raise ClientError("form-invalid", f"{name} ({field.get('zh', '')}) is missing", field=name)
    return form


#: How values of a kind are spelt; ASCII digits only, so that every reader reads the same number.
SPELLINGS = {
    "money": re.compile(r"(?:0|[1-9]\d{0,14})(?:\.\d{1,2})?", re.ASCII),
    "ratio": re.compile(r"-?\d{1,9}(?:\.\d{1,9})?", re.ASCII),
    "integer": re.compile(r"-?\d{1,15}", re.ASCII),
}


def _checked_value(name: str, value: str, field: Mapping[str, Any]) -> str:
    kind = field.get("kind", "text")
    if kind in SPELLINGS:
        fits = SPELLINGS[kind].fullmatch(value) is not None
    elif kind == "date":
        fits = _is_day(value)
    elif kind == "choice":
        fits = value in field.get("choices", [])
    else:
        fits = len(value) <= TEXT_LIMIT
    if not fits:
        raise ClientError("form-invalid", f"{name} = {value} is no {kind}", field=name)
    return value


def _is_day(value: str) -> bool:
    try:
        return bool(date.fromisoformat(value)) and len(value) == 10
    except ValueError:
        return False


def seal(
    lot: Lot,
    draft: Draft,
    signer: Signer,
    out: Path,
    passphrase: str,
    *,
    prev: str | None = None,
    replaces: tuple[str, ...] = (),
    progress: Callable[[int, int], None] | None = None,
    cost: Cost | None = None,
) -> Sealed:
    """Seal a draft into the fresh folder `out`. Raises `ClientError`."""
    facts = certificate_at(signer, lot.deadline)
    organisation = {"name": facts.organisation or facts.subject_name, "creditCode": facts.credit_code or ""}
    described = draft.identity
    context = new_context(
        lot.tender, lot.id, keyset_hash=lot.keyset.hash(), docs_hash=lot.docs_hash, round_number=lot.round
    )
    identity = IdentityInput(
        organisation=organisation,
        contact=described.get("contact", {}),
        representative=described.get("representative", {"name": facts.subject_name}),
        members=described.get("members", ()),
        deposit=described.get("deposit"),
        device=described.get("device"),
        replaces=replaces,
    )
    told = (lambda _part, done, total: progress(done, total)) if progress else None
    try:
        return seal_bid(
            context,
            lot.keyset,
            draft.parts,
            identity,
            signer,
            out=out,
            passphrase=passphrase,
            prev=prev,
            progress=told,
            at=local_now(),
            cost=cost,
        )
    except Invalid as exc:
        raise ClientError(exc.code, exc.detail) from exc
    except OSError as exc:
        raise ClientError("file-unreadable", str(exc)) from exc


@dataclass(frozen=True, slots=True)
class Proof:
    """What was shown about a package: it is whole, and these keys of its owner fit it."""

    bid: str
    submission: str
    by_key_file: bool
    by_recovery_code: bool


def prove(folder: Path, *, passphrase: str | None = None, recovery_code: str | None = None) -> Proof:
    """Show that a package is whole and that the key file or the recovery code gives the key it commits to.

    The officers' half cannot be tried before the opening. Raises `ClientError` where something does not fit.
    """
    try:
        package = load_package(folder)
        k_bidder = None
        if passphrase is not None:
            if package.key_file is None:
                raise ClientError("file-unreadable", "the package has no bid-key.json")
            held = unwrap_key_file(package.key_file, passphrase)
            k_bidder = held.k_bidder
        if recovery_code is not None:
            k_bidder = unwrap_recovery(package.manifest, recovery_code)
        verify_package(package, k_bidder)
        for part in package.manifest.parts:
            if k_bidder is not None:
                bidder_part_key(package.manifest, k_bidder, part)
    except Invalid as exc:
        raise ClientError(exc.code, exc.detail) from exc
    return Proof(package.bid, package.submission, passphrase is not None, recovery_code is not None)


def _json_file(path: Path, *, required: bool) -> Mapping[str, Any]:
    if not path.exists() and not required:
        return {}
    try:
        value = json.loads(path.read_text("utf-8"))
    except OSError as exc:
        raise ClientError("file-unreadable", f"{path}: {exc.strerror}") from exc
    except ValueError as exc:
        raise ClientError("form-invalid", f"{path} is not JSON: {exc}") from exc
    if not isinstance(value, dict):
        raise ClientError("form-invalid", f"{path} is not an object")
    return value
