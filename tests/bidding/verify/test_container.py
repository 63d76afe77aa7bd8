"""Every byte of the container counts, and what is wrong is named."""

from __future__ import annotations

import io
import subprocess
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bidding.archive import layout
from bidding.verify.container import open_archive
from bidding.verify.contents import check_contents
from bidding.verify.report import Failed, Findings, Unreadable, Wrong
from bidding.verify.signature import check_signature, log_key
from bidding.verify.structure import check_layout
from tests.bidding.archive.containers import BIDS, VKEY, entries, write


def examine(path: Path) -> list[Wrong]:
    """What the first steps find in a file."""
    findings = Findings()
    try:
        opened = open_archive(path)
        check_signature(opened, log_key(opened, VKEY), findings)
        check_contents(opened, check_layout(opened, findings), findings)
    except Failed as failed:
        findings.extend(failed.wrong)
    return findings.wrong


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("archive") / "a.zip", entries(tree_size=(2 << 20) + 5))


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return write(tmp_path_factory.mktemp("archive") / "s.zip", entries()).read_bytes()


def test_whole_archive_verifies(archive: Path) -> None:
    assert examine(archive) == []


def test_other_zip_readers_read_it(archive: Path) -> None:
    content = entries(tree_size=(2 << 20) + 5)
    with zipfile.ZipFile(archive) as opened:
        assert opened.testzip() is None
        names = opened.namelist()
        assert names[:2] == ["MANIFEST.json", "MANIFEST.sig"]
        assert names[2:] == sorted(content)
        assert {name: opened.read(name) for name in content} == content
        assert all(info.compress_type == zipfile.ZIP_STORED for info in opened.infolist())
    assert subprocess.run(["unzip", "-tq", archive], capture_output=True, check=False).returncode == 0


def test_every_flipped_byte_is_found(small: bytes, tmp_path: Path) -> None:
    path = tmp_path / "flipped.zip"
    for at in range(len(small)):
        path.write_bytes(small[:at] + bytes([small[at] ^ 0x01]) + small[at + 1 :])
        assert examine(path), f"byte {at} was flipped and nobody noticed"


def test_flipped_data_is_named_with_its_leaf(archive: Path, tmp_path: Path) -> None:
    data = bytearray(archive.read_bytes())
    opened = open_archive(archive)
    at = opened.data_offsets[f"bids/{BIDS[0]}/part-main.ct"] + (1 << 20) + 77
    data[at] ^= 0x80
    path = tmp_path / "flipped.zip"
    path.write_bytes(data)
    (wrong,) = examine(path)
    assert (wrong.path, wrong.leaf, wrong.reason) == (f"bids/{BIDS[0]}/part-main.ct", 1, "content-differs")


def test_flipped_header_is_named_with_its_offset(archive: Path, tmp_path: Path) -> None:
    data = bytearray(archive.read_bytes())
    opened = open_archive(archive)
    at = opened.data_offsets[f"bids/{BIDS[2]}/manifest.json"] - 3
    data[at] ^= 0x80
    path = tmp_path / "flipped.zip"
    path.write_bytes(data)
    (wrong,) = examine(path)
    assert (wrong.path, wrong.offset) == (f"bids/{BIDS[2]}/manifest.json", at)


def rebuilt(change: dict[str, bytes | None], path: Path, *, order: list[str] | None = None) -> Path:
    """A consistent container around the signed manifest, with entries changed, left out (None) or added."""
    original = write(path.with_suffix(".orig"), entries())
    with zipfile.ZipFile(original) as opened:
        content = {name: opened.read(name) for name in opened.namelist()}
    for name, data in change.items():
        content.pop(name, None) if data is None else content.__setitem__(name, data)
    names = order or list(content)
    heads = [layout.Entry(name, len(content[name]), zipfile.crc32(content[name])) for name in names]
    out = io.BytesIO()
    for head in heads:
        out.write(layout.local_header(head) + content[head.name])
    for piece in layout.directory(heads):
        out.write(piece)
    path.write_bytes(out.getvalue())
    return path


