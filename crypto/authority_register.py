"""The demonstration authority's own book: one line for each certificate issued or revoked, never changed.

A file of JSON lines beside the authority's keys, appended under a lock and made durable before the act is
acknowledged, so that several server processes on one machine share one truth.
"""

from __future__ import annotations

import fcntl
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from crypto.canonical import b64, iso, parse_iso, unb64


class RevocationReason(StrEnum):
    """Why a certificate was revoked: the names of RFC 5280 section 5.3.1 that an applicant may meet."""

    UNSPECIFIED = "unspecified"
    KEY_COMPROMISE = "keyCompromise"
    AFFILIATION_CHANGED = "affiliationChanged"
    SUPERSEDED = "superseded"
    CESSATION = "cessationOfOperation"


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate the authority signed."""

    serial: int
    certificate: bytes
    at: datetime


@dataclass(frozen=True, slots=True)
class Revoked:
    """`at` is when it was recorded, `invalid_since` when the key is thought to have been lost."""

    serial: int
    reason: RevocationReason
    at: datetime
    invalid_since: datetime | None = None


class Register:
    """Append-only; reading follows what other processes append."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._read = 0
        self._issued: dict[int, Issued] = {}
        self._revoked: dict[int, Revoked] = {}
        self._by_key: dict[bytes, Issued] = {}

    def issued(self, serial: int) -> Issued | None:
        with self._lock:
            self._follow()
            return self._issued.get(serial)

    def issued_for(self, key: bytes) -> Issued | None:
        """The certificate issued last for a public key (SubjectPublicKeyInfo, DER)."""
        with self._lock:
            self._follow()
            return self._by_key.get(key)

    def all_issued(self) -> tuple[Issued, ...]:
        with self._lock:
            self._follow()
            return tuple(self._issued.values())

    def revoked(self, serial: int) -> Revoked | None:
        with self._lock:
            self._follow()
            return self._revoked.get(serial)

    def all_revoked(self) -> tuple[Revoked, ...]:
        with self._lock:
            self._follow()
            return tuple(self._revoked.values())

    def record_issued(self, entry: Issued) -> None:
        line = {
            "did": "issued",
            "serial": f"{entry.serial:x}",
            "at": iso(entry.at),
            "certificate": b64(entry.certificate),
        }
        with self._lock, self._appending() as append:
            append(line)

    def record_revoked(self, entry: Revoked) -> Revoked:
        """Record a revocation. A certificate is revoked once: a repetition returns what stands already."""
        line: dict[str, Any] = {
            "did": "revoked",
            "serial": f"{entry.serial:x}",
            "at": iso(entry.at),
            "reason": entry.reason.value,
        }
        if entry.invalid_since is not None:
            line["invalidSince"] = iso(entry.invalid_since)
        with self._lock, self._appending() as append:
            if entry.serial not in self._revoked:
                append(line)
        return self._revoked[entry.serial]

    @contextmanager
    def _appending(self) -> Iterator[Any]:
        """Hold the file's lock with everything read that others wrote; make what is appended durable."""
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            self._follow()
            # Under the lock nobody else is writing: what follows the last whole line was torn by a crash.
            os.ftruncate(descriptor, self._read)

            def append(line: dict[str, Any]) -> None:
                os.write(descriptor, json.dumps(line).encode() + b"\n")
                os.fsync(descriptor)
                self._follow()

            yield append
        finally:
            os.close(descriptor)

    def _follow(self) -> None:
        if not self._path.exists() or self._path.stat().st_size == self._read:
            return
        with self._path.open("rb") as file:
            file.seek(self._read)
            tail = file.read()
        # A half-written last line is another process in the middle of an append: read it next time.
        complete = tail[: tail.rfind(b"\n") + 1]
        for line in complete.splitlines():
            self._apply(json.loads(line))
        self._read += len(complete)

    def _apply(self, line: dict[str, Any]) -> None:
        serial, at = int(line["serial"], 16), parse_iso(line["at"])
        if line["did"] == "issued":
            issued = Issued(serial, unb64(line["certificate"]), at)
            self._issued[serial] = issued
            self._by_key[_key_of(issued.certificate)] = issued
            return
        since = line.get("invalidSince")
        self._revoked[serial] = Revoked(
            serial, RevocationReason(line["reason"]), at, parse_iso(since) if since else None
        )


def _key_of(certificate: bytes) -> bytes:
    key = x509.load_der_x509_certificate(certificate).public_key()
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
