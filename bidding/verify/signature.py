"""Step 1: the manifest is whole and signed under the log's key."""

from __future__ import annotations

from bidding.archive.layout import MANIFEST, SIGNATURE
from bidding.archive.manifest import statement
from bidding.verify.container import Opened
from bidding.verify.report import Failed, Findings, Wrong
from crypto.canonical import sha256_hex
from crypto.errors import Invalid
from crypto.translog.checkpoint import Note, Verifier, parse_note, parse_verifier, verify_note

LOG_KEY = "log/key"


def log_key(opened: Opened, given: str | None) -> Verifier:
    """The log's verifier key: the one given from outside, else the archive's own."""
    path = LOG_KEY if given is None else "--log-key"
    try:
        text = opened.read(LOG_KEY).decode("ascii") if given is None else given
        key = parse_verifier(text.removesuffix("\n"))
    except (Invalid, UnicodeDecodeError) as error:
        raise Failed(Wrong(path, "log-key-unreadable", str(error))) from error
    if key.name != opened.manifest.origin:
        detail = f"a key of {key.name}; the archive comes from {opened.manifest.origin}"
        raise Failed(Wrong(path, "log-key-of-another-log", detail))
    return key


def check_signature(opened: Opened, key: Verifier, findings: Findings) -> None:
    """MANIFEST.sig is one note by `key` over exactly this MANIFEST.json."""
    manifest = opened.manifest
    try:
        note = parse_note(opened.signature.decode("utf-8"))
        verify_note(note, [key])
    except UnicodeDecodeError as error:
        raise Failed(Wrong(SIGNATURE, "signature-invalid", "not UTF-8")) from error
    except Invalid as error:
        raise Failed(Wrong(SIGNATURE, "signature-invalid", error.detail)) from error
    if note.encode().encode("utf-8") != opened.signature or len(note.signatures) != 1:
        raise Failed(Wrong(SIGNATURE, "signature-invalid", "more than one note with one signature"))
    if note.text != statement(opened.manifest_bytes, manifest.origin, manifest.lot):
        raise Failed(Wrong(*_culprit(note, opened)))
    findings.note(
        f"signed by {key.name}, for the right {manifest.right!s}, issued {manifest.issued_at:%F %T}Z"
    )


def _culprit(note: Note, opened: Opened) -> tuple[str, str, str]:
    """A valid signature over another text: this manifest is not the one that was signed."""
    if sha256_hex(opened.manifest_bytes) not in note.text:
        return MANIFEST, "content-differs", "not the manifest that was signed"
    return SIGNATURE, "signature-of-another-archive", note.text.replace("\n", " ")
