"""The public package of a lot, checked by the client before anything is sealed to it.

A platform that serves opening keys or documents of its own gets nothing: keyset, notice, officers and the
documents' hash are all checked here, up to anchors that the user brought (sealed-bid protocol, section 1).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bidding.client.clock import local_now
from bidding.client.errors import ClientError
from bidding.client.http import Api, segment
from bidding.client.trusting import verify_signer
from crypto.canonical import parse_iso, sha256_hex, unb64
from crypto.errors import Invalid
from crypto.keyset import Keyset, documents_hash, parse_keyset, verify_keyset, verify_opening_key
from crypto.signing import CertificateFacts, SignedBy, certificate_facts, verify_detached


@dataclass(frozen=True, slots=True)
class Lot:
    """One lot (标段) as its notice has it, everything verified against the notice's signature."""

    id: str
    tender: str
    round: int
    title: str
    tender_title: str
    deadline: datetime
    state: str
    keyset: Keyset
    docs_hash: str
    parts: tuple[str, ...]
    form: tuple[Mapping[str, Any], ...]
    documents: tuple[Mapping[str, Any], ...]
    rules: Mapping[str, Any]
    ceiling: str
    signed_by: CertificateFacts
    trusted: bool
    """Whether notice and opening keys were followed up to an anchor of the user's own."""
    raw: Mapping[str, Any]

    def fields_of(self, part: str) -> list[Mapping[str, Any]]:
        """The columns of the opening form (开标一览表) that belong to a part."""
        return [entry for entry in self.form if entry.get("part", "main") == part]

    @property
    def officers(self) -> list[tuple[str, CertificateFacts]]:
        """Each officer seat with the certificate that signed its opening key."""
        return [(officer.seat, certificate_facts(officer.certificate)) for officer in self.keyset.officers]


def fetch_lot(api: Api, lot: str, *, anchors: Sequence[bytes] = ()) -> Lot:
    """The lot's package. Raises `ClientError` where anything in it contradicts the signed notice."""
    raw = dict(api.get(f"/lots/{segment(lot)}"))
    raw["chain"] = api.get(f"/tenders/{segment(str(raw.get('tender')))}/notices")["notices"]
    return parse_lot(raw, anchors=anchors)


def parse_lot(raw: Mapping[str, Any], *, anchors: Sequence[bytes] = ()) -> Lot:
    """Check a lot package. Raises `ClientError`, whose code says what does not fit.

    With `anchors` (DER) every signature is followed up to one of them: without that a platform could have
    made notice, officers and keys all by itself.
    """
    try:
        return _checked(raw, anchors)
    except Invalid as exc:
        raise ClientError(exc.code, exc.detail) from exc
    except (KeyError, TypeError, ValueError) as exc:
        raise ClientError("lot-malformed", f"the lot's package lacks or garbles {exc}") from exc


def _checked(raw: Mapping[str, Any], anchors: Sequence[bytes]) -> Lot:
    keyset = parse_keyset(unb64(raw["keyset"]))
    verify_keyset(keyset)
    if (keyset.tender, keyset.lot) != (raw["tender"], raw["lot"]):
        raise ClientError("keyset-foreign", "the opening keys belong to another tender or lot")
    notice = unb64(raw["notice"])
    signed = verify_detached(unb64(raw["noticeCms"]), data=notice)
    _compare_notice(json.loads(notice), raw)
    first, first_signed = tender_notice_of(raw, keyset)
    _compare_parties(first, (first_signed, signed))
    _compare_officers(_entry(first, raw["lot"]) or {}, keyset)
    if anchors:
        _follow_paths(keyset, (first_signed, signed), anchors)
    files = [(item["name"], item["size"], item["sha256"]) for item in raw["documents"]]
    computed = documents_hash(
        raw["tender"], raw["lot"], raw["revision"], sha256_hex(notice), raw["formSha256"], files
    )
    if computed != raw["docsHash"]:
        raise ClientError("documents-differ", "the documents are not those of the signed notice")
    return Lot(
        id=raw["lot"],
        tender=raw["tender"],
        round=raw["round"],
        title=raw["title"],
        tender_title=raw.get("tenderTitle", raw["title"]),
        deadline=parse_iso(raw["deadline"]),
        state=raw["state"],
        keyset=keyset,
        docs_hash=raw["docsHash"],
        parts=tuple(raw["parts"]),
        form=tuple(raw["form"]),
        documents=tuple(raw["documents"]),
        rules=raw["rules"],
        ceiling=raw.get("ceiling") or "",
        signed_by=certificate_facts(signed.certificate),
        trusted=bool(anchors),
        raw=raw,
    )


