"""Steps on the signed record: minutes that follow from the log, a PDF that holds them, and who signed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from bidding.archive import names
from bidding.verify.case import Case
from bidding.verify.report import Failed, Findings, Wrong
from bidding.verify.signers import check_signer
from bidding.verify.trust import Trust
from crypto.errors import Invalid
from crypto.pdf_additions import verify_additions
from crypto.pdf_bytes import VerifiedSignature, verify_pdf_signatures
from crypto.signing import verify_detached
from crypto.time_stamp_token import verify_time_stamp_path
from crypto.trust import Verdict
from opening_hall.events import (
    Event,
    HallClosed,
    RecordRendered,
    RecordSealed,
    RecordSigned,
)
from opening_hall.record.minutes import minutes


@dataclass(frozen=True, slots=True)
class Session:
    """One rendered record; a lot with several parts has one for each."""

    number: int
    before: tuple[Event, ...]
    """Everything that happened before it was rendered: the minutes tell exactly this."""
    rendered: RecordRendered
    after: tuple[Event, ...]
    """What happened from then on, up to the next record."""

    def path(self, name: str) -> str:
        """Where something of this record stands."""
        return names.record_path(self.number, name)

    @property
    def closed(self) -> HallClosed | None:
        """Its completion."""
        return next((event for event in self.after if isinstance(event, HallClosed)), None)


def sessions(events: list[Event]) -> Iterator[Session]:
    """The records in the order they were rendered."""
    starts = [at for at, event in enumerate(events) if isinstance(event, RecordRendered)]
    for number, at in enumerate(starts, 1):
        rendered = events[at]
        if isinstance(rendered, RecordRendered):
            end = starts[number] if number < len(starts) else len(events)
            yield Session(number, tuple(events[:at]), rendered, tuple(events[at + 1 : end]))


def check_minutes(case: Case, findings: Findings) -> None:
    """Minutes written again from the log equal those in the archive and in the PDF that was signed."""
    count = 0
    for session in sessions_of(case):
        told = minutes(session.before).encode()
        path, pdf_path = session.path("minutes.json"), session.path("record.pdf")
        if case.opened.read(path) != told:
            findings.add(path, "minutes-differ", "the log tells something else")
        if hashlib.sha256(told).hexdigest() != session.rendered.minutes_sha256:
            findings.add(names.HALL_EVENTS, "minutes-differ", "rendered from other minutes")
        pdf = case.opened.read(pdf_path)
        base = pdf[: session.rendered.size]
        if hashlib.sha256(base).hexdigest() != session.rendered.sha256:
            findings.add(
                pdf_path, "printed-record-differs", "it does not begin with the record that was rendered"
            )
        elif base.count(told) != 1:
            findings.add(pdf_path, "minutes-differ", "the minutes are not in the PDF as they are")
        final = session.closed.sha256 if session.closed else None
        if hashlib.sha256(pdf).hexdigest() != final:
            findings.add(pdf_path, "printed-record-differs", "not the record that closed the hall")
        count += 1
    findings.note(f"{count} records, their minutes written again from the log")


def check_signatures(case: Case, trust: Trust, findings: Findings) -> None:
    """Bidders' signatures over the rendered record, and the seals with their time stamps."""
    bidders = seals = 0
    for session in sessions_of(case):
        bidders += _check_bidders(case, trust, session, findings)
        seals += _check_seals(case, trust, session, findings)
    findings.note(f"{bidders} bidders signed, {seals} seals")


def _check_bidders(case: Case, trust: Trust, session: Session, findings: Findings) -> int:
    signed = [event for event in session.after if isinstance(event, RecordSigned)]
    expected = {session.path(f"signatures/{event.credit_code}.p7s"): event for event in signed}
    for path in set(case.opened.names(session.path("signatures/"))) - set(expected):
        findings.add(path, "signature-not-logged", "no event of the hall speaks of it")
    for path, event in expected.items():
        cms = case.opened.read(path)
        try:
            if hashlib.sha256(cms).hexdigest() != event.signature:
                raise Invalid("signature-differs", "not the signature that was logged")
            by = verify_detached(cms, digest=bytes.fromhex(session.rendered.sha256))
            check_signer(trust, by, event.at, event.credit_code)
        except Invalid as error:
            findings.add(path, error.code, error.detail)
    return len(expected)


def _check_seals(case: Case, trust: Trust, session: Session, findings: Findings) -> int:
    sealed = [event for event in session.after if isinstance(event, RecordSealed)]
    path = session.path("record.pdf")
    pdf = case.opened.read(path)
    try:
        verify_additions(pdf, session.rendered.size)
        found = verify_pdf_signatures(pdf) if sealed else ()
    except Invalid as error:
        findings.add(path, error.code, error.detail)
        return 0
    if len(found) != len(sealed):
        findings.add(path, "seals-differ", f"{len(found)} signatures, the log speaks of {len(sealed)}")
    for event, signature in zip(sealed, found, strict=False):
        try:
            revision = hashlib.sha256(pdf[: signature.signature.revision_end]).hexdigest()
            if revision != event.sha256:
                raise Invalid("seals-differ", f"{event.by} sealed another document")
            _check_seal(case, trust, event.by, signature)
        except Invalid as error:
            findings.add(path, error.code, f"{event.by}: {error.detail}")
    return len(found)


def _check_seal(case: Case, trust: Trust, seat: str, signature: VerifiedSignature) -> None:
    at: datetime | None = signature.at
    if signature.stamp is None or at is None:
        raise Invalid("seal-without-time-stamp", "no time-stamp token in it")
    verify_time_stamp_path(signature.stamp, trust.anchors, intermediates=trust.intermediates)
    judged = trust.store.judge(signature.certificate, signature.chain, at=at, evidence=trust.evidence)
    if judged.verdict is Verdict.INVALID:
        raise Invalid(judged.reason, judged.detail)
    entry = case.state.entries.get(seat) if case.state is not None else None
    if entry is not None and entry.credit_code and judged.credit_code != entry.credit_code:
        raise Invalid("seal-of-somebody-else", f"the certificate speaks for {judged.credit_code}")


def sessions_of(case: Case) -> list[Session]:
    """The records of the hall under examination, at least one."""
    found = list(sessions([event for _, event in case.hall]))
    if not found:
        raise Failed(Wrong(names.HALL_EVENTS, "record-missing", "no record was rendered"))
    return found
