"""CPU time of processes that this one did not start itself, read from /proc."""

from __future__ import annotations

import os
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and its reaped children; 0 where it is gone or /proc does not
    exist.
    """
    try:
        text = (PROC / str(pid) / "stat").read_text("ascii", "replace")
    except OSError:
        return 0.0
    fields = text.rpartition(")")[2].split()
    return sum(int(fields[n]) for n in (11, 12, 13, 14)) / TICK


def process_tree(pid: int) -> list[int]:
    """A process and its living descendants."""
    found = [pid]
    for parent in found:
        try:
            children = (PROC / str(parent) / "task" / str(parent) / "children").read_text("ascii")
        except OSError:
            continue
        found += [int(child) for child in children.split()]
    return found


def measurable() -> bool:
    """Whether this system tells the CPU time of other processes."""
    return (PROC / "self" / "stat").exists()
