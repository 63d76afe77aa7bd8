"""Powers of operators over an opening, which two persons use together (双人操作), and never a key to a bid.

One operator signs a statement that says what is to be done and why; another one signs the same statement;
only then it is done. Both signatures stay in the log.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from bidding.deps import Deps
from bidding.people import store
from bidding.people.register import grant
from bidding.people.roles import OPERATORS, Role
from bidding.tenders import rule_check
from bidding.tenders.rulebook import Regime, Row
from bidding.tenders.store import confirm_rule, put_rule
from ceremony.errors import Malformed, Refusal
from crypto.canonical import b64, canon, iso, parse_canonical, parse_iso
from crypto.credit_code import parse_credit_code
from crypto.errors import Invalid
from crypto.translog.engine import reading
from crypto.translog.store import NewEvent
from opening_hall.commands import Abort, Suspend
from opening_hall.facts import AbortCode, SuspendCode
from opening_hall.seats import PLATFORM

STREAM = "platform"
LABEL = "kaibiao/operator-act/v1"
MEMBERS = {"label", "act", "kind", "subject", "detail", "reason", "expiresAt"}
LONGEST = timedelta(hours=24)
MAX_TEXT = 500
#: A whole rule row stands in the detail of the act that puts it.
MAX_DETAIL = 6000


class ActKind(StrEnum):
    """What two operators may do together. None of it opens, drops or changes a bid."""

    SUSPEND_HALL = "suspend-hall"
    """Stop the clocks of a hall; `subject` is the lot, `detail` a code of `SuspendCode`."""
    ABORT_HALL = "abort-hall"
    """End an opening whose data is lost or was tampered with; `detail` is a code of `AbortCode`."""
    GRANT_OPERATOR = "grant-operator"
    """Appoint an operator: `subject` is `credit code:person`, `detail` the role."""
    PUT_RULE = "put-rule"
    """Put a rule row that binds at once: `subject` is its id, `detail` canonical `{"entry", "regime"}`."""


@dataclass(frozen=True, slots=True)
class Act:
    """What the two statements say."""

    id: str
    kind: ActKind
    subject: str
    detail: str
    reason: str
    expires_at: datetime

    def encode(self) -> bytes:
        return canon(
            {
                "label": LABEL,
                "act": self.id,
                "kind": self.kind.value,
                "subject": self.subject,
                "detail": self.detail,
                "reason": self.reason,
                "expiresAt": iso(self.expires_at),
            }
        )


def parse_act(data: bytes, now: datetime) -> Act:
    """The act in its canonical bytes. Raises `Malformed("act-malformed")`, `Refusal("act-expired")`."""
    value = parse_canonical(data, limit=16_384)
    if not isinstance(value, dict) or set(value) != MEMBERS or value["label"] != LABEL:
        raise Malformed("act-malformed", "not an operator's act of this version")
    limits = {"detail": MAX_DETAIL if value.get("kind") == ActKind.PUT_RULE else MAX_TEXT}
    if not all(
        isinstance(text, str) and 0 < len(text) <= limits.get(name, MAX_TEXT) for name, text in value.items()
    ):
        raise Malformed("act-malformed", "every member is a short text")
    try:
        kind, expires_at = ActKind(value["kind"]), parse_iso(value["expiresAt"])
        act = Act(value["act"], kind, value["subject"], value["detail"], value["reason"], expires_at)
        _check_detail(act)
    except (ValueError, Invalid) as error:
        raise Malformed("act-malformed", str(error)) from error
    if not now < act.expires_at <= now + LONGEST:
        raise Refusal("act-expired", "an act is confirmed within a day", expiresAt=iso(act.expires_at))
    return act


def _check_detail(act: Act) -> None:
    match act.kind:
        case ActKind.SUSPEND_HALL:
            SuspendCode(act.detail)
        case ActKind.ABORT_HALL:
            AbortCode(act.detail)
        case ActKind.GRANT_OPERATOR:
            code, _, person = act.subject.partition(":")
            parse_credit_code(code)
            if Role(act.detail) not in OPERATORS or not person.startswith("p_"):
                raise ValueError("an operator role and `credit code:person` expected")
        case ActKind.PUT_RULE:
            if rule_of(act)[0].id != act.subject:
                raise ValueError("the act is about another row than its detail holds")


def rule_of(act: Act) -> tuple[Row, dict[str, Any]]:
    """The row in an act's detail and its entry. Raises `Malformed("bad-rule")`, `ValueError`."""
    value = parse_canonical(act.detail.encode(), limit=16_384)
    if (
        not isinstance(value, dict)
        or set(value) != {"entry", "regime"}
        or not isinstance(value["entry"], dict)
    ):
        raise ValueError("a rule row with its regime expected")
    entry: dict[str, Any] = value["entry"]
    return rule_check.parse(entry, Regime(str(value["regime"]))), entry


