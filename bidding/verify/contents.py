"""Step 3: hash every entry, with all cores and bounded memory, and compare with the manifest."""

from __future__ import annotations

import hashlib
import os
import zlib
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from bidding.archive.manifest import LEAF, Described
from bidding.archive.names import is_known
from bidding.verify.container import Container, Opened
from bidding.verify.report import Findings, Wrong

_LEAVES_A_JOB = 8

_Job = tuple[Described, int, int]
"""An entry, where its data starts, and the first leaf of this job."""


def check_contents(opened: Opened, starts: dict[str, int], findings: Findings) -> None:
    """Name every entry that differs, ciphertexts down to the leaf.

    The CRC-32 of small entries is checked as well. That of ciphertexts is not: their leaves are hashed, and
    a second checksum over gigabytes would only repeat what `unzip -t` does.
    """
    present = []
    for name, described in opened.entries.items():
        if name in starts and starts[name] + described.entry.size <= opened.container.size:
            present.append((described, starts[name]))
        elif name in starts:
            findings.add(name, "entry-cut", "the file ends before this entry does", offset=starts[name])
        if not is_known(name):
            findings.add(name, "entry-unknown", "this version of the format has no such entry")
    workers = max(2, min(8, os.cpu_count() or 2))
    running: deque[Future[list[Wrong]]] = deque()
    with ThreadPoolExecutor(workers, thread_name_prefix="hash") as pool:
        for job in _jobs(present):
            running.append(pool.submit(_hash, opened.container, job))
            if len(running) >= 4 * workers:
                findings.extend(running.popleft().result())
        for future in running:
            findings.extend(future.result())
    total = sum(described.entry.size for described, _ in present)
    findings.note(f"{len(present)} entries with {total} bytes hashed")


def _jobs(present: list[tuple[Described, int]]) -> Iterator[_Job]:
    for described, start in present:
        if not described.is_tree:
            yield described, start, 0
        for first in range(0, len(described.leaves), _LEAVES_A_JOB):
            yield described, start, first


def _hash(container: Container, job: _Job) -> list[Wrong]:
    """What is wrong with one job's bytes."""
    described, start, first = job
    buffer = memoryview(bytearray(LEAF))
    if described.is_tree:
        return list(_wrong_leaves(container, described, start, first, buffer))
    entry, crc = described.entry, 0
    whole = hashlib.sha256()
    for at in range(0, entry.size, LEAF):
        block = container.read_into(buffer[: min(LEAF, entry.size - at)], start + at)
        crc = zlib.crc32(block, crc)
        whole.update(block)
    if whole.hexdigest() != described.sha256:
        return [Wrong(entry.name, "content-differs", offset=start)]
    if crc != entry.crc32:
        return [Wrong(entry.name, "crc-differs", "the data matches its digest, the CRC-32 does not")]
    return []


def _wrong_leaves(
    container: Container, described: Described, start: int, first: int, buffer: memoryview
) -> Iterator[Wrong]:
    entry = described.entry
    for number in range(first, min(first + _LEAVES_A_JOB, len(described.leaves))):
        at = number * LEAF
        leaf = hashlib.sha256(b"\x00")
        leaf.update(container.read_into(buffer[: min(LEAF, entry.size - at)], start + at))
        if leaf.digest() != described.leaves[number]:
            yield Wrong(entry.name, "content-differs", offset=start + at, leaf=number)
