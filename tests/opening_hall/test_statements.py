"""What people sign in the hall, byte for byte as the browser builds it (its statements.test.ts)."""

import json
from pathlib import Path

from opening_hall import statements
from opening_hall.seats import BidId, LotId

VECTORS = json.loads((Path(__file__).parents[1] / "vectors/hall-statements.json").read_text("utf-8"))
LOT, BIDS = LotId("l_1"), [BidId("b_zz"), BidId("b_aa")]
MADE = {
    "admitted": statements.admitted(LOT, "main", "ab" * 32),
    "adjudication": statements.adjudication(LOT, BIDS, "BIDDER", "规定时间内未解密"),
    "objection": statements.objection(LOT, "x-1", "请核对\n工期"),
    "answer": statements.answer(LOT, "x-1", "已核对", "unresolved"),
    "line": statements.line(LOT, "b_aa", "main", {"price": "4680000.00", "duration": "180"}),
    "abort": statements.abort(LOT, "data-loss", "数据丢失"),
    "reconvene": statements.reconvene(LOT, BIDS, "通过评审"),
    "handover": statements.handover(LOT, "p_deputy", "身体不适"),
}


def test_statements_are_the_vectors_bytes() -> None:
    assert {name: data.decode() for name, data in MADE.items()} == VECTORS
