"""What was appended to a record after it was made: attachments and signatures, and nothing that shows.

That the record is a byte prefix of the signed file does not yet say that a reader shows it: a later
revision can replace pages, draw over them or point to another catalog. Whoever signs, and whoever verifies,
checks that here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from crypto.errors import Invalid
from crypto.pdf_walk import Kind, Part, tokens, walk

#: Of what the record already has, these keys may change, and only these.
MAY_CHANGE: Mapping[bytes, frozenset[bytes]] = {
    b"/Catalog": frozenset({b"/AcroForm", b"/Names", b"/Version"}),
    b"/Page": frozenset({b"/Annots"}),
}
INFORMATION = frozenset(
    {
        b"/Author", b"/CreationDate", b"/Creator", b"/Keywords", b"/ModDate",
        b"/Producer", b"/Subject", b"/Title", b"/Trapped",
    }
)  # fmt: skip
NAME_TREE = frozenset({b"/EmbeddedFiles", b"/Names", b"/Kids", b"/Limits"})
FORM = frozenset({b"/Fields", b"/SigFlags"})
SIGNATURE = frozenset(
    {
        b"/Type", b"/Filter", b"/SubFilter", b"/Contents", b"/ByteRange",
        b"/M", b"/Name", b"/Reason", b"/Location",
    }
)  # fmt: skip
FIELD = frozenset({b"/FT", b"/T", b"/Type", b"/Subtype", b"/F", b"/Rect", b"/P", b"/V"})
ATTACHMENT = frozenset({b"/Type", b"/F", b"/UF", b"/EF", b"/Desc"})
FILE = frozenset({b"/Type", b"/Filter", b"/Params", b"/Length"})
NOWHERE = (b"[", b"0", b"0", b"0", b"0", b"]")
_ENTRY = re.compile(rb"(\d{10}) (\d{5}) ([fn])")
_SECTION = re.compile(rb"(\d+) (\d+)[ ]*\r?\n((?:\d{10} \d{5} [fn](?: \r| \n|\r\n))*)")


def verify_additions(pdf: bytes, size: int) -> None:
    """That every revision after the first `size` bytes adds attachments and invisible signatures only.

    Raises `Invalid` with `pdf-malformed`, or `pdf-additions` with the offset of what is something else.
    """
    parts = walk(pdf)
    base = [part for part in parts if part.end <= size]
    if not base or base[-1].kind is not Kind.END or base[-1].end != size:
        raise Invalid("pdf-additions", "the record is no whole revision of the document")
    known = _Known()
    for part in base:
        known.take(part)
    for part in parts[len(base) :]:
        _verify(part, known)
        known.take(part)


@dataclass(slots=True)
class _Known:
    """What the revisions so far define, and where this one's objects stand."""

    objects: dict[int, Part] = field(default_factory=dict)
    trailer: Part | None = None
    ended_at: int = 0
    placed: dict[int, int] = field(default_factory=dict)
    table: int = -1

    def take(self, part: Part) -> None:
        if part.kind is Kind.OBJECT:
            self.objects[part.number] = part
            self.placed[part.number] = part.start
        elif part.kind is Kind.TABLE:
            self.trailer, self.table = part, part.start
        else:
            self.ended_at, self.placed, self.table = part.number, {}, -1


def _verify(part: Part, known: _Known) -> None:
    if part.kind is Kind.TABLE:
        _verify_table(part, known)
    elif part.kind is Kind.END:
        if part.number != known.table:
            raise _other(part, "the revision points to another table than its own")
    elif part.number in known.objects:
        _verify_change(part, known.objects[part.number])
    elif not _is_own(part):
        raise _other(part, "an object that is neither attachment nor signature")


