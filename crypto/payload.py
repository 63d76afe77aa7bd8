"""The plaintext of a part: the form (唱标 fields) in a frame of its own, the files in one plain ZIP, padding.

u32 length, form, 16-byte nonce, u64 length, ZIP, zeros. The form stands only in the frame, so there is one
price: ZIP entries cannot tell another. Lengths are big-endian.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from crypto.canonical import canon, parse_canonical, sha256_hex
from crypto.context import Context
from crypto.errors import Invalid
from crypto.fields import Fields
from crypto.plain_zip import Entry, archive_size, check_names, scan
from crypto.stream import SEGMENT, StreamOpener

FORM_LABEL = "kaibiao/form/v1"
MAX_FORM = 512 << 10
NONCE = 16


@dataclass(frozen=True, slots=True)
class PartInput:
    """What a bidder puts into one part: the form's fields as strings, and files by name."""

    name: str
    form: Mapping[str, str]
    files: Sequence[tuple[str, Path]] = ()


@dataclass(frozen=True, slots=True)
class OpenedForm:
    """The form as sealed: its canonical bytes, its fields, and the nonce that with it gives formCommit."""

    form: bytes
    fields: dict[str, str]
    nonce: bytes


def encode_form(ctx: Context, part: str, fields: Mapping[str, str]) -> bytes:
    """The canonical form. Context and part stand in it, so that its plain hash cannot be moved elsewhere."""
    for name, value in fields.items():
        if not isinstance(value, str):
            raise Invalid(
                "bad-form", "form fields are strings; money and ratios are decimal strings", field=name
            )
    form = canon({"label": FORM_LABEL, "ctx": ctx.hash(), "part": part, "fields": dict(fields)})
    if len(form) > MAX_FORM:
        raise Invalid("form-too-large", f"a form has at most {MAX_FORM} bytes")
    return form


def parse_form(ctx: Context, part: str, form: bytes) -> dict[str, str]:
    """The fields of a form that belongs to this context and part; ``bad-form`` otherwise."""
    fields = Fields(parse_canonical(form, limit=MAX_FORM), "bad-form", ("label", "ctx", "part", "fields"))
    fields.label("label", FORM_LABEL)
    fields.label("ctx", ctx.hash())
    fields.label("part", part)
    inner = fields.inner("fields")
    values = {name: inner.raw(name) for name in inner.keys()}  # noqa: SIM118 - Fields is no dict
    if not all(isinstance(value, str) for value in values.values()):
        raise Invalid("bad-form", "form fields are strings")
    return values


def form_commit(form: bytes, nonce: bytes) -> str:
    """SHA-256(form || nonce): anybody can check an announced price against the manifest with this."""
    if len(nonce) != NONCE:
        raise Invalid("bad-form", f"a form's nonce has {NONCE} bytes")
    return sha256_hex(form, nonce)


def associated_data(ctx: Context, part: str) -> bytes:
    """What Tink's stream of a part is bound to."""
    return ctx.bound("payload", part=part)


def frame_head(form: bytes, nonce: bytes, zip_size: int) -> bytes:
    return len(form).to_bytes(4, "big") + form + nonce + zip_size.to_bytes(8, "big")


def scan_files(files: Sequence[tuple[str, Path]]) -> tuple[list[tuple[Entry, Path]], int]:
    """The files with sizes and checksums, and the bytes of the ZIP they make."""
    check_names([name for name, _ in files])
    scanned = [(scan(name, path), path) for name, path in files]
    return scanned, archive_size([entry for entry, _ in scanned])


def parse_head(plain: bytes | memoryview) -> tuple[bytes, bytes, int, int]:
    """(form, nonce, ZIP size, offset of the ZIP) from the first segment's plaintext; ``bad-payload``."""
    length = int.from_bytes(plain[:4], "big")
    start = 4 + length + NONCE + 8
    if length > MAX_FORM or start > len(plain):
        raise Invalid("bad-payload", "the payload's frame is malformed")
    form, nonce = bytes(plain[4 : 4 + length]), bytes(plain[4 + length : start - 8])
    return form, nonce, int.from_bytes(plain[start - 8 : start], "big"), start


class PayloadReader:
    """Writes the ZIP of a payload to ``out`` as its segments come by in order, and insists on the zeros."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._left = -1

    def take(self, index: int, plain: memoryview) -> None:
        if index == 0:
            _, _, self._left, start = parse_head(plain)
            plain = plain[start:]
        body = plain[: self._left]
        self._out.write(body)
        self._left -= len(body)
        padding = plain[len(body) :]
        if padding.tobytes() != _ZEROS[: len(padding)]:  # bytes compare by memcmp, views one by one
            raise Invalid("bad-payload", "the padding is not zeros")

    def close(self) -> None:
        if self._left:
            raise Invalid("bad-payload", "the payload is shorter than its frame says")


_ZEROS = bytes(SEGMENT)

ReadSegment = Callable[[int], bytes | memoryview]


def open_stream(
    ctx: Context,
    part: str,
    dek: bytes,
    first: bytes | memoryview,
    size: int,
    buffer: bytearray | None = None,
) -> StreamOpener:
    """An opener for a part's ciphertext of ``size`` bytes that begins with ``first``."""
    return StreamOpener(ctx.algorithms, dek, associated_data(ctx, part), first, size=size, buffer=buffer)