def _compare_notice(notice: Mapping[str, Any], raw: Mapping[str, Any]) -> None:
    """The newest signed notice must be of this tender and speak of this lot with this opening time.

    Raises `ClientError("notice-differs")`.
    """
    if notice.get("tender") != raw["tender"]:
        raise ClientError("notice-differs", "the notice is for another tender")
    mine = _entry(notice, raw["lot"])
    if mine is None or mine.get("opensAt") != raw["deadline"]:
        raise ClientError("notice-differs", "the notice does not give this lot this opening time")


def _entry(notice: Mapping[str, Any], lot: str) -> Mapping[str, Any] | None:
    """What a notice says of a lot: a tender notice lists lots, a change notice names them."""
    lots = notice.get("lots")
    if isinstance(lots, dict):
        found = lots.get(lot)
        return found if isinstance(found, dict) else None
    if isinstance(lots, list):
        return next((item for item in lots if isinstance(item, dict) and item.get("lot") == lot), None)
    return None


def tender_notice_of(raw: Mapping[str, Any], keyset: Keyset) -> tuple[Mapping[str, Any], SignedBy]:
    """The tender notice at the root of the lot's chain of changes, which must hold this very keyset.

    Raises `ClientError("notice-differs")`, or `Invalid` for a signature that does not verify.
    """
    listed = {item["number"]: item["sha256"] for item in raw["notices"]}
    for item in raw["chain"]:
        body = unb64(item["notice"])
        if listed.get(item["number"]) != sha256_hex(body):
            continue
        notice = json.loads(body)
        mine = _entry(notice, raw["lot"])
        if mine is not None and "keyset" in mine:
            signed = verify_detached(unb64(item["cms"]), data=body)
            if unb64(mine["keyset"]) == keyset.encode():
                return notice, signed
    raise ClientError("notice-differs", "no signed notice of the lot names these opening keys")


def _compare_parties(notice: Mapping[str, Any], signers: Sequence[SignedBy]) -> None:
    """Notices are signed by the agency or the tenderer they name. Raises `ClientError("notice-signer")`."""
    parties = {notice[role]["creditCode"] for role in ("agency", "tenderer")}
    for signed in signers:
        code = certificate_facts(signed.certificate).credit_code
        if code not in parties:
            raise ClientError(
                "notice-signer", f"signed by {code or 'nobody known'}, not by a party of the tender"
            )


def _compare_officers(entry: Mapping[str, Any], keyset: Keyset) -> None:
    """Each opening key belongs to the organisation the notice names for its seat.

    Raises `ClientError("officers-differ")`.
    """
    named = [(item["seat"], item["index"], item["creditCode"]) for item in entry["officers"]]
    held = [
        (officer.seat, officer.index, certificate_facts(officer.certificate).credit_code)
        for officer in keyset.officers
    ]
    if sorted(named, key=str) != sorted(held, key=str):
        raise ClientError("officers-differ", "the opening keys are not those of the officers in the notice")
    if entry["k"] != keyset.k:
        raise ClientError(
            "officers-differ", f"the notice says {entry['k']} open together, the keys {keyset.k}"
        )


def _follow_paths(keyset: Keyset, notices: Sequence[SignedBy], anchors: Sequence[bytes]) -> None:
    """Every signature up to an anchor of the user's own. Raises `ClientError("signer-untrusted")`."""
    now = local_now()
    for signed in notices:
        verify_signer(signed, anchors, now, "notice")
    for officer in keyset.officers:
        verify_signer(verify_opening_key(keyset.tender, keyset.lot, officer), anchors, now, officer.seat)


def verify_document(entry: Mapping[str, Any], data: bytes) -> None:
    """A downloaded document must be the one of the notice. Raises `ClientError("documents-differ")`."""
    if hashlib.sha256(data).hexdigest() != entry["sha256"]:
        raise ClientError("documents-differ", f"{entry['name']} is not the document of the notice")
