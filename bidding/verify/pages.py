"""The optional last step: the record is printed again from its minutes and compared, object by object.

In a process of its own, for it needs the PDF library that the verifier otherwise does without, in the
release that printed the record.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from bidding.verify.case import Case
from bidding.verify.record import sessions_of
from bidding.verify.report import Failed, Findings, Wrong

PRINTER = "opening_hall.record.reprint"
PATIENCE = 300
"""Seconds."""


def check_pages(case: Case, findings: Findings) -> None:
    """Every record shows what its minutes say."""
    if find_spec("reportlab") is None:
        raise Failed(Wrong("", "printer-missing", "reportlab is not installed here"))
    count = 0
    for session in sessions_of(case):
        path = session.path("record.pdf")
        rendered = case.opened.read(path)[: session.rendered.size]
        with tempfile.TemporaryDirectory(prefix="kaibiao-verify-") as name:
            pdf, minutes = Path(name) / "rendered.pdf", Path(name) / "minutes.json"
            pdf.write_bytes(rendered)
            minutes.write_bytes(case.opened.read(session.path("minutes.json")))
            command = [sys.executable, "-m", PRINTER, str(pdf), str(minutes)]
            done = subprocess.run(
                command, capture_output=True, text=True, check=False, timeout=PATIENCE, cwd=_root()
            )
        if done.returncode != 0:
            findings.add(path, "printed-pages-differ", done.stderr.strip()[-200:])
        count += 1
    findings.note(f"{count} records printed again, every object the same")


def _root() -> Path:
    """Where this release's packages are importable from."""
    return Path(__file__).parents[2]
