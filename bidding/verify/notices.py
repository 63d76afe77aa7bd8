"""The signed notices: a chain by the agency, in the log, that says what the hall was scheduled with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bidding.archive import names
from bidding.verify.case import Case, LogEvent, parse_entry
from bidding.verify.report import Findings
from bidding.verify.signers import check_signer
from bidding.verify.trust import Trust
from crypto.canonical import b64, iso, sha256_hex
from crypto.errors import Invalid
from crypto.signing import verify_detached


def check_notices(case: Case, trust: Trust, findings: Findings) -> set[str]:
    """The SHA-256 of every notice; each signed for the agency or the tenderer when it was logged."""
    logged = _logged(case)
    terms: dict[str, Any] = {}
    previous: tuple[int, bytes] | None = None
    parties: tuple[str, ...] = ()
    found = set()
    for number, name in _numbered(case):
        data = case.opened.read(name)
        found.add(sha256_hex(data))
        try:
            signed = verify_detached(case.opened.read(name.removesuffix(".json") + ".p7s"), data=data)
            notice = parse_entry(name, data)
            parties = parties or tuple(notice[who]["creditCode"] for who in ("agency", "tenderer"))
            event = logged.get(b64(data))
            if event is None:
                raise Invalid("notice-not-logged", "no event of the tender published it")
            check_signer(trust, signed, event.at, *parties)
            _check_chain(number, notice, previous)
            terms |= _terms(notice, case.opened.manifest.lot)
        except Invalid as error:
            findings.add(name, error.code, error.detail)
        except (KeyError, TypeError, AttributeError) as error:
            findings.add(name, "notice-malformed", str(error))
        previous = number, data
    _check_setup(case, terms, findings)
    return found


def _numbered(case: Case) -> Iterator[tuple[int, str]]:
    listed = (name for name in case.opened.names(names.NOTICES) if name.endswith(".json"))
    numbered = ((int(name.removeprefix(names.NOTICES).removesuffix(".json")), name) for name in listed)
    return iter(sorted(numbered))


def _logged(case: Case) -> Mapping[str, LogEvent]:
    """The tender's events that publish a notice, by the notice in base64url."""
    events = case.events.get(f"tender:{case.opened.manifest.tender}", [])
    return {str(one.body["notice"]): one for one in events if one.body is not None and "notice" in one.body}


def _check_chain(number: int, notice: Mapping[str, Any], previous: tuple[int, bytes] | None) -> None:
    """Each notice names the one before by its hash. A lot that joined later may begin in the middle."""
    before = sha256_hex(previous[1]) if previous is not None else notice["previous"] if number else ""
    follows = previous is None or previous[0] + 1 == number
    if notice["number"] != number or notice["previous"] != before or not follows:
        raise Invalid("notice-out-of-order", f"it does not follow the notice before number {number}")


def _terms(notice: Mapping[str, Any], lot: str) -> dict[str, Any]:
    """What a notice lays down for the lot: all of it when published, the deadline when changed."""
    lots = notice["lots"]
    if isinstance(lots, dict):
        return {"opensAt": lots[lot]["opensAt"]} if lot in lots else {}
    return next(
        ({key: one[key] for key in ("opensAt", "keyset", "k")} for one in lots if one["lot"] == lot), {}
    )


def _check_setup(case: Case, terms: Mapping[str, Any], findings: Findings) -> None:
    setup = case.setup
    told = {"opensAt": iso(setup.opens_at), "keyset": setup.keyset, "k": setup.quorum}
    for key, value in told.items():
        if terms.get(key) != value:
            findings.add(names.HALL_EVENTS, "setup-differs", f"{key} is not the one that was announced")
