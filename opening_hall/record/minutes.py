"""The opening record (开标记录表), made from the events and nothing else. Pure; same events, same bytes.

Columns and head are those of the usual 开标记录表; labels stand in Chinese and English, values in the
record's language.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Literal

from crypto.canonical import canon
from crypto.errors import Invalid
from opening_hall import events as e
from opening_hall.evolve import evolve
from opening_hall.facts import Resolution
from opening_hall.record import words
from opening_hall.record.capital_amount import capital_amount
from opening_hall.record.incidents import Incident, incidents_of
from opening_hall.record.people import FUNCTIONS, actor, person
from opening_hall.record.words import word
from opening_hall.rules import Setup
from opening_hall.seats import Role
from opening_hall.state import INITIAL, Bid, Message, Objection, State
from opening_hall.steps import PRICE

LABEL = "kaibiao/minutes/v1"
BEIJING = timezone(timedelta(hours=8), "+08:00")
"""Times are printed in Beijing time, as every tender document is."""
PERIOD = ("duration_days", "duration", "delivery", "service_period")
QUALITY = ("quality", "standard")
LEADER = ("manager", "manager_certificate", "lead", "design_lead")
NONE = "—"

Language = Literal["zh", "en"]


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of the head."""

    key: str
    zh: str
    en: str
    value: str


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the table."""

    key: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Row:
    """One bid; cells in the order of the columns, lines inside a cell divided by newlines."""

    bid: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Exchange:
    """An objection and its answer."""

    number: int
    by: str
    at: str
    text: str
    answer: str
    answered_by: str
    answered_at: str
    resolution: str


@dataclass(frozen=True, slots=True)
class Line:
    """A dated line: an incident, or a message of the hall."""

    at: str
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Signatory:
    """Who is to sign, and in what function."""

    seat: str
    function: str
    name: str


@dataclass(frozen=True, slots=True)
class Minutes:
    """The record of one session."""

    lang: Language
    lot: str
    title: str
    demonstration: bool
    part: str
    header: tuple[Fact, ...]
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    objections: tuple[Exchange, ...]
    incidents: tuple[Line, ...]
    chat: tuple[Line, ...]
    signatories: tuple[Signatory, ...]
    admitted_hash: str

    def encode(self) -> bytes:
        """Canonical bytes; their SHA-256 stands in RecordRendered."""
        return canon(
            {
                "label": LABEL,
                "lang": self.lang,
                "lot": self.lot,
                "title": self.title,
                "demonstration": self.demonstration,
                "part": self.part,
                "header": [[f.key, f.zh, f.en, f.value] for f in self.header],
                "columns": [[c.key, c.zh, c.en] for c in self.columns],
                "rows": [[row.bid, list(row.cells)] for row in self.rows],
                "objections": [
                    {
                        "number": o.number,
                        "by": o.by,
                        "at": o.at,
                        "text": o.text,
                        "answer": o.answer,
                        "answeredBy": o.answered_by,
                        "answeredAt": o.answered_at,
                        "resolution": o.resolution,
                    }
                    for o in self.objections
                ],
                "incidents": [[line.at, line.kind, line.text] for line in self.incidents],
                "chat": [[line.at, line.kind, line.text] for line in self.chat],
                "signatories": [[s.seat, s.function, s.name] for s in self.signatories],
                "admittedHash": self.admitted_hash,
            }
        )


COLUMNS = (
    Column("number", "序号", "No."),
    Column("bidder", "投标人", "Bidder"),
    Column("creditCode", "统一社会信用代码", "Credit code"),
    Column("receivedAt", "递交时间", "Received"),
    Column("integrity", "完整性校验", "Integrity"),
    Column("decryption", "解密结果/时间/原因", "Decryption"),
    Column("deposit", "保证金 形式/金额/状态", "Deposit"),
    Column("price", "投标报价 小写/大写", "Price"),
    Column("period", "工期（交货期）", "Period"),
    Column("quality", "质量", "Quality"),
    Column("leader", "项目负责人", "Project lead"),
    Column("other", "其他", "Other"),
    Column("confirmed", "投标人确认", "Confirmation"),
    Column("remarks", "备注", "Remarks"),
)


def minutes(events: Iterable[e.Event], lang: Language = "zh") -> Minutes:
    """The record of the latest session these events tell of.

    Raises Invalid("minutes-empty") when they do not begin with a set-up.
    """
    state = INITIAL
    incidents: list[Incident] = []
    for event in events:
        state = evolve(state, event)
        incidents += incidents_of(state, event)
    return minutes_of(state, incidents, lang)


def minutes_of(state: State, incidents: Iterable[Incident], lang: Language = "zh") -> Minutes:
    """The record of a state folded elsewhere, with the incidents met on the way."""
    if state.setup is None:
        raise Invalid("minutes-empty")
    n = 0 if lang == "zh" else 1
    rows = sorted(_session(state), key=lambda bid: (bid.number or 10**9, bid.closed.received_at, bid.id))
    return Minutes(
        lang=lang,
        lot=state.setup.lot,
        title=state.setup.title,
        demonstration=state.setup.demonstration,
        part=state.part,
        header=_header(state, state.setup, n),
        columns=COLUMNS,
        rows=tuple(Row(bid.id, _cells(state.setup, state, bid, n)) for bid in rows),
        objections=tuple(_exchange(state, o, n) for o in state.objections.values()),
        incidents=tuple(Line(moment(i.at), i.kind, (i.zh, i.en)[n]) for i in incidents),
        chat=tuple(_said(state, message, n) for message in state.chat),
        signatories=_signatories(state, n),
        admitted_hash=state.admitted_hash,
    )


def moment(at: datetime) -> str:
    """An instant as the record prints it: Beijing time to the millisecond."""
    local = at.astimezone(UTC).astimezone(BEIJING)
    return f"{local:%Y-%m-%d %H:%M:%S}.{local.microsecond // 1000:03d}"


def _session(state: State) -> list[Bid]:
    if state.stage == 0:
        return list(state.bids.values())
    return [state.bids[bid] for bid in state.contenders]


def _header(state: State, setup: Setup, n: int) -> tuple[Fact, ...]:
    def people(role: Role) -> str:
        names = [person(x, n) for x in state.entries.values() if x.seat.role is role]
        return "；".join(names) or NONE

    host = state.person(state.host_seat())
    rule = setup.rules.draw
    return (
        Fact("project", "项目", "Project", setup.title),
        Fact("lot", "标段", "Lot", setup.lot_title or setup.lot),
        Fact("code", "招标项目编号", "Code", setup.code or NONE),
        Fact("dealCode", "统一交易标识码", "Deal code", setup.deal_code or NONE),
        Fact("openedAt", "开标时间（投标截止时间）", "Opening time (deadline)", moment(setup.opens_at)),
        Fact("place", "开标地点（网址）", "Place (address)", setup.place or NONE),
        Fact("part", "开启部分", "Part opened", word(words.PARTS, state.part, n)),
        Fact("host", "主持人", "Host", person(host, n) if host else state.host),
        Fact("tenderer", "招标人代表", "Tenderer's representative", people(Role.TENDERER)),
        Fact("officers", "开标人员", "Key officers", people(Role.OFFICER)),
        Fact("supervisor", "监督", "Supervisor", people(Role.SUPERVISOR)),
        Fact("witness", "见证", "Witness", people(Role.WITNESS)),
        Fact("ceiling", "最高投标限价", "Ceiling", _amount(setup.ceiling) or NONE),
        Fact("benchmark", "标底", "Tenderer's estimate", _amount(state.announced_benchmark) or NONE),
        Fact("evaluation", "评标办法", "Evaluation method", setup.evaluation or NONE),
        Fact(
            "draw",
            rule.zh if rule else "系数",
            rule.en if rule else "Coefficient",
            state.draw.value or NONE,
        ),
        Fact("result", "开标结果", "Result", _result(state, n)),
    )


def _result(state: State, n: int) -> str:
    ending = state.ending
    if ending is not None and ending.failed is not None:
        return word(words.FAILED, ending.failed, n)
    if ending is not None and ending.aborted is not None:
        return word(words.ABORTED, ending.aborted, n)
    read = len(state.reading)
    return (f"共唱标 {read} 家", f"{read} bids read")[n]


def _amount(yuan: str) -> str:
    """Digits and capitals on two lines; what is not a number is left as it was sealed."""
    try:
        return f"{yuan}\n{capital_amount(yuan)}" if yuan else ""
    except Invalid:
        return yuan


def _cells(setup: Setup, state: State, bid: Bid, n: int) -> tuple[str, ...]:
    identity = bid.identity if bid.identity is not None and bid.identity.ok else None
    form = _form(state, bid)
    unidentified = ("身份未能核验", "identity not verified")[n] + f"\n{bid.id}"
    named = "\n".join((identity.name, *(m.name for m in identity.members[1:]))) if identity else unidentified
    known = {PRICE, *PERIOD, *QUALITY, *LEADER}
    others = [f.name for f in setup.form if f.name not in known]
    return (
        str(bid.number or NONE),
        named,
        identity.credit_code if identity else NONE,
        moment(bid.closed.received_at),
        _integrity(bid, n),
        _decryption(state, bid, n),
        _deposit(identity.deposit if identity else {}),
        _amount(form.get(PRICE, "")) or NONE,
        _fields(setup, form, PERIOD, n, labelled=False),
        _fields(setup, form, QUALITY, n, labelled=False),
        _fields(setup, form, LEADER, n, labelled=False),
        _fields(setup, form, tuple(others), n, labelled=True),
        _confirmation(state, bid, n),
        _remarks(state, bid, n),
    )


def _form(state: State, bid: Bid) -> dict[str, str]:
    opening = bid.openings.get(state.part)
    return dict(opening.form) if opening is not None and state.part in bid.read else {}


def _fields(setup: Setup, form: dict[str, str], names: tuple[str, ...], n: int, *, labelled: bool) -> str:
    lines = []
    for field in setup.form:
        if field.name in names and field.name in form:
            label = f"{(field.zh, field.en)[n]}：" if labelled else ""
            unit = f" {field.unit}" if field.unit else ""
            lines.append(f"{label}{form[field.name]}{unit}")
    return "\n".join(lines) or NONE


def _integrity(bid: Bid, n: int) -> str:
    if bid.identity is not None and bid.identity.ok:
        return ("通过", "passed")[n]
    if bid.identity is not None:
        return word(words.REASONS, bid.identity.reason, n)
    return NONE


def _decryption(state: State, bid: Bid, n: int) -> str:
    if bid.superseded is not None:
        return word(words.SUPERSEDED, bid.superseded.rule, n)
    failure = bid.failure
    released = bid.released.get(state.part)
    when = moment(released) if released else ""
    if failure is not None and state.part not in bid.read:
        parts = [
            ("失败", "failed")[n],
            when,
            word(words.REASONS, failure.reason, n),
            word(words.CAUSES, failure.cause or "UNKNOWN", n),
            word(words.EFFECTS, failure.effect, n),
        ]
        return "\n".join(part for part in parts if part)
    if state.part in bid.openings:
        return f"{('成功', 'opened')[n]}\n{when}"
    return f"{('已解密', 'released')[n]}\n{when}" if released else NONE


def _deposit(deposit: object) -> str:
    if not isinstance(deposit, dict) or not deposit:
        return NONE
    first = [deposit[key] for key in ("form", "amount", "status") if deposit.get(key)]
    rest = [f"{key}: {value}" for key, value in deposit.items() if key not in ("form", "amount", "status")]
    return "\n".join([*first, *rest])


def _confirmation(state: State, bid: Bid, n: int) -> str:
    confirmed = bid.confirmed.get(state.part)
    if confirmed is None:
        return NONE
    at, how = confirmed
    return f"{word(words.CONFIRMED, how, n)}\n{moment(at)}"


def _remarks(state: State, bid: Bid, n: int) -> str:
    read = bid.read.get(state.part)
    out = [word(words.REASONS, flag, n) for flag in (read[1] if read else ())]
    if bid.identity is not None and bid.identity.ok and bid.identity.reason:
        out.append(word(words.REASONS, bid.identity.reason, n))
    if bid.rejudged is not None and not bid.rejudged.ok:
        out.append(word(words.REASONS, bid.rejudged.reason, n))
    if bid.identity is not None and bid.identity.members:
        out.append(("联合体", "consortium")[n])
    return "\n".join(out) or NONE


def _exchange(state: State, o: Objection, n: int) -> Exchange:
    return Exchange(
        number=o.number,
        by=actor(state, o.by, n),
        at=moment(o.at),
        text=o.text,
        answer=o.answer,
        answered_by=actor(state, o.answered_by, n) if o.answered_by else "",
        answered_at=moment(o.answered_at) if o.answered_at else "",
        resolution=word(words.RESOLVED, o.resolution or Resolution.UNRESOLVED, n),
    )


def _said(state: State, message: Message, n: int) -> Line:
    return Line(moment(message.at), actor(state, message.by, n), message.text)


def _signatories(state: State, n: int) -> tuple[Signatory, ...]:
    out = []
    for key in state.seal_seats():
        entry = state.entries.get(key)
        role = Role.HOST if entry is None or entry.seat.id == state.host else entry.seat.role
        out.append(Signatory(key, FUNCTIONS[role][n], entry.name if entry else state.host))
    return tuple(out)
