"""The minutes as they are laid out on paper: which facts stand where, in both languages."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

from opening_hall.record.minutes import Minutes
from opening_hall.record.sheet import Column, Fact, Label, Sheet, Table

TITLE = Label("开标记录表", "Record of Bid Opening")
DEMONSTRATION = "演示 DEMONSTRATION · 无法律效力 no legal effect"
_SHARES = {
    "number": 2.6, "bidder": 11, "creditCode": 9.6, "receivedAt": 7.0, "integrity": 4.6, "decryption": 8.0,
    "deposit": 6.6, "price": 12.5, "period": 5.4, "quality": 4.2, "leader": 5.6, "other": 7.2,
    "confirmed": 7.6, "remarks": 6.6,
}  # fmt: skip
_AMOUNTS = ("price",)
_NOTES = (
    "本记录由开标过程日志自动生成，所附 minutes.json 为其数据原文；签名覆盖本文件全部内容。"
    " This record is made from the log of the opening; the attached minutes.json is its data, and the"
    " signatures cover the whole document.",
    "投标人对本文件初始版本的 SHA-256 签名（附件 *.p7s），主持人、招标人代表和监督以带时间戳的电子签名签章。"
    " Bidders sign the SHA-256 of the first revision (attachments *.p7s); host, tenderer and supervisor seal"
    " it with time-stamped signatures.",
)


def record_code(minutes: Minutes) -> str:
    """What QR code and `/verify/{code}` name: lot, part and the first 64 bits of the minutes' SHA-256."""
    return f"{minutes.lot}.{minutes.part}.{sha256(minutes.encode()).hexdigest()[:16]}"


def parse_record_code(code: str) -> tuple[str, str, str] | None:
    """(lot, part, first 16 hex digits) of a code, or None for anything else."""
    parts = code.split(".")
    if len(parts) != 3 or len(parts[2]) != 16 or not all(parts) or len(code) > 120:
        return None
    return parts[0], parts[1], parts[2]


def printed(minutes: Minutes, *, verify_url: str, code: str) -> Sheet:
    """The sheet of a session's minutes."""
    return Sheet(
        title=TITLE,
        subtitle=minutes.title,
        marks=(DEMONSTRATION,) if minutes.demonstration else (),
        facts=tuple(Fact(Label(f.zh, f.en), f.value.replace("\n", " ")) for f in minutes.header),
        tables=tuple(_tables(minutes)),
        notes=(f"准予开启集合摘要 admitted set: {minutes.admitted_hash or '/'}", *_NOTES),
        footer=f"记录数据摘要 minutes SHA-256 {sha256(minutes.encode()).hexdigest()}",
        qr=verify_url,
        qr_caption=f"扫码核验 Verify\n{code.rpartition('.')[2]}",
    )


def _tables(minutes: Minutes) -> Iterator[Table]:
    columns = tuple(
        Column(Label(c.zh, c.en), _SHARES.get(c.key, 6), right=c.key in _AMOUNTS) for c in minutes.columns
    )
    yield Table(Label("投标人", "Bidders"), columns, [row.cells for row in minutes.rows])
    if minutes.objections:
        yield _objections(minutes)
    for label, lines in (
        (Label("异常与处置", "Incidents"), minutes.incidents),
        (Label("现场发言", "Said in the hall"), minutes.chat),
    ):
        if lines:
            yield Table(
                label,
                (
                    Column(Label("时间", "Time"), 11),
                    Column(Label("事项/席位", "Kind, seat"), 14),
                    Column(Label("内容", "Text"), 75),
                ),
                [(line.at, line.kind, line.text) for line in lines],
            )
    if minutes.signatories:
        yield Table(
            Label("签章", "Seals"),
            (
                Column(Label("职务", "Function"), 20),
                Column(Label("姓名", "Name"), 30),
                Column(Label("席位", "Seat"), 30),
                Column(Label("签名", "Signature"), 40),
            ),
            [(s.function, s.name, s.seat, "电子签名 PAdES") for s in minutes.signatories],
        )


def _objections(minutes: Minutes) -> Table:
    return Table(
        Label("异议与答复", "Objections and answers"),
        (
            Column(Label("序号", "No."), 3),
            Column(Label("提出", "Raised"), 16),
            Column(Label("异议", "Objection"), 33),
            Column(Label("答复", "Answer"), 33),
            Column(Label("答复人", "Answered"), 16),
            Column(Label("结果", "Result"), 12),
        ),
        [
            (
                str(o.number),
                f"{o.by}\n{o.at}",
                o.text,
                o.answer,
                f"{o.answered_by}\n{o.answered_at}",
                o.resolution,
            )
            for o in minutes.objections
        ],
    )