def ask(deps: Deps, data: bytes, cms: bytes, *, by: str, now: datetime) -> Act:
    """Keep what the first operator asks for. Raises `Refusal("act-expired")` for an id that was used."""
    act = parse_act(data, now)
    body = {"statement": b64(data), "signature": b64(cms)}

    def rows(tx: sa.Connection) -> None:
        table = store.operator_act
        if tx.execute(sa.select(table.c.id).where(table.c.id == act.id)).first():
            raise Refusal("act-expired", "this act was asked for before")
        tx.execute(
            sa.insert(table).values(
                id=act.id,
                kind=act.kind.value,
                subject=act.subject,
                statement=data,
                asked_by=by,
                asked_at=now,
                asked_signature=cms,
                expires_at=act.expires_at,
            )
        )

    deps.log.append(STREAM, None, [NewEvent("OperatorActAsked", f"person:{by}", body)], within=rows)
    return act


def statement_of(deps: Deps, act_id: str) -> bytes:
    """What a confirming operator signs. Raises `Refusal("not-found")`."""
    with reading(deps.engine) as tx:
        found = tx.execute(
            sa.select(store.operator_act.c.statement).where(store.operator_act.c.id == act_id)
        ).scalar()
    if found is None:
        raise Refusal("not-found")
    return bytes(found)


def confirm(deps: Deps, act_id: str, cms: bytes, *, by: str, now: datetime) -> Act:
    """Confirm as the second person, then do it. Repeated by the same person, what was cut short is done.

    Raises `Refusal("second-person-same")`, `Refusal("act-expired")`, and what the act itself refuses.
    """
    act = parse_confirmed(deps, act_id)
    body = {"act": act_id, "signature": b64(cms)}

    def rows(tx: sa.Connection) -> None:
        table = store.operator_act
        row = tx.execute(sa.select(table).where(table.c.id == act_id).with_for_update()).one()
        if row.asked_by == by:
            raise Refusal("second-person-same")
        if row.confirmed_by not in (None, by) or (row.confirmed_by is None and now >= row.expires_at):
            raise Refusal("act-expired", expiresAt=iso(row.expires_at))
        tx.execute(
            sa.update(table)
            .where(table.c.id == act_id, table.c.confirmed_by.is_(None))
            .values(confirmed_by=by, confirmed_at=now, confirmed_signature=cms)
        )

    event = NewEvent("OperatorActConfirmed", f"person:{by}", body)
    deps.log.append(STREAM, None, [event], command_id=f"confirm:{act_id}:{by}", within=rows)
    _do(deps, act, by, now)
    return act


def parse_confirmed(deps: Deps, act_id: str) -> Act:
    """An act as it was asked for; it was checked then, so that only its members are read."""
    value = parse_canonical(statement_of(deps, act_id), limit=16_384)
    kind, expires_at = ActKind(value["kind"]), parse_iso(value["expiresAt"])
    return Act(value["act"], kind, value["subject"], value["detail"], value["reason"], expires_at)


def _do(deps: Deps, act: Act, by: str, now: datetime) -> None:
    command_id = f"act:{act.id}"
    stream = f"hall:{act.subject}"
    match act.kind:
        case ActKind.SUSPEND_HALL:
            suspend = Suspend(SuspendCode(act.detail), act.reason)
            deps.halls.handle(stream, str(PLATFORM), suspend, command_id=command_id)
        case ActKind.ABORT_HALL:
            abort = Abort(AbortCode(act.detail), act.reason, "")
            deps.halls.handle(stream, str(PLATFORM), abort, command_id=command_id)
        case ActKind.GRANT_OPERATOR:
            code, _, person = act.subject.partition(":")
            role = Role(act.detail)
            # Under the act's own id: confirming again does not give back what was taken away since.
            grant(
                deps.log,
                credit_code=code,
                name="",
                person=person,
                role=role,
                by=command_id,
                now=now,
                command_id=command_id,
            )
        case ActKind.PUT_RULE:
            _put_rule(deps, act, by=command_id, now=now)


def _put_rule(deps: Deps, act: Act, *, by: str, now: datetime) -> None:
    """The row, and that it was confirmed: two people signed it. Under the act's id it happens once."""
    row, entry = rule_of(act)

    def rows(tx: sa.Connection) -> None:
        put_rule(tx, row, entry, by, now)
        confirm_rule(tx, row.id, by, now)

    event = NewEvent("RulePut", by, {"regime": row.regime.value, "entry": entry})
    deps.log.append(STREAM, None, [event], command_id=by, within=rows)


def listed(tx: sa.Connection, now: datetime) -> list[dict[str, Any]]:
    """Acts that wait for a second person, and the last ones that were done."""
    table = store.operator_act
    query = sa.select(table).order_by(table.c.asked_at.desc()).limit(100)
    names = store.person_names(tx)
    return [
        {
            "id": row.id,
            "kind": row.kind,
            "subject": row.subject,
            "statement": b64(row.statement),
            "askedBy": row.asked_by,
            "askedByName": names.get(row.asked_by, ""),
            "askedAt": iso(row.asked_at),
            "confirmedBy": row.confirmed_by,
            "confirmedByName": names.get(row.confirmed_by or "", ""),
            "confirmedAt": iso(row.confirmed_at) if row.confirmed_at else None,
            "open": row.confirmed_by is None and now < row.expires_at,
        }
        for row in tx.execute(query)
    ]
