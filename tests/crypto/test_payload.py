"""The payload: one form, one reading of the files, nothing that leaves its folder or blows up."""

from __future__ import annotations

import io
import struct
import subprocess
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto import plain_zip
from crypto.context import new_context
from crypto.envelope import extract_files
from crypto.errors import Invalid
from crypto.payload import (
    MAX_FORM,
    PayloadReader,
    encode_form,
    form_commit,
    frame_head,
    parse_form,
    parse_head,
    scan_files,
)
from crypto.plain_zip import (
    Entry,
    archive_chunks,
    archive_size,
    check_names,
    directory,
    local_header,
    read_entries,
)

CTX = new_context("t_x", "l_1", keyset_hash="00" * 32, docs_hash="11" * 32)


def archive(tmp_path: Path, contents: dict[str, bytes]) -> bytes:
    files = []
    for number, (name, data) in enumerate(contents.items()):
        path = tmp_path / f"source{number}"
        path.write_bytes(data)
        files.append((name, path))
    scanned, size = scan_files(files)
    data = b"".join(archive_chunks(scanned))
    assert len(data) == size
    return data


def unpack(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "x.zip"
    path.write_bytes(data)
    extract_files(path, tmp_path / "into")
    return tmp_path / "into"


CONTENTS = {"技术/方案.txt": "方案".encode(), "empty": b"", "技术/big.bin": bytes(range(256)) * 8000}


def test_round_trip_and_other_programs_read_it(tmp_path: Path) -> None:
    data = archive(tmp_path, CONTENTS)
    into = unpack(tmp_path, data)
    assert {n: (into / n).read_bytes() for n in CONTENTS} == CONTENTS
    with zipfile.ZipFile(io.BytesIO(data)) as other:
        assert other.testzip() is None
        assert {n: other.read(n) for n in other.namelist()} == CONTENTS
    done = subprocess.run(
        ["python3", "-m", "zipfile", "-t", str(tmp_path / "x.zip")], capture_output=True, check=False
    )
    assert done.returncode == 0


def test_no_files_make_an_empty_archive(tmp_path: Path) -> None:
    assert list(unpack(tmp_path, archive(tmp_path, {})).iterdir()) == []


def _entries(data: bytes) -> list[Entry]:
    return read_entries(io.BytesIO(data), len(data))


def test_large_archives_use_zip64_and_are_read_back() -> None:
    """Sizes beyond 4 GiB, without the bytes: a sparse file stands in for the contents."""
    big = [Entry("a", 5 << 30, 7), Entry("b", 3, 9), Entry("c", 0, 0)]

    class Sparse(io.RawIOBase):
        """Headers and directory where they belong, zeros elsewhere."""

        def __init__(self) -> None:
            self.at, self.pieces, offset = 0, {}, 0
            for entry in big:
                self.pieces[offset] = local_header(entry)
                offset += len(local_header(entry)) + entry.size
            self.pieces[offset] = directory(big)
            self.size = offset + len(directory(big))

        def seek(self, offset: int, whence: int = 0) -> int:
            self.at = offset
            return offset

        def read(self, size: int = -1) -> bytes:
            for offset, piece in self.pieces.items():
                if offset <= self.at < offset + len(piece):
                    return piece[self.at - offset :][:size]
            return bytes(size)

    sparse: Any = Sparse()
    assert sparse.size == archive_size(big)
    # the last record is reached from before the directory: read across its start
    tail = directory(big)
    sparse.pieces[sparse.size - 98] = tail[-98:]
    assert read_entries(sparse, sparse.size) == big


def _stdlib_zip(**options: Any) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", **options) as made:
        made.writestr("a.txt", b"x" * 100_000)
    return out.getvalue()


def _two_names(local: str, central: str) -> bytes:
    """The attack: one program lists the central name, another unpacks the local one."""
    real, shown = Entry(local, 3, zlib.crc32(b"abc")), Entry(central, 3, zlib.crc32(b"abc"))
    return local_header(real) + b"abc" + directory([shown])


def _repeated() -> bytes:
    one, two = Entry("p", 1, zlib.crc32(b"1")), Entry("p", 1, zlib.crc32(b"2"))
    return local_header(one) + b"1" + local_header(two) + b"2" + directory([one, two])


def _hostile() -> dict[str, bytes]:
    entry = Entry("a", 3, zlib.crc32(b"abc"))
    good = local_header(entry) + b"abc" + directory([entry])
    bomb = Entry("a", 1 << 40, 0)
    count = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 60000, 60000, 0, 0, 0)
    return {
        "empty": b"",
        "junk": bytes(200),
        "deflated": _stdlib_zip(compression=zipfile.ZIP_DEFLATED),
        "not plain": _stdlib_zip(),
        "local and central disagree": _two_names("price-1", "price-2"),
        "data before": b"#!" + good,
        "data behind": good + b"x",
        "data between": local_header(entry) + b"abc" + b"hidden" + directory([entry]),
        "comment": good[:-2] + b"\x01\x00x",
        "claims a terabyte": local_header(bomb) + directory([bomb]),
        "claims many": count,
        "offset beyond": struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 1, 1, 46, 99, 0),
        "cut directory": struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 1, 1, 0, 0, 0),
        "zip64 without record": struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 1, 1, 46, 0xFFFFFFFF, 0),
        "two directories": good + directory([entry]),
        "zip64 without size": good.replace(
            b"\x03\0\0\0\x03\0\0\0\x01", b"\xff\xff\xff\xff\xff\xff\xff\xff\x01"
        ),
        "name not utf-8": good.replace(b"a" + good[31:34], b"\xff" + good[31:34]).replace(
            b"\0\0a", b"\0\0\xff"
        ),
    }


