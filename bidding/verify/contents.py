"""Step 3: hash every entry, with all cores and bounded memory, and compare with the manifest."""

from __future__ import annotations

import hashlib
import os
import zlib
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from bidding.archive.manifest import LEAF, Described
from bidding.archive.names import is_known
from bidding.verify.container import Container, Opened
from bidding.verify.crc import Crc32
from bidding.verify.report import Findings, Wrong

_LEAVES_A_JOB = 8


def check_contents(opened: Opened, starts: dict[str, int], findings: Findings) -> None:
    """Hash every entry with all cores; name those that differ, ciphertexts down to the leaf."""
    present = []
    for name, described in opened.entries.items():
        if name in starts and starts[name] + described.entry.size <= opened.container.size:
            present.append((described, starts[name]))
        elif name in starts:
            findings.add(name, "entry-cut", "the file ends before this entry does", offset=starts[name])
    workers = max(2, min(8, os.cpu_count() or 2))
    crcs: dict[str, list[int]] = {}
    with ThreadPoolExecutor(workers) as pool:
        jobs = _jobs(opened.container, present)
        running: list[tuple[str, int, Future[tuple[list[Wrong], int]]]] = []
        for name, size, future in _submitted(pool, jobs):
            running.append((name, size, future))
            if len(running) >= 4 * workers:
                _collect(running.pop(0), crcs, findings)
        for one in running:
            _collect(one, crcs, findings)
    bad = {wrong.path for wrong in findings.wrong}
    for described, _ in present:
        entry = described.entry
        if entry.name not in bad and _joined(crcs.get(entry.name, []), entry.size) != entry.crc32:
            findings.add(entry.name, "crc-differs", "the data matches its digest, the CRC-32 does not")
    for name in opened.entries:
        if not is_known(name):
            findings.add(name, "entry-unknown", "this version of the format has no such entry")
    total = sum(described.entry.size for described, _ in present)
    findings.note(f"{len(present)} entries with {total} bytes hashed")


_Job = tuple[Described, int, int, int]
"""An entry, where its data starts, the first leaf and the number of leaves of this job."""


def _jobs(container: Container, present: list[tuple[Described, int]]) -> Iterator[tuple[Container, _Job]]:
    for described, start in present:
        if not described.is_tree:
            yield container, (described, start, 0, 0)
        for first in range(0, len(described.leaves), _LEAVES_A_JOB):
            yield container, (described, start, first, min(_LEAVES_A_JOB, len(described.leaves) - first))


def _submitted(
    pool: ThreadPoolExecutor, jobs: Iterator[tuple[Container, _Job]]
) -> Iterator[tuple[str, int, Future[tuple[list[Wrong], int]]]]:
    for container, job in jobs:
        described, _, first, count = job
        size = described.entry.size
        length = min(size, (first + count) * LEAF) - first * LEAF if described.is_tree else size
        yield described.entry.name, length, pool.submit(_hash, container, job)


def _hash(container: Container, job: _Job) -> tuple[list[Wrong], int]:
    """What is wrong with one job's bytes, and their CRC-32."""
    described, start, first, count = job
    entry, crc = described.entry, 0
    if not described.is_tree:
        whole = hashlib.sha256()
        for at in range(0, entry.size, LEAF):
            block = container.read_at(start + at, min(LEAF, entry.size - at))
            crc = zlib.crc32(block, crc)
            whole.update(block)
        same = whole.hexdigest() == described.sha256
        return ([] if same else [Wrong(entry.name, "content-differs", offset=start)]), crc
    wrong = []
    for number in range(first, first + count):
        at = number * LEAF
        block = container.read_at(start + at, min(LEAF, entry.size - at))
        crc = zlib.crc32(block, crc)
        leaf = hashlib.sha256(b"\x00")
        leaf.update(block)
        if leaf.digest() != described.leaves[number]:
            wrong.append(Wrong(entry.name, "content-differs", offset=start + at, leaf=number))
    return wrong, crc


def _collect(
    one: tuple[str, int, Future[tuple[list[Wrong], int]]], crcs: dict[str, list[int]], findings: Findings
) -> None:
    name, length, future = one
    wrong, crc = future.result()
    findings.extend(wrong)
    crcs.setdefault(name, []).extend((crc, length))


def _joined(pieces: list[int], size: int) -> int:
    """The CRC-32 of an entry from (crc, length, crc, length, …)."""
    whole = Crc32()
    for crc, length in zip(pieces[::2], pieces[1::2], strict=True):
        whole.append(crc, length)
    return whole.value if size else 0
