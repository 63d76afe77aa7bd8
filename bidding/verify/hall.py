"""Steps on the hall: its events folded once more, its keyset and documents as scheduled."""

from __future__ import annotations

from bidding.archive import names
from bidding.verify.case import Case
from bidding.verify.notices import check_notices
from bidding.verify.report import Failed, Findings, Wrong
from bidding.verify.signers import check_signer
from bidding.verify.trust import Trust
from crypto.canonical import unb64
from crypto.errors import Invalid
from crypto.keyset import documents_hash, parse_keyset, verify_keyset, verify_opening_key
from opening_hall.codec import decode
from opening_hall.domain import INITIAL, Erased, evolve
from opening_hall.facts import Phase

FINAL = (Phase.RECORDED, Phase.FAILED, Phase.ABORTED)


def fold_hall(case: Case, findings: Findings) -> None:
    """Decode every hall event and replay the state."""
    stream = f"hall:{case.opened.manifest.lot}"
    logged = case.events.get(stream, [])
    if not logged:
        raise Failed(Wrong(names.HALL_EVENTS, "entry-missing", f"no events of {stream}"))
    state = INITIAL
    for one in logged:
        try:
            event = decode(one.type or "Said", one.body, one.version, one.at, one.seat)
            state = evolve(state, event)
        except Invalid as error:
            raise Failed(Wrong(names.HALL_EVENTS, error.code, error.detail, leaf=one.index)) from error
        except (LookupError, AttributeError, TypeError, ValueError) as error:
            detail = f"{one.type} does not follow from what happened before"
            raise Failed(Wrong(names.HALL_EVENTS, "event-out-of-place", detail, leaf=one.index)) from error
        case.hall.append((one, event))
        if isinstance(event, Erased):
            findings.note(f"version {one.version} was erased")
    case.state = state
    findings.note(f"{len(logged)} events, the hall ended {state.phase!s}")


def check_setup(case: Case, trust: Trust, findings: Findings) -> None:
    """Keyset and documents are the ones the hall was scheduled with; every officer signed its opening key."""
    setup = case.setup
    data = case.opened.read(names.KEYSET)
    try:
        if data != unb64(setup.keyset):
            raise Invalid("keyset-differs", "not the keyset the hall was scheduled with")
        keyset = parse_keyset(data)
        verify_keyset(keyset)
        for officer in keyset.officers:
            check_signer(trust, verify_opening_key(keyset.tender, keyset.lot, officer), case.hall[0][0].at)
        if (keyset.tender, keyset.lot, keyset.k) != (setup.tender, setup.lot, setup.quorum):
            raise Invalid("keyset-differs", "of another lot or quorum")
    except Invalid as error:
        raise Failed(Wrong(names.KEYSET, error.code, error.detail)) from error
    if (setup.tender, setup.lot) != (case.opened.manifest.tender, case.opened.manifest.lot):
        findings.add(names.HALL_EVENTS, "hall-of-another-lot")
    case.keyset = keyset
    notices = check_notices(case, trust, findings)
    _check_documents(case, notices, findings)
    findings.note(f"{keyset.n} officers signed their opening keys, {keyset.k} open together")


def _check_documents(case: Case, notices: set[str], findings: Findings) -> None:
    """Every revision of the documents that bids may be sealed against, recomputed from its parts."""
    for value in case.json(names.DOCUMENTS):
        try:
            if value["notice"] not in notices:
                raise Invalid("notice-missing", f"revision {value['revision']} rests on a notice not here")
            case.documents.add(
                documents_hash(
                    case.opened.manifest.tender,
                    case.opened.manifest.lot,
                    value["revision"],
                    value["notice"],
                    value["form"],
                    [(one["name"], one["size"], one["sha256"]) for one in value["files"]],
                )
            )
        except Invalid as error:
            findings.add(names.DOCUMENTS, error.code, error.detail)
        except (KeyError, TypeError) as error:
            findings.add(names.DOCUMENTS, "documents-malformed", str(error))
    if case.setup.docs_hash not in case.documents:
        findings.add(names.DOCUMENTS, "revision-differs", "not the documents the hall was scheduled with")