@pytest.mark.parametrize("why", _hostile())
def test_hostile_archives_are_refused_before_anything_is_written(tmp_path: Path, why: str) -> None:
    with pytest.raises(Invalid, match="bad-zip"):
        unpack(tmp_path, _hostile()[why])
    assert not (tmp_path / "into").exists()


@given(
    st.lists(st.tuples(st.integers(0, 10_000), st.integers(1, 255)), min_size=1, max_size=3),
    st.integers(0, 30),
)
@settings(max_examples=200, deadline=None)
def test_no_flipped_archive_is_read_differently(flips: list[tuple[int, int]], cut: int) -> None:
    entry, second = Entry("a.txt", 3, zlib.crc32(b"abc")), Entry("b", 1, zlib.crc32(b"d"))
    good = local_header(entry) + b"abc" + local_header(second) + b"d" + directory([entry, second])
    data = bytearray(good[: len(good) - cut])
    for at, mask in flips:
        data[at % len(data)] ^= mask
    try:
        entries = _entries(bytes(data))
    except Invalid:
        return
    # whatever still reads is exactly the plain form of what it says, contents apart
    assert len(data) == archive_size(entries)
    assert data.endswith(directory(entries))


def test_names_that_repeat_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="bad-file-name"):
        unpack(tmp_path, _repeated())


def test_a_wrong_checksum_is_refused(tmp_path: Path) -> None:
    entry = Entry("a", 3, 1)
    with pytest.raises(Invalid, match="bad-zip"):
        unpack(tmp_path, local_header(entry) + b"abc" + directory([entry]))


def test_files_are_never_mixed_into_a_folder(tmp_path: Path) -> None:
    data = archive(tmp_path, {"a": b"x"})
    unpack(tmp_path, data)
    with pytest.raises(Invalid, match="folder-not-empty"):
        unpack(tmp_path, data)