def test_left_out_entry_is_named(tmp_path: Path) -> None:
    wrong = examine(rebuilt({f"bids/{BIDS[1]}/manifest.json": None}, tmp_path / "a.zip"))
    assert [(one.path, one.reason) for one in wrong] == [(f"bids/{BIDS[1]}/manifest.json", "entry-missing")]


def test_added_entry_is_named(tmp_path: Path) -> None:
    wrong = examine(rebuilt({f"bids/{'b_' + 'z' * 26}/manifest.json": b"{}"}, tmp_path / "a.zip"))
    assert [(one.path, one.reason) for one in wrong] == [
        (f"bids/{'b_' + 'z' * 26}/manifest.json", "entry-extra")
    ]


def test_spliced_entry_is_named(tmp_path: Path) -> None:
    other = entries()[f"bids/{BIDS[1]}/manifest.json"]
    wrong = examine(rebuilt({f"bids/{BIDS[2]}/manifest.json": other}, tmp_path / "a.zip"))
    assert {one.path for one in wrong} == {f"bids/{BIDS[2]}/manifest.json"}
    assert {"entry-size", "content-differs"} == {one.reason for one in wrong}


def test_spliced_entry_of_the_same_size_is_named(tmp_path: Path) -> None:
    other = bytes(reversed(entries()[f"bids/{BIDS[2]}/manifest.json"]))
    wrong = examine(rebuilt({f"bids/{BIDS[2]}/manifest.json": other}, tmp_path / "a.zip"))
    assert {one.path for one in wrong} == {f"bids/{BIDS[2]}/manifest.json"}


def test_reordered_entries_are_named(tmp_path: Path) -> None:
    names = ["MANIFEST.json", "MANIFEST.sig", *sorted(entries())]
    names[3], names[4] = names[4], names[3]
    wrong = examine(rebuilt({}, tmp_path / "a.zip", order=names))
    assert {(one.path, one.reason) for one in wrong} == {
        (names[3], "entry-out-of-order"),
        (names[4], "entry-out-of-order"),
    }


@pytest.mark.parametrize("extra", [b"\x00", b"x" * 100, b"y" * 300_000])
def test_bytes_before_and_after_are_named(small: bytes, extra: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(extra + small)
    assert [one.reason for one in examine(path)] == ["bytes-before"]
    path.write_bytes(small + extra)
    (wrong,) = examine(path)
    assert (wrong.reason, wrong.offset) == ("bytes-after", len(small))


def test_bytes_between_are_found(small: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    at = small.index(b"PK\x03\x04", 40)
    path.write_bytes(small[:at] + b"hidden" + small[at:])
    assert examine(path)


@pytest.mark.parametrize("cut", [1, 22, 300])
def test_cut_file_is_found(small: bytes, cut: int, tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(small[:-cut])
    assert examine(path)


def test_other_manifest_under_the_same_signature_is_found(small: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(small.replace(b'"right":"public"', b'"right":"court!"'))
    assert [one.path for one in examine(path)] == ["MANIFEST.json"]


@pytest.mark.parametrize("content", [b"", b"PK", b"no archive at all" * 100])
def test_what_is_no_archive_is_unreadable(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(content)
    with pytest.raises(Unreadable):
        open_archive(path)
    with pytest.raises(Unreadable):
        open_archive(tmp_path / "absent.zip")


def test_a_directory_that_points_to_before_the_file_is_found(small: bytes, tmp_path: Path) -> None:
    # Nine bytes of the ZIP64 end record come twice: what it says of size and offset moves apart.
    at = small.rindex(b"PK\x06\x06") + 33
    path = tmp_path / "a.zip"
    path.write_bytes(small[: at + 9] + small[at:])
    assert examine(path)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_any_tampering_is_found(
    small: bytes, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Cut, repeat or overwrite any range: never the same verdict as the whole file."""
    start = data.draw(st.integers(0, len(small) - 1))
    stop = data.draw(st.integers(start, min(len(small), start + 600)))
    put = data.draw(st.one_of(st.binary(max_size=40), st.just(small[start:stop] * 2)))
    changed = small[:start] + put + small[stop:]
    path = tmp_path_factory.mktemp("any") / "a.zip"
    path.write_bytes(changed)
    try:
        wrong = examine(path)
    except Unreadable:
        return
    assert (wrong == []) == (changed == small)
