"""PAdES signatures (ETSI EN 319 142-1, baseline B-T) whose keys the server never sees.

A signature takes three steps: `prepare_signature` reserves room in the document and gives a digest, the
signer's own client makes a CMS over it (`crypto.signing.sign_digest(…, pades=True)`), `complete_signature`
checks the CMS, adds a time stamp over the signature value and fills it in. Every step only appends: earlier
bytes stay as they are, so earlier signatures and the record's hash stay true.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO

from asn1crypto import cms as asn1_cms
from pyhanko.pdf_utils.embed import EmbeddedFileObject, EmbeddedFileParams, FileSpec, embed_file
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigObjSetup
from pyhanko.sign.signers.pdf_byterange import PreparedByteRangeDigest, SignatureObject

from crypto.certificates import certificate_facts, parsing
from crypto.errors import Invalid
from crypto.signing import verify_detached
from crypto.timestamps import TimeStampAuthority

#: Bytes kept free for a CMS with its chain and time stamp; RSA chains with tokens come to about 10 KiB.
RESERVED = 24 * 1024


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document waiting for one signature.

    `digest` is the SHA-256 the signer signs; `start` and `end` bound the hole (offsets in bytes) that the
    signature fills; `certificate_sha256` names the only certificate that may sign.
    """

    pdf: bytes
    digest: bytes
    start: int
    end: int
    certificate_sha256: str


def prepare_signature(
    pdf: bytes,
    *,
    field: str,
    certificate: bytes,
    at: datetime,
    reason: str,
    name: str = "",
    location: str = "",
) -> Prepared:
    """Append an empty signature `field` for the holder of `certificate` (DER).

    `at` is the claimed time shown in the document; what counts is the time stamp. Raises `Invalid` with
    `pdf-malformed`, `pdf-field-taken` or `bad-certificate`.
    """
    facts = certificate_facts(certificate)
    placeholder = SignatureObject(
        timestamp=at,
        name=name or facts.common_name,
        location=location or None,
        reason=reason or None,
        subfilter=SigSeedSubFilter.PADES,
        bytes_reserved=2 * RESERVED,
    )
    with _pdf_errors():
        writer = IncrementalPdfFileWriter(BytesIO(pdf))
        if any(each.field_name == field for each in writer.prev.embedded_signatures):
            raise Invalid("pdf-field-taken", f"the field {field} is signed already", field=field)
        steps = PdfCMSEmbedder(new_field_spec=SigFieldSpec(sig_field_name=field)).write_cms(field, writer)
        next(steps)
        steps.send(SigObjSetup(sig_placeholder=placeholder))
        prepared, output = steps.send(SigIOSetup(md_algorithm="sha256", output=BytesIO()))
    written = output.getvalue()
    if not written.startswith(pdf):
        raise Invalid("pdf-malformed", "appending would have changed earlier bytes")
    return Prepared(
        pdf=written,
        digest=prepared.document_digest,
        start=prepared.reserved_region_start,
        end=prepared.reserved_region_end,
        certificate_sha256=hashlib.sha256(certificate).hexdigest(),
    )


def complete_signature(prepared: Prepared, cms: bytes, tsa: TimeStampAuthority) -> bytes:
    """The signed document: `cms` verified against what was prepared, time-stamped, filled in.

    Raises `Invalid` with `bad-cms`, `bad-signature`, `pdf-wrong-signer` or `pdf-signature-too-large`, and
    `Unavailable` when no time stamp can be had now: the prepared document stays good for another try.
    """
    signed = verify_detached(cms, digest=prepared.digest)
    if hashlib.sha256(signed.certificate).hexdigest() != prepared.certificate_sha256:
        raise Invalid("pdf-wrong-signer", "the signature was prepared for another certificate")
    stamped = add_time_stamp(cms, tsa)
    if len(stamped) > RESERVED:
        raise Invalid("pdf-signature-too-large", f"{len(stamped)} bytes, room for {RESERVED}", limit=RESERVED)
    output = BytesIO(prepared.pdf)
    with _pdf_errors():
        PreparedByteRangeDigest(prepared.digest, prepared.start, prepared.end).fill_with_cms(output, stamped)
    return output.getvalue()


def add_time_stamp(cms: bytes, tsa: TimeStampAuthority) -> bytes:
    """The CMS with a signature-time-stamp (RFC 3161 appendix A) as its unsigned attribute."""
    with parsing("bad-cms", "the signature"):
        parsed = asn1_cms.ContentInfo.load(cms, strict=True)
        info = parsed["content"]["signer_infos"][0]
        digest = hashlib.sha256(info["signature"].native).digest()
    token = tsa.stamp(digest)
    with parsing("time-stamp-malformed", "the token"):
        value = asn1_cms.ContentInfo.load(token)
        attribute = asn1_cms.CMSAttribute({"type": "signature_time_stamp_token", "values": [value]})
        info["unsigned_attrs"] = asn1_cms.CMSAttributes([attribute])
        return bytes(parsed.dump())


def attach_files(pdf: bytes, files: Mapping[str, bytes], *, at: datetime, description: str = "") -> bytes:
    """Append files as embedded attachments; `pdf` stays a byte prefix of the result.

    Raises `Invalid("pdf-malformed")`.
    """
    with _pdf_errors():
        writer = IncrementalPdfFileWriter(BytesIO(pdf))
        for name, data in files.items():
            params = EmbeddedFileParams(creation_date=at, modification_date=at)
            embedded = EmbeddedFileObject.from_file_data(writer, data, params=params)
            spec = FileSpec(
                file_spec_string=name, file_name=name, embedded_data=embedded, description=description or None
            )
            embed_file(writer, spec)
        output = BytesIO()
        writer.write(output)  # type: ignore[no-untyped-call]
    written = output.getvalue()
    if not written.startswith(pdf):
        raise Invalid("pdf-malformed", "appending would have changed earlier bytes")
    return written


@contextmanager
def _pdf_errors() -> Iterator[None]:
    try:
        yield
    except (PdfError, ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        raise Invalid("pdf-malformed", f"{type(error).__name__}: {error}") from error