def test_archive_cut_after_it_was_read(tmp_path: Path) -> None:
    class Short(io.BytesIO):
        pass

    with pytest.raises(Invalid, match="ends early"):
        plain_zip._extract(Short(b"ab"), Entry("a", 3, 0), tmp_path / "a")


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "/etc/passwd",
        "../up",
        "a/../../b",
        "a//b",
        "a/",
        "./a",
        "a\\b",
        "C:a",
        "a\x00b",
        "a\nb",
        "a.",
        "a /b",
        " a",
        "con",
        "Nul.txt",
        "x/com1",
        "a?",
        "a*",
        'a"b',
        "a|b",
        "\u202egnp.exe",
        "e\u0301",
        "\ud800",
        "长" * 81,
    ],
)
def test_bad_names(name: str) -> None:
    with pytest.raises(Invalid, match="bad-file-name"):
        check_names([name])


@pytest.mark.parametrize("names", [["a", "a"], ["a", "A"], ["straße", "STRASSE"], ["a", "a/b"], ["a/b", "A"]])
def test_names_that_mean_two_things(names: list[str]) -> None:
    with pytest.raises(Invalid, match="bad-file-name"):
        check_names(names)


def test_good_names() -> None:
    check_names(["投标文件/第一册 技术.pdf", "a.b.c", "COM10", "x/con-tract.txt", "x/y"])
    with pytest.raises(Invalid, match="bad-zip"):
        check_names([f"f{i}" for i in range(10_001)])


@pytest.mark.parametrize(
    "change", [b"longer than before, by more than a chunk" * 40_000, b"", b"same length!"]
)
def test_a_file_that_changes_while_sealing_is_noticed(tmp_path: Path, change: bytes) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"twelve bytes")
    scanned, _ = scan_files([("a", path)])
    path.write_bytes(change)
    with pytest.raises(Invalid, match="file-changed"):
        list(archive_chunks(scanned))


def test_form() -> None:
    form = encode_form(CTX, "main", {"price": "1.00"})
    assert parse_form(CTX, "main", form) == {"price": "1.00"}
    assert len(form_commit(form, bytes(16))) == 64
    with pytest.raises(Invalid, match="bad-form"):
        form_commit(form, bytes(15))
    with pytest.raises(Invalid, match="bad-form"):
        parse_form(CTX, "other", form)
    elsewhere = new_context("t_x", "l_1", keyset_hash="00" * 32, docs_hash="11" * 32)
    with pytest.raises(Invalid, match="bad-form"):
        parse_form(elsewhere, "main", form)
    wrong: Any = {"price": 1}
    with pytest.raises(Invalid, match="bad-form"):
        encode_form(CTX, "main", wrong)
    with pytest.raises(Invalid, match="form-too-large"):
        encode_form(CTX, "main", {"note": "x" * MAX_FORM})
    with pytest.raises(Invalid, match="bad-form"):
        parse_form(CTX, "main", form.replace(b'"1.00"', b"1"))


def test_frame() -> None:
    head = frame_head(b"form", bytes(range(16)), 99)
    assert parse_head(head + b"zip") == (b"form", bytes(range(16)), 99, len(head))
    for bad in (b"", b"\xff\xff\xff\xff" + bytes(100), (200).to_bytes(4, "big") + bytes(100)):
        with pytest.raises(Invalid, match="bad-payload"):
            parse_head(bad)


def test_reader_insists_on_frame_and_zeros() -> None:
    head = frame_head(b"f", bytes(16), 5)
    out = io.BytesIO()
    reader = PayloadReader(out)
    reader.take(0, memoryview(head + b"zi"))
    reader.take(1, memoryview(b"ppy" + bytes(10)))
    reader.take(2, memoryview(bytes(10)))
    reader.close()
    assert out.getvalue() == b"zippy"
    short = PayloadReader(io.BytesIO())
    short.take(0, memoryview(head + b"zi"))
    with pytest.raises(Invalid, match="bad-payload"):
        short.close()
    with pytest.raises(Invalid, match="bad-payload"):
        PayloadReader(io.BytesIO()).take(0, memoryview(head + b"zippy" + b"\x00hidden"))
