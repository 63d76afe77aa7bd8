"""What a person signs in the hall: canonical statements, each under its own label, never reusable elsewhere.

Detached CMS (CAdES) by the certificate the person signed in with. Clients build the same bytes with these
functions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from crypto.canonical import canon


def admitted(lot: str, part: str, hash_: str) -> bytes:
    """An officer's signature over the admitted set."""
    return canon({"label": "kaibiao/sign-admitted/v1", "lot": lot, "part": part, "hash": hash_})


def adjudication(lot: str, bids: Iterable[str], cause: str, reason: str) -> bytes:
    """Attribution of failures (归责)."""
    return canon(
        {"label": "kaibiao/adjudicate/v1", "lot": lot, "bids": sorted(bids), "cause": cause, "reason": reason}
    )


def objection(lot: str, objection_id: str, text: str) -> bytes:
    """An objection (异议)."""
    return canon({"label": "kaibiao/objection/v1", "lot": lot, "objection": objection_id, "text": text})


def answer(lot: str, objection_id: str, text: str, resolution: str) -> bytes:
    """The host's answer to it."""
    return canon(
        {
            "label": "kaibiao/objection-answer/v1",
            "lot": lot,
            "objection": objection_id,
            "text": text,
            "resolution": resolution,
        }
    )


def line(lot: str, bid: str, part: str, form: Mapping[str, str]) -> bytes:
    """A bidder's own line as read."""
    return canon({"label": "kaibiao/confirm/v1", "lot": lot, "bid": bid, "part": part, "form": dict(form)})


def abort(lot: str, code: str, reason: str) -> bytes:
    """Ending the opening for good (终止)."""
    return canon({"label": "kaibiao/abort/v1", "lot": lot, "code": code, "reason": reason})


def reconvene(lot: str, bids: Iterable[str], reason: str) -> bytes:
    """Opening the next part (复会) for these bids."""
    return canon({"label": "kaibiao/reconvene/v1", "lot": lot, "bids": sorted(bids), "reason": reason})


def handover(lot: str, to: str, reason: str) -> bytes:
    """Passing the host's duty on, or a deputy taking it."""
    return canon({"label": "kaibiao/host-handover/v1", "lot": lot, "to": to, "reason": reason})


def seat_proof(lot: str, challenge: str) -> dict[str, str]:
    """What a bid's receipt key signs to take its seat; an object, as crypto.statements takes it."""
    return {"label": "kaibiao/seat/v1", "lot": lot, "challenge": challenge}
