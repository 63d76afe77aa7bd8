"""Lists fetched ahead of need and kept on disk, so that a judgement never depends on somebody else's server.

Everything is bounded: size, time, redirects, how often a silent source is asked again. A list replaces the
kept one only when an authority's own key signed it and it is not older: a hostile network can delay, not
mislead.
"""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import structlog
import urllib3
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from crypto.errors import Invalid, Unavailable
from crypto.revocation import RevocationEvidence, issued_at, parse_crl, verify_crl
from crypto.trust import TrustedAuthority

log = structlog.get_logger()

#: The largest lists of licensed authorities run to a few MiB.
MAX_LIST = 32 * 1024 * 1024
MAX_ANSWER = 64 * 1024
REFRESH_AFTER = timedelta(minutes=10)
RETRY_AFTER = timedelta(minutes=1)

#: Redirects are followed, failures are not repeated: the list kept serves meanwhile.
_REDIRECTS = urllib3.Retry(total=3, connect=0, read=0, redirect=3, status=0, other=0)

Fetch = Callable[[str, bytes | None], bytes]
Local = Callable[[datetime], bytes]


@dataclass(frozen=True, slots=True)
class HttpFetch:
    """GET a list, or POST an OCSP question, within `seconds` altogether and at most `limit` bytes."""

    seconds: float = 20.0
    limit: int = MAX_LIST
    clock: Callable[[], float] = time.monotonic

    def __call__(self, url: str, question: bytes | None = None) -> bytes:
        """Raises `Unavailable("revocation-source-unavailable")`."""
        if not url.startswith(("http://", "https://")):
            raise Unavailable("revocation-source-unavailable", "only http and https are fetched")
        deadline = self.clock() + self.seconds
        pool = urllib3.PoolManager(timeout=urllib3.Timeout(total=self.seconds), retries=_REDIRECTS)
        headers = {"Content-Type": "application/ocsp-request"} if question is not None else {}
        try:
            response = pool.request(
                "GET" if question is None else "POST",
                url,
                body=question,
                headers=headers,
                preload_content=False,
            )
            try:
                return self._read(response, deadline)
            finally:
                response.release_conn()
        except urllib3.exceptions.HTTPError as error:
            raise Unavailable("revocation-source-unavailable", type(error).__name__) from error
        finally:
            pool.clear()

    def _read(self, response: urllib3.BaseHTTPResponse, deadline: float) -> bytes:
        if response.status != 200:
            raise Unavailable("revocation-source-unavailable", f"status {response.status}")
        body = bytearray()
        for piece in response.stream(64 * 1024):
            body += piece
            if len(body) > self.limit:
                raise Unavailable("revocation-source-unavailable", f"larger than {self.limit} bytes")
            if self.clock() > deadline:
                raise Unavailable("revocation-source-unavailable", f"not finished after {self.seconds} s")
        return bytes(body)


class RevocationCache:
    """The `EvidenceSource` of a server, for any thread: one fetches, the others use what is kept.

    `local` maps sources that live in this process (the demonstration authority's) to functions of the time.
    """

    def __init__(
        self,
        directory: Path,
        *,
        local: Mapping[str, Local] | None = None,
        fetch: Fetch | None = None,
        refresh_after: timedelta = REFRESH_AFTER,
    ) -> None:
        self._directory = directory
        self._local = dict(local or {})
        self._fetch = fetch or HttpFetch()
        self._refresh_after = refresh_after
        self._lock = threading.Lock()
        self._tried: dict[str, datetime] = {}
        self._kept: dict[str, tuple[datetime, bytes]] = {}

    def evidence(self, authorities: Iterable[TrustedAuthority], *, now: datetime) -> RevocationEvidence:
        """The freshest list of every source. A source that cannot be had contributes the list kept before."""
        found: list[bytes] = []
        for authority in authorities:
            for source in authority.crl_sources:
                der = (
                    self._local[source](now) if source in self._local else self._list(authority, source, now)
                )
                if der is not None:
                    found.append(der)
        return RevocationEvidence(tuple(found))

    def ask(self, authority: TrustedAuthority, certificate: bytes, issuer: bytes) -> RevocationEvidence:
        """Ask the authority's responders about one certificate; empty when none answers.

        Only for what is public anyway: before the opening a question tells who bids.
        """
        question = _question(certificate, issuer)
        for source in authority.ocsp_sources:
            try:
                return RevocationEvidence(ocsps=(self._fetch(source, question)[:MAX_ANSWER],))
            except Unavailable as error:
                log.warning("OCSP responder does not answer", source=source, detail=error.detail)
        return RevocationEvidence()

    def _list(self, authority: TrustedAuthority, source: str, now: datetime) -> bytes | None:
        fetched_at, kept = self._known(source)
        due = fetched_at is None or now - fetched_at >= self._refresh_after
        if due and self._may_try(source, now):
            try:
                der = self._fetch(source, None)
                self._keep(authority, source, der, kept, now)
                return self._known(source)[1]
            except (Unavailable, Invalid) as error:
                log.warning("revocation list not renewed", source=source, detail=str(error))
        return kept

    def _may_try(self, source: str, now: datetime) -> bool:
        with self._lock:
            last = self._tried.get(source)
            if last is not None and timedelta() <= now - last < RETRY_AFTER:
                return False
            self._tried[source] = now
            return True

    def _known(self, source: str) -> tuple[datetime | None, bytes | None]:
        with self._lock:
            if source in self._kept:
                return self._kept[source]
        path = self._path(source)
        # A list found on disk after a start was fetched at an unknown time: it is used, and renewed when due.
        return (None, path.read_bytes()) if path.exists() else (None, None)

    def _keep(
        self, authority: TrustedAuthority, source: str, der: bytes, kept: bytes | None, now: datetime
    ) -> None:
        fresh = verify_crl(der, authority.issuers())
        if kept is not None and issued_at(parse_crl(kept)) > issued_at(fresh):
            raise Invalid("crl-older", "the source served an older list than before", source=source)
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._path(source)
        partial = path.with_suffix(f".{os.getpid()}.{threading.get_ident()}")
        partial.write_bytes(der)
        partial.replace(path)
        with self._lock:
            self._kept[source] = (now, der)

    def _path(self, source: str) -> Path:
        return self._directory / f"{hashlib.sha256(source.encode()).hexdigest()}.crl"


def _question(certificate: bytes, issuer: bytes) -> bytes:
    builder = ocsp.OCSPRequestBuilder().add_certificate(
        x509.load_der_x509_certificate(certificate), x509.load_der_x509_certificate(issuer), hashes.SHA256()
    )
    return builder.build().public_bytes(Encoding.DER)


@dataclass(frozen=True, slots=True)
class HandedIn:
    """An `EvidenceSource` of lists that somebody brought: an archive, a test."""

    lists: Sequence[bytes] = ()

    def evidence(self, authorities: Iterable[TrustedAuthority], *, now: datetime) -> RevocationEvidence:
        return RevocationEvidence(tuple(self.lists))
