"""What may follow a record: attachments and invisible signatures, nothing that a reader would show."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from crypto.authority import DemoAuthority
from crypto.errors import Invalid
from crypto.pdf_additions import verify_additions
from crypto.pdf_bytes import revision_ends, verify_pdf_signatures
from crypto.pdf_signature import attach_files

from .authorities import NOW
from .documents import record, sealed

Change = Callable[[IncrementalPdfFileWriter], None]


def changed(pdf: bytes, change: Change) -> bytes:
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    change(writer)
    out = BytesIO()
    writer.write(out)  # type: ignore[no-untyped-call]
    return out.getvalue()


def page(writer: IncrementalPdfFileWriter) -> Any:
    return writer.root["/Pages"]["/Kids"][0]


def other_content(writer: IncrementalPdfFileWriter) -> None:
    found = page(writer)
    found[pdf_name("/Contents")] = writer.add_object(generic.StreamObject(stream_data=b"BT ET"))
    writer.update_container(found)


def other_stream(writer: IncrementalPdfFileWriter) -> None:
    content = page(writer)["/Contents"]
    content._data = b"BT ET"
    content._encoded_data = None
    writer.update_container(content)


def note(writer: IncrementalPdfFileWriter) -> None:
    annotation = {
        pdf_name("/Type"): pdf_name("/Annot"),
        pdf_name("/Subtype"): pdf_name("/FreeText"),
        pdf_name("/Rect"): generic.ArrayObject(map(generic.NumberObject, (10, 10, 300, 300))),
        pdf_name("/Contents"): generic.pdf_string("7,100,000"),
    }
    found = page(writer)
    added = writer.add_object(generic.DictionaryObject(annotation))
    found[pdf_name("/Annots")] = generic.ArrayObject([added])
    writer.update_container(found)


def inline_note(writer: IncrementalPdfFileWriter) -> None:
    found = page(writer)
    annotation = generic.DictionaryObject({pdf_name("/Subtype"): pdf_name("/FreeText")})
    found[pdf_name("/Annots")] = generic.ArrayObject([annotation])
    writer.update_container(found)


def larger_page(writer: IncrementalPdfFileWriter) -> None:
    found = page(writer)
    found[pdf_name("/MediaBox")] = generic.ArrayObject(map(generic.NumberObject, (0, 400, 600, 800)))
    writer.update_container(found)


def other_pages(writer: IncrementalPdfFileWriter) -> None:
    writer.root[pdf_name("/Pages")] = writer.add_object(generic.DictionaryObject())
    writer.update_root()


def script(writer: IncrementalPdfFileWriter) -> None:
    writer.root[pdf_name("/OpenAction")] = writer.add_object(generic.DictionaryObject())
    writer.update_root()


@pytest.mark.parametrize(
    "change", [other_content, other_stream, note, inline_note, larger_page, other_pages, script]
)
def test_nothing_that_shows_may_change(change: Change) -> None:
    pdf = record()
    after = changed(pdf, change)
    assert after.startswith(pdf)
    with pytest.raises(Invalid, match="pdf-additions"):
        verify_additions(after, len(pdf))


def test_attachments_and_signatures_may_follow(ca: DemoAuthority) -> None:
    pdf = record()
    done = sealed(ca, {"甲.p7s": b"1", "乙.p7s": b"2"}, base=pdf)
    verify_additions(done, len(pdf))
    for end in revision_ends(done):
        verify_additions(done, end)
    more = attach_files(attach_files(pdf, {"a": b"1"}, at=NOW), {"b": b"2"}, at=NOW)
    verify_additions(more, len(pdf))


@pytest.mark.parametrize("change", [other_content, note, script])
def test_a_signature_does_not_excuse_a_change_before_it(ca: DemoAuthority, change: Change) -> None:
    pdf = record()
    done = sealed(ca, {}, ("host",), base=changed(pdf, change))
    assert len(verify_pdf_signatures(done)) == 1
    with pytest.raises(Invalid, match="pdf-additions"):
        verify_additions(done, len(pdf))


def test_the_record_is_a_whole_revision(ca: DemoAuthority) -> None:
    pdf = record()
    done = sealed(ca, {}, ("host",), base=pdf)
    for size in (0, len(pdf) - 1, len(pdf) + 1):
        with pytest.raises(Invalid, match="pdf-additions"):
            verify_additions(done, size)


def test_tables_and_trailers_lead_to_this_revision_only() -> None:
    pdf = record()
    done = attach_files(pdf, {"a.p7s": b"1"}, at=NOW)
    assert done.startswith(pdf)
    tail = done[len(pdf) :]
    root = b"/Root " + tail.split(b"/Root ")[1].split(b" R")[0] + b" R"
    entry = tail.split(b"00000 n")[0][-11:]
    for old, new in (
        (root, root.replace(b" 0 R", b" 1 R")),
        (b"/Prev ", b"/Prev 1"),
        (entry, b"0000000015 "),
        (b"65535 f", b"65535 n"),
        (b"startxref\n", b"startxref\n1"),
        (b"00000 n", b"00000 f"),
    ):
        assert old in tail, old
        with pytest.raises(Invalid, match="pdf-"):
            verify_additions(pdf + tail.replace(old, new, 1), len(pdf))


def test_what_stood_in_a_list_stays() -> None:
    pdf = record()
    first = attach_files(pdf, {"a.p7s": b"1"}, at=NOW)

    def drop(writer: IncrementalPdfFileWriter) -> None:
        names = writer.root["/Names"]["/EmbeddedFiles"]["/Names"]
        del names[:2]
        writer.update_container(names)

    with pytest.raises(Invalid, match="pdf-additions"):
        verify_additions(changed(first, drop), len(pdf))
