"""Step 2: every byte that is no data is recomputed from the manifest; where one differs, why."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from bidding.archive import layout
from bidding.archive.layout import Entry, Found
from bidding.verify.container import Container, Opened, expected, find_end, read_directory
from bidding.verify.report import Findings, Wrong


def check_layout(opened: Opened, findings: Findings) -> dict[str, int]:
    """Compare every byte that is not data with its recomputed value; where each entry's data really is."""
    entries = expected(opened.manifest, opened.manifest_bytes, opened.signature)
    differences = list(islice(_header_differences(opened.container, entries), 64))
    total = layout.total_size(entries)
    if not differences and opened.container.size == total:
        findings.note(f"{len(entries)} entries, {total} bytes, each header as computed")
        return opened.data_offsets
    if len(differences) == 1 and opened.container.size == total:
        findings.extend(differences)
        return opened.data_offsets
    end = find_end(opened.container)
    actual = read_directory(opened.container, end) if end is not None else []
    shift = end.offset - end.recorded_offset if end is not None else 0
    named = _structure(opened, entries, actual, shift)
    if not any(wrong.offset == 0 for wrong in named) and opened.container.size > total and not named:
        named.append(Wrong("", "bytes-after", f"{opened.container.size - total} bytes", offset=total))
    findings.extend(named or differences)
    if not named:
        return opened.data_offsets
    return {one.name: one.offset + shift + layout.local_header_size(one.name) for one in actual}


def _header_differences(container: Container, entries: list[Entry]) -> Iterator[Wrong]:
    for entry, at in zip(entries, layout.offsets(entries), strict=True):
        yield from _compare(container, entry.name, layout.local_header(entry), at)
    at = layout.data_size(entries)
    names = [entry.name for entry in entries]
    for name, piece in zip([*names, ""], layout.directory(entries), strict=True):
        yield from _compare(container, name, piece, at)
        at += len(piece)


def _compare(container: Container, name: str, expected: bytes, at: int) -> Iterator[Wrong]:
    actual = container.read_at(at, len(expected))
    if actual != expected:
        first = next(
            (i for i, (a, b) in enumerate(zip(actual, expected, strict=False)) if a != b), len(actual)
        )
        yield Wrong(name, "header-differs" if name else "end-differs", offset=at + first)


def _structure(opened: Opened, entries: list[Entry], actual: list[Found], shift: int) -> list[Wrong]:
    """Entries left out, added, repeated, moved or of another size, and bytes where none belong."""
    by_name = {entry.name: entry for entry in entries}
    names = [one.name for one in actual]
    wrong: list[Wrong] = []
    if not actual:
        return wrong
    wrong += [
        Wrong(entry.name, "entry-missing", "the manifest lists it")
        for entry in entries
        if entry.name not in names
    ]
    seen: set[str] = set()
    for one in actual:
        if one.name not in by_name:
            wrong.append(
                Wrong(one.name, "entry-extra", "the manifest does not list it", offset=one.offset + shift)
            )
        elif one.name in seen:
            wrong.append(Wrong(one.name, "entry-repeated", offset=one.offset + shift))
        elif one.size != by_name[one.name].size:
            wrong.append(
                Wrong(one.name, "entry-size", f"{one.size} bytes, the manifest says {by_name[one.name].size}")
            )
        seen.add(one.name)
    wrong += _moved(
        [entry.name for entry in entries if entry.name in seen], [name for name in names if name in by_name]
    )
    return [*wrong, *_gaps(opened, actual, shift)]


def _moved(expected: list[str], actual: list[str]) -> Iterator[Wrong]:
    if len(expected) == len(actual):
        for want, got in zip(expected, actual, strict=True):
            if want != got:
                yield Wrong(got, "entry-out-of-order", f"{want} belongs here")


def _gaps(opened: Opened, actual: list[Found], shift: int) -> Iterator[Wrong]:
    at = 0
    for one in sorted(actual, key=lambda found: found.offset):
        start = one.offset + shift
        if start != at:
            yield Wrong(
                one.name, "bytes-before", f"{start - at} bytes that do not belong here", offset=min(at, start)
            )
        head = opened.container.read_at(start, layout.local_header_size(one.name))
        if layout.parse_local(head, start) is None:
            yield Wrong(one.name, "header-differs", offset=start)
        at = start + layout.local_header_size(one.name) + one.size
    end = find_end(opened.container)
    if end is not None and end.file_end != opened.container.size:
        yield Wrong("", "bytes-after", f"{opened.container.size - end.file_end} bytes", offset=end.file_end)
