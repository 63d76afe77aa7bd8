"""A signed record is checked from its bytes alone, and by the server before it calls it final."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from io import BytesIO

import pytest
from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from crypto.authority import DemoAuthority
from crypto.authority_register import RevocationReason
from crypto.errors import Invalid
from crypto.pdf_bytes import read_signatures, revision_ends, verify_pdf_signatures
from crypto.pdf_check import check_pdf_signatures
from crypto.pdf_signature import attach_files
from crypto.trust import Verdict

from .authorities import HOUR, NOW, evidence, store
from .documents import SEATS, record, sealed


@pytest.fixture
def document(ca: DemoAuthority) -> bytes:
    return sealed(ca, {"甲.p7s": b"cms" * 50})


def test_three_signatures_each_cover_a_longer_revision(ca: DemoAuthority, document: bytes) -> None:
    found = verify_pdf_signatures(document)
    assert [each.at for each in found] == [NOW] * 3
    ends = [each.signature.revision_end for each in found]
    assert ends == sorted(ends)
    assert ends[-1] == len(document)
    assert revision_ends(document)[-3:] == tuple(ends)
    assert all(each.chain for each in found)


def test_the_server_check_names_fields_and_judges_certificates(ca: DemoAuthority, document: bytes) -> None:
    checked = check_pdf_signatures(document, store(ca), evidence=evidence(ca, NOW + HOUR))
    assert [each.field for each in checked] == list(SEATS)
    assert all(each.good for each in checked)


def test_a_signer_revoked_before_the_time_stamp_is_not_good(ca: DemoAuthority, document: bytes) -> None:
    first = verify_pdf_signatures(document)[0]
    serial = x509.load_der_x509_certificate(first.certificate).serial_number
    ca.revoke(serial, RevocationReason.KEY_COMPROMISE, at=NOW - HOUR)
    checked = check_pdf_signatures(document, store(ca), evidence=evidence(ca, NOW + HOUR))
    assert [each.judgement.verdict for each in checked] == [Verdict.INVALID, Verdict.VALID, Verdict.VALID]


def test_bytes_after_the_last_signature_are_refused(document: bytes) -> None:
    for extra in (b"\n% hello\n", b"junk"):
        with pytest.raises(Invalid, match="pdf-"):
            verify_pdf_signatures(document + extra)
    with pytest.raises(Invalid, match="pdf-coverage"):
        verify_pdf_signatures(attach_files(document, {"late": b"1"}, at=NOW))


def test_an_unsigned_document_says_so() -> None:
    with pytest.raises(Invalid, match="pdf-unsigned"):
        verify_pdf_signatures(record())


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_flipped_bit_anywhere_is_refused(signed_once: bytes, data: st.DataObject) -> None:
    good = verify_pdf_signatures(signed_once)[0]
    position = data.draw(st.integers(0, len(signed_once) - 1))
    bit = data.draw(st.integers(0, 7))
    changed = bytearray(signed_once)
    changed[position] ^= 1 << bit
    try:
        found = verify_pdf_signatures(bytes(changed))[0]
    except Invalid:
        return
    # The hole is not under the signature: the spelling of its hexadecimal, extra certificates and the
    # unsigned time stamp's open labels may differ, what is signed may not.
    start, end = good.signature.hole
    assert start < position < end
    assert (found.signature.digest, found.certificate, found.at) == (
        good.signature.digest,
        good.certificate,
        good.at,
    )


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_cut_or_swapped_pieces_are_refused(signed_once: bytes, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(signed_once) - 1))
    with pytest.raises(Invalid):
        verify_pdf_signatures(signed_once[:cut])


@given(junk=st.binary(max_size=200))
def test_junk_is_invalid(junk: bytes) -> None:
    for document in (junk, b"%PDF-1.7\n" + junk):
        with pytest.raises(Invalid):
            verify_pdf_signatures(document)


def test_a_change_between_signatures_is_noticed_by_the_server(ca: DemoAuthority) -> None:
    first = sealed(ca, {}, ("host",))
    writer = IncrementalPdfFileWriter(BytesIO(first))
    page = writer.root["/Pages"]["/Kids"][0]
    stream = writer.add_object(generic.StreamObject(stream_data=b"BT ET"))
    page[generic.pdf_name("/Contents")] = stream
    writer.update_container(page)
    out = BytesIO()
    writer.write(out)
    changed = sealed(ca, {}, ("tenderer",), base=out.getvalue())
    assert len(verify_pdf_signatures(changed)) == 2
    with pytest.raises(Invalid, match="pdf-changed-after-signing"):
        check_pdf_signatures(changed, store(ca), evidence=evidence(ca, NOW))


def test_a_hole_larger_than_the_signature_is_refused(signed_once: bytes) -> None:
    signature = read_signatures(signed_once)[0]
    start, end = signature.hole
    needle = b"/ByteRange [0 %d %d" % (start, end)
    assert needle in signed_once
    for wrong in (b"/ByteRange [0 %d %d" % (start - 1, end), b"/ByteRange [1 %d %d" % (start, end)):
        changed = signed_once.replace(needle, wrong.ljust(len(needle)))
        with pytest.raises(Invalid):
            verify_pdf_signatures(changed)


def test_time_stamps_count_only_from_a_trusted_authority(ca: DemoAuthority, document: bytes) -> None:
    stranger = DemoAuthority.create(ca.directory.with_name("stranger"), at=NOW - timedelta(days=1))
    with pytest.raises(Invalid, match="time-stamp-untrusted"):
        check_pdf_signatures(document, store(stranger))


def test_the_byte_check_needs_no_pdf_library() -> None:
    modules = "crypto.pdf_bytes, crypto.trust, crypto.timestamps"
    probe = f"import sys, {modules}; print([name for name in sys.modules if 'hanko' in name])"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
