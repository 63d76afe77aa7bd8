"""The receipt on paper (投标回执): the same facts as the JSON, which is attached byte for byte."""

from __future__ import annotations

from bidding.submissions.receipts import parse_receipt
from opening_hall.record.pdf import render_sheet
from opening_hall.record.sheet import Fact, Label, Sheet

_TITLE = Label("电子投标回执", "Receipt of an electronic bid")
_FACTS = (
    (Label("项目", "Tender"), "tender"),
    (Label("标段", "Lot"), "lot"),
    (Label("投标编号", "Bid id"), "bid"),
    (Label("收讫时间", "Received at (UTC)"), "receivedAt"),
    (Label("投标指纹", "Submission (SHA-256)"), "submission"),
    (Label("平台密钥", "Platform key"), "keyId"),
    (Label("平台签名", "Signature (Ed25519)"), "signature"),
)
_NOTES = (
    "本回执证明上述指纹所对应的加密投标文件在所示时间已完整送达；平台无法得知其内容和投标人。"
    "请与投标密钥文件分开保存。开标时若名单中缺少该指纹，本回执即为证据。",
    "This receipt proves that the sealed bid with this fingerprint had arrived completely at the time shown. "
    "The platform knows neither its content nor its bidder. Keep it apart from the bid-key file. If the "
    "fingerprint is missing from the list of the closing, this receipt is the evidence.",
)


def receipt_pdf(receipt: str) -> bytes:
    """The PDF of a receipt; the same receipt always gives the same bytes."""
    facts = parse_receipt(receipt)
    return render_sheet(
        Sheet(
            title=_TITLE,
            subtitle=facts["bid"],
            marks=(),
            facts=tuple(Fact(label, facts[name]) for label, name in _FACTS),
            tables=(),
            notes=_NOTES,
            footer=f"{facts['lot']} · {facts['submission'][:16]}",
            qr=f"kaibiao:receipt:{facts['lot']}:{facts['submission']}",
            qr_caption="投标指纹 · fingerprint",
        ),
        receipt.encode(),
        "receipt.json",
    )
