"""An ended opening's archive by right, and what the QR code of a record leads to."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from bidding.archive.collect import Lot, read_lot
from bidding.archive.container import Packed
from bidding.archive.desk import ExportDesk
from bidding.archive.export import ended_lot
from bidding.archive.manifest import Right
from bidding.archive.rights import Viewer
from bidding.auth import MaybeSignedIn, Session
from bidding.deps import Deps
from bidding.people.roles import Role as PersonRole
from bidding.submissions.desk import desk_of
from bidding.submissions.vault import BidVault
from ceremony.errors import Refusal
from crypto.canonical import iso
from opening_hall.domain import Role
from opening_hall.events import RecordRendered
from opening_hall.record.printed import parse_record_code

MAX_CASE = 200


def router(deps: Deps) -> APIRouter:
    """Routes of archives and records."""
    routes = APIRouter()
    desk = ExportDesk(deps)

    @routes.get("/lots/{lot}/archive")
    def archive(
        lot: str,
        session: MaybeSignedIn,
        right: Right = Right.PUBLIC,
        ciphertext: bool = False,
        case: Annotated[str, Query(max_length=MAX_CASE)] = "",
    ) -> StreamingResponse:
        """The archive of an ended opening. `right=court` names the case it is for; every export beyond the
        public one is logged before its first byte."""
        kept = desk.known(lot) if right is Right.PUBLIC else None
        if kept is not None:
            return _answer(kept, f"{lot}-{right}")
        ended = ended_lot(deps, lot)
        viewer = viewer_of(ended, right, session, case)
        if session is not None and right is not Right.PUBLIC:
            what = f"archive:{right}" + (f" {case}" if case else "")
            BidVault(desk_of(deps)).log_read(ended.lot, "", what, session.person)
        return _answer(desk.pack(ended, viewer, ciphertext=ciphertext), f"{lot}-{right}")

    routes.include_router(pages(deps))
    return routes


def pages(deps: Deps) -> APIRouter:
    """Addresses that stand on paper, without the API's prefix."""
    routes = APIRouter()

    @routes.get("/verify/{code}")
    def verify(code: str) -> dict[str, Any]:
        """What a printed record's QR code leads to: the digests the paper must agree with."""
        return verification(deps, code)

    return routes


def _answer(packed: Packed, name: str) -> StreamingResponse:
    headers = {
        "Content-Length": str(packed.size),
        "Content-Disposition": f'attachment; filename="{name}.kaibiao.zip"',
    }
    return StreamingResponse(packed.stream(), media_type="application/zip", headers=headers)


def viewer_of(lot: Lot, right: Right, session: Session | None, case: str) -> Viewer:
    """Who asks, if they may see it. Refuses `sign-in-needed`, `not-allowed`, `case-missing`."""
    if right is Right.PUBLIC:
        return Viewer(right)
    if session is None:
        raise Refusal("sign-in-needed")
    if right is Right.PARTY and _is_party(lot, session.credit_code):
        return Viewer(right, session.credit_code)
    if right is Right.SUPERVISOR and _supervises(lot, session):
        return Viewer(right)
    if right is Right.COURT and PersonRole.AUDIT in session.roles:
        if not case.strip():
            raise Refusal("case-missing", "an archive for a court names the case it is for")
        return Viewer(right)
    raise Refusal("not-allowed")


def verification(deps: Deps, code: str) -> dict[str, Any]:
    """The public facts behind a record's code. Refuses `not-found` for anything else, guessed or mistyped."""
    parsed = parse_record_code(code)
    if parsed is None:
        raise Refusal("not-found")
    lot_id, part, digest = parsed
    lot = read_lot(deps.log, lot_id)
    setup = lot.state.setup
    if setup is None or part not in setup.parts:
        raise Refusal("not-found")
    records = (*lot.state.records, lot.state.record)
    found = next((one for one in records if one.minutes_sha256[:16] == digest), None)
    if found is None:
        raise Refusal("not-found")
    at = next(
        one.at
        for one in lot.events
        if isinstance(one, RecordRendered) and one.minutes_sha256 == found.minutes_sha256
    )
    return {
        "code": code,
        "lot": lot_id,
        "tender": lot.tender,
        "title": setup.title,
        "demonstration": setup.demonstration,
        "part": part,
        "phase": str(lot.state.phase),
        "renderedAt": iso(at),
        "minutesSha256": found.minutes_sha256,
        "renderedSha256": found.rendered,
        "sealedSha256": found.sha256 or None,
        "sealed": [{"seat": seat, "sha256": sha256} for seat, sha256 in found.sealed.items()],
        "checkpoint": deps.log.checkpoint(),
        "archive": f"/api/lots/{lot_id}/archive" if found.sha256 else None,
    }


def _is_party(lot: Lot, credit_code: str) -> bool:
    """Tenderer, agency, officers, and everybody whose bid was announced."""
    seats = {entry.credit_code for entry in lot.state.entries.values()}
    members = {
        member.credit_code
        for bid in lot.state.bids.values()
        if bid.identity is not None and bid.identity.ok
        for member in bid.identity.members
    }
    return bool(credit_code) and credit_code in seats | members | {str(code) for code in lot.state.by_code}


def _supervises(lot: Lot, session: Session) -> bool:
    """The supervising body of this lot, or anybody who holds that office on the platform."""
    named = any(
        entry.seat.role is Role.SUPERVISOR and entry.credit_code == session.credit_code
        for entry in lot.state.entries.values()
        if entry.credit_code
    )
    return named or PersonRole.SUPERVISOR in session.roles
