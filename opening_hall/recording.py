"""The record of a session on its way: rendered, bidders' signatures attached, sealed seat by seat.

Each step stores the bytes first and reports their hash as a command; bytes that no event names are nobody's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import sqlalchemy as sa

from crypto.canonical import canon, parse_canonical, sha256_hex, unhex
from crypto.pdf_signature import Prepared, attach_files, complete_signature, prepare_signature
from crypto.timestamps import TimeStampAuthority
from opening_hall.commands import Command, PrepareSeal, ReportAttached, ReportRendered, ReportSealed
from opening_hall.draw_nonce import Sending
from opening_hall.events import Event
from opening_hall.facts import Phase
from opening_hall.guards import next_seal
from opening_hall.record.minutes import minutes
from opening_hall.record.pdf import record_code, render
from opening_hall.seats import BidId, CreditCode, LotId, Role, Seat
from opening_hall.state import State
from opening_hall.vault import RECORD_SIGNATURE, SEAL, Vault

MAX_PREPARED = 4096


class RecordStore(Protocol):
    """The records' bytes by hash, and which of them is a session's record now; sessions count from 1."""

    def put_revision(self, lot: LotId, data: bytes) -> str:
        """Store a PDF or a note about one, durably; its SHA-256."""

    def revision(self, lot: LotId, sha256: str) -> bytes:
        """The bytes of a hash. Raises `Invalid("object-missing")` or `Unavailable`."""

    def put_record(self, tx: sa.Connection, lot: LotId, session: int, sha256: str, size: int) -> None:
        """From this transaction on, this is the session's record."""

    def put_prepared(self, tx: sa.Connection, lot: LotId, digest: str, note: str) -> None:
        """Remember the note about a prepared seal by the digest that is signed."""

    def prepared(self, lot: LotId, digest: str) -> str | None:
        """The note's hash."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A step to report; `expected` where it is only true of that very version of the hall."""

    sending: Sending
    expected: int | None = None


_SIGNATURE = "投标人对开标记录的电子签名 bidder's signature over the record"
_REASONS = {
    Role.HOST: "开标记录：主持人签章",
    Role.DEPUTY: "开标记录：主持人签章",
    Role.TENDERER: "开标记录：招标人签章",
    Role.SUPERVISOR: "开标记录：监督签章",
}


class Recording:
    """Makes the next step of a record, when the platform has one to make."""

    def __init__(
        self,
        vault: Vault,
        records: RecordStore,
        tsa: TimeStampAuthority,
        events: Callable[[LotId, int], list[Event]],
        certificate: Callable[[str], bytes | None],
        verify_url: str,
        now: Callable[[], datetime],
    ) -> None:
        """`events(lot, version)`: the hall's events up to it; `certificate(sha256)`: a known one's DER."""
        self._vault = vault
        self._records = records
        self._tsa = tsa
        self._events = events
        self._certificate = certificate
        self._verify_url = verify_url
        self._now = now

    def next(self, lot: LotId, version: int, state: State) -> Recorded | None:
        """The next step, or None while it is somebody else's. Raises `Unavailable` without a time stamp."""
        record = state.record
        if not record.rendered:
            return self._render(lot, version, state)
        if state.phase is Phase.RECORD_SIGN:
            return self._attach(lot, state) if record.signing_closed and not record.attached else None
        if record.seal_signed:
            return self._complete(lot, state)
        return self._prepare(lot, state)

    def _render(self, lot: LotId, version: int, state: State) -> Recorded:
        found = minutes(self._events(lot, version))
        code = record_code(found)
        pdf = render(found, verify_url=f"{self._verify_url}/verify/{code}", code=code)
        sha256 = self._records.put_revision(lot, pdf)
        command = ReportRendered(sha256, len(pdf), sha256_hex(found.encode()))
        # The record is what these minutes say: if anything happened meanwhile it is rendered again.
        return Recorded(self._sending(command, lot, state, sha256, len(pdf)), version)

    def _attach(self, lot: LotId, state: State) -> Recorded:
        rendered = state.record.rendered
        given = self._vault.secrets(lot, f"{RECORD_SIGNATURE}{state.stage}")
        signed = {
            code: cms for (code, _), cms in given.items() if CreditCode(code) in state.record.signatures
        }
        if not signed:
            return Recorded(Sending(ReportAttached(rendered)))
        files = {f"signature-{code}.p7s": cms for code, cms in sorted(signed.items())}
        pdf = attach_files(
            self._records.revision(lot, rendered), files, at=self._now(), description=_SIGNATURE
        )
        sha256 = self._records.put_revision(lot, pdf)
        return Recorded(self._sending(ReportAttached(sha256), lot, state, sha256, len(pdf)))

    def _prepare(self, lot: LotId, state: State) -> Recorded | None:
        seat = next_seal(state)
        if seat is None or state.record.prepared_for == seat:
            return None
        certificate = self._certificate_of(state, seat)
        if certificate is None:
            # Whoever seals has to be there: signing in wakes this up again.
            return None
        entry = state.person(Seat.parse(seat))
        prepared = prepare_signature(
            self._records.revision(lot, self._latest(state)),
            field=f"seal-{len(state.record.sealed) + 1}-{Seat.parse(seat).role}",
            certificate=certificate,
            at=self._now(),
            reason=_REASONS.get(Seat.parse(seat).role, ""),
            name=entry.name if entry else "",
        )
        pdf = self._records.put_revision(lot, prepared.pdf)
        note = self._records.put_revision(lot, _encode_prepared(prepared, pdf))
        digest = prepared.digest.hex()
        return Recorded(
            Sending(PrepareSeal(seat, digest), lambda tx: self._records.put_prepared(tx, lot, digest, note))
        )

    def _complete(self, lot: LotId, state: State) -> Recorded | None:
        record = state.record
        note = self._records.prepared(lot, record.digest)
        kept = self._vault.secrets(lot, f"{SEAL}{state.stage}")
        cms = kept.get((BidId(record.digest), record.prepared_for))
        if note is None or cms is None:
            return None
        prepared = self._decode_prepared(lot, self._records.revision(lot, note))
        pdf = complete_signature(prepared, cms, self._tsa)
        sha256 = self._records.put_revision(lot, pdf)
        command = ReportSealed(record.prepared_for, sha256)
        return Recorded(self._sending(command, lot, state, sha256, len(pdf)))

    def _sending(self, command: Command, lot: LotId, state: State, sha256: str, size: int) -> Sending:
        session = state.stage + 1
        return Sending(command, lambda tx: self._records.put_record(tx, lot, session, sha256, size))

    def _certificate_of(self, state: State, seat: str) -> bytes | None:
        present = state.sign_ins.get(seat)
        entry = state.person(Seat.parse(seat))
        sha256 = present.certificate_sha256 if present else entry.certificate_sha256 if entry else ""
        return self._certificate(sha256) if sha256 else None

    def _latest(self, state: State) -> str:
        record = state.record
        return [record.attached or record.rendered, *record.sealed.values()][-1]

    def _decode_prepared(self, lot: LotId, note: bytes) -> Prepared:
        value = parse_canonical(note, limit=MAX_PREPARED)
        return Prepared(
            pdf=self._records.revision(lot, value["pdf"]),
            digest=unhex(value["digest"], 32),
            start=value["start"],
            end=value["end"],
            certificate_sha256=value["certificate"],
        )


def _encode_prepared(prepared: Prepared, pdf: str) -> bytes:
    return canon(
        {
            "pdf": pdf,
            "digest": prepared.digest.hex(),
            "start": prepared.start,
            "end": prepared.end,
            "certificate": prepared.certificate_sha256,
        }
    )
