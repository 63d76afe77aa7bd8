"""What the person who started a rehearsal sees while it runs, on standard error."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

#: station -> (Chinese, the report that is counted there, whom of)
STATIONS: dict[str, tuple[str, str]] = {
    "start": ("启动", ""),
    "publish": ("发布招标公告", ""),
    "submit": ("封标与递交", "submitted"),
    "CLOSING": ("截止", ""),
    "CLOSED": ("封存", ""),
    "IDENTIFYING": ("身份核验", ""),
    "LIST_ANNOUNCED": ("公布名单", "attending"),
    "DECRYPTING": ("投标人解密", "released"),
    "ADJUDICATING": ("归责", ""),
    "ADMITTED": ("确认入围集合", ""),
    "OPENING": ("二次解密", ""),
    "READING": ("唱标", ""),
    "CONFIRMING": ("报价确认", "confirmed"),
    "OBJECTION": ("异议", ""),
    "RECORD_SIGN": ("投标人签署", "signed"),
    "SEALING": ("签章", ""),
    "RECORDED": ("记录完成", ""),
    "export": ("导出", ""),
    "verify": ("独立验证", ""),
}
COUNTED = {report for _, report in STATIONS.values() if report}


@dataclass(slots=True)
class Display:
    """A table that grows by a line per phase; plain lines where standard error is no terminal."""

    bidders: int
    console: Console = field(default_factory=lambda: Console(stderr=True))
    quiet: bool = False
    _began: float = field(default_factory=time.monotonic)
    _order: list[str] = field(default_factory=list)
    _since: dict[str, float] = field(default_factory=dict)
    _took: dict[str, float] = field(default_factory=dict)
    _counts: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    _notes: list[str] = field(default_factory=list)
    _live: Live | None = None
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def __enter__(self) -> Display:
        if self.console.is_terminal and not self.quiet:
            self._live = Live(
                self._table(), console=self.console, refresh_per_second=4, get_renderable=self._table
            )
            self._live.start()
        return self

    def __exit__(self, *exc: object) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def enter(self, station: str) -> None:
        """A phase begins."""
        with self._lock:
            now = time.monotonic()
            if self._order:
                last = self._order[-1]
                self._took[last] = self._took.get(last, 0.0) + now - self._since[last]
            self._order.append(station)
            self._since[station] = now
        self._plain(f"{now - self._began:7.1f} s  {station:<15} {STATIONS.get(station, ('', ''))[0]}")

    def heard(self, report: dict[str, Any]) -> None:
        """Count what agents report."""
        if report["event"] in COUNTED:
            with self._lock:
                self._counts[report["event"]] += 1
        elif report["event"] in ("crashed", "gave-up"):
            text = (
                f"{report['agent']}: {report.get('code') or report.get('error')} {report.get('detail', '')}"
            )
            self.say(text.strip()[-400:])

    def say(self, text: str) -> None:
        """A note beside the table."""
        with self._lock:
            self._notes = [*self._notes[-5:], text]
        self._plain(text)

    def _plain(self, text: str) -> None:
        if self._live is None and not self.quiet:
            self.console.print(text, highlight=False, markup=False, soft_wrap=True)

    def _table(self) -> Group:
        with self._lock:
            table = Table(box=None, pad_edge=False, header_style="bold")
            table.add_column("阶段 phase")
            table.add_column("")
            table.add_column("秒 s", justify="right")
            table.add_column("", justify="right")
            seen: list[str] = []
            for station in self._order:
                if station not in seen:
                    seen.append(station)
            for station in seen:
                zh, counted = STATIONS.get(station, ("", ""))
                running = station == self._order[-1]
                took = self._took.get(station, 0.0) + (
                    time.monotonic() - self._since[station] if running else 0.0
                )
                count = f"{self._counts[counted]}/{self.bidders}" if counted else ""
                style = "bold green" if running else ""
                table.add_row(Text(station, style=style), zh, f"{took:.1f}", count)
            return Group(table, *(Text(note, style="dim") for note in self._notes))