def _verify_table(part: Part, known: _Known) -> None:
    before = known.trailer
    if before is None or part.value(b"/Prev") != str(known.ended_at).encode():
        raise _other(part, "the revision does not follow the one before")
    if _tokens(part, b"/Root") != _tokens(before, b"/Root") or not set(part.keys) <= {
        b"/ID",
        b"/Info",
        b"/Root",
        b"/Size",
        b"/Prev",
    }:
        raise _other(part, "the trailer leads elsewhere")
    for number, offset, kind in _entries(part):
        if kind == b"f" and number != 0:
            raise _other(part, "an object is declared free")
        if kind == b"n" and known.placed.get(number) != offset:
            raise _other(part, "the table points to something else than this revision's objects")


def _entries(part: Part) -> Iterable[tuple[int, int, bytes]]:
    for section in _SECTION.finditer(part.pdf, part.start, part.end):
        first = int(section.group(1))
        for position, entry in enumerate(_ENTRY.finditer(section.group(3))):
            yield first + position, int(entry.group(1)), entry.group(3)


def _verify_change(part: Part, before: Part) -> None:
    """An object of the record defined anew: only what a signature has to touch may differ."""
    if part.stream or before.stream:
        raise _other(part, "content of the record is replaced")
    kind = part.value(b"/Type")
    if kind != before.value(b"/Type"):
        raise _other(part, "an object of the record becomes another")
    if part.keys and before.keys and set(part.keys) | set(before.keys) <= INFORMATION:
        return
    if kind == b"" and _is_own(part) and _is_own(before):
        # Lists of names and of fields grow; what stood in them stays.
        if not set(_body(before)) <= set(_body(part)):
            raise _other(part, "an attachment or a signature of the record is dropped")
        return
    allowed = MAY_CHANGE.get(kind)
    if allowed is None:
        raise _other(part, "an object of the record is replaced")
    for key in (set(part.keys) | set(before.keys)) - allowed:
        if _tokens(part, key) != _tokens(before, key):
            raise _other(part, f"{key.decode('latin-1')} of the record changes")
    for key in allowed & set(part.keys):
        _verify_references(part, key)


def _verify_references(part: Part, key: bytes) -> None:
    """What is put in place refers to objects, which are looked at themselves; nothing stands there itself."""
    plain = re.compile(rb"\[|\]|\d+ \d+ R|/1\.\d|/2\.0")
    if not all(plain.fullmatch(token) for token in _tokens(part, key)):
        raise _other(part, f"{key.decode('latin-1')} holds more than references")


def _is_own(part: Part) -> bool:
    """Whether the object is one that attaching and signing make."""
    keys, kind = set(part.keys), part.value(b"/Type")
    if part.stream:
        return kind == b"/EmbeddedFile" and keys <= FILE
    if kind == b"/Sig":
        return keys <= SIGNATURE
    if kind == b"/Filespec":
        return keys <= ATTACHMENT
    if kind == b"/Annot":
        invisible = _tokens(part, b"/Rect") == NOWHERE
        return invisible and keys <= FIELD and part.value(b"/FT") == b"/Sig" and _is_widget(part)
    if not keys:
        return _is_name_list(part)
    return kind == b"" and (keys <= NAME_TREE or keys <= FORM)


def _is_widget(part: Part) -> bool:
    return part.value(b"/Subtype") == b"/Widget"


def _is_name_list(part: Part) -> bool:
    """An array of strings and references: the leaves of a name tree, a list of fields or annotations."""
    plain = re.compile(rb"\[|\]|\d+ \d+ R|\(.*\)|<[0-9A-Fa-f ]*>", re.DOTALL)
    return all(plain.fullmatch(token) for token in _body(part))


def _body(part: Part) -> tuple[bytes, ...]:
    body = part.pdf[part.start : part.end].split(b"obj", 1)[1].rsplit(b"endobj", 1)[0]
    return tokens(body, (0, len(body)))


def _tokens(part: Part, key: bytes) -> tuple[bytes, ...]:
    return tokens(part.pdf, part.keys[key]) if key in part.keys else ()


def _other(part: Part, detail: str) -> Invalid:
    return Invalid("pdf-additions", detail, offset=part.start)
