"""Published tenders for the public pages: one to read, and enough to search."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from reportlab.pdfgen.canvas import Canvas
from web import harness
from web.staging import Staged, stage

from bidding.client.agency import put_document
from crypto.canonical import b64, iso, unb64
from crypto.signing import sign_detached

#: Words that the file holds on its last page, for searching.
LAST = "Appendix 7 drainage"


def drawing(pages: int = 6) -> bytes:
    """A PDF with words on every page."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(595, 842))
    for number in range(1, pages + 1):
        canvas.setFont("Helvetica", 24)
        canvas.drawString(72, 760, f"Demonstration drawing, sheet {number}")
        if number == pages:
            canvas.drawString(72, 700, LAST)
        canvas.rect(72, 120, 450, 500)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


@dataclass
class Published:
    """A tender with one lot that receives bids for an hour."""

    staged: Staged

    @property
    def base(self) -> str:
        return self.staged.base

    @property
    def lot(self) -> str:
        return self.staged.lot

    @property
    def tender(self) -> str:
        return self.staged.tender

    def notice(self, **change: object) -> None:
        """A signed change notice, as the agency's client makes it."""
        agency = self.staged.account("agency").api
        body = {"title": "变更公告", "text": "图纸以本次为准。", **change}
        draft = agency.post(f"/tenders/{self.tender}/clarifications/draft", body)
        cms = sign_detached(unb64(draft["notice"]), self.staged.officials["agency"].signer)
        signed = {**body, "notice": draft["notice"], "cms": b64(cms)}
        agency.post(f"/tenders/{self.tender}/clarifications", signed)

    def extended(self) -> None:
        """A file more, one replaced, and an hour more time."""
        agency = self.staged.account("agency").api
        put_document(agency, self.tender, "施工图.pdf", drawing())
        put_document(agency, self.tender, "演示招标文件.md", "第二版\n".encode())
        later = iso(self.staged.opens_at + timedelta(hours=1))
        self.notice(opensAt={self.lot: later}, affects=False)

    def answer(self, question: str, text: str, answer: str) -> None:
        self.notice(title="答疑", text="", answers=[{"to": question, "text": text, "answer": answer}])


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory, client: Path) -> Iterator[Published]:
    folder = tmp_path_factory.mktemp("published")
    with harness.platform(folder, client) as platform:
        made = Published(stage(platform, folder / "tender", 3600, bidders=()))
        made.extended()
        yield made
