"""HTTP to the platform: one connection pool, one cookie per identity slot, problems as `ClientError`."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote, urlencode, urlsplit

import urllib3
from urllib3.exceptions import HTTPError, MaxRetryError, NewConnectionError, ProtocolError

from bidding.client.errors import ClientError

Method = Literal["GET", "POST", "PUT", "DELETE"]
#: Methods that HTTP defines as repeatable (RFC 9110 section 9.2.2).
REPEATABLE: frozenset[Method] = frozenset({"GET", "PUT", "DELETE"})
#: Largest JSON answer read into memory; longer ones are downloads.
ANSWER_LIMIT = 64 << 20
USER_AGENT = "kaibiao-client/1"
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 2.0


@dataclass(frozen=True, slots=True)
class Tls:
    """How the server's certificate is judged; by default against the system's store."""

    ca_file: Path | None = None
    server_name: str | None = None


@dataclass(frozen=True, slots=True)
class Patience:
    """For how long a request is repeated while the server cannot be reached, in seconds."""

    seconds: float = 20.0
    connect: float = 10.0
    read: float = 60.0


@dataclass(slots=True)
class Traffic:
    """Bytes of bodies sent and received, for progress displays and the rehearsal's summary."""

    sent: int = 0
    received: int = 0


@dataclass(slots=True)
class Api:
    """One server as seen by one identity (`slot`), or by nobody in particular.

    Values made with `as_slot` share the pool. Not shared between processes; threads may share it.
    """

    base: str
    tls: Tls = Tls()
    patience: Patience = Patience()
    slot: str = ""
    cookie: str = ""
    pool: urllib3.PoolManager = field(default_factory=urllib3.PoolManager)
    traffic: Traffic = field(default_factory=Traffic)

    @classmethod
    def to(cls, base: str, *, tls: Tls | None = None, patience: Patience | None = None) -> Api:
        """Talk to the server at `base` (`https://host[:port]`). Raises `ClientError` for other addresses."""
        parts = urlsplit(base)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ClientError("server-address", f"{base} is not an http or https address")
        tls = tls or Tls()
        options: dict[str, Any] = {"maxsize": 8, "retries": False}
        if parts.scheme == "https":
            options["cert_reqs"] = "CERT_REQUIRED"
            if tls.ca_file:
                options["ca_certs"] = str(tls.ca_file)
            if tls.server_name:
                options |= {"assert_hostname": tls.server_name, "server_hostname": tls.server_name}
        pool = urllib3.PoolManager(**options)
        return cls(base=base.rstrip("/"), tls=tls, patience=patience or Patience(), pool=pool)

    def as_slot(self, slot: str, cookie: str) -> Api:
        """The same server with the session of another identity."""
        return Api(self.base, self.tls, self.patience, slot, cookie, self.pool, self.traffic)

    def stranger(self) -> Api:
        """The same server over connections of its own, without a session: nothing links the two."""
        made = Api.to(self.base, tls=self.tls, patience=self.patience)
        made.traffic = self.traffic
        return made

    def url(self, path: str) -> str:
        """The full address of an API path (`/lots/…`) under this identity's slot."""
        prefix = f"/as/{self.slot}" if self.slot else ""
        return f"{self.base}{prefix}/api{path}"

    def headers(self) -> dict[str, str]:
        """What every request carries: the CSRF header, the origin and the session, if there is one."""
        headers = {"User-Agent": USER_AGENT, "X-Kaibiao": "1", "Origin": self.base}
        if self.cookie:
            headers["Cookie"] = self.cookie
        return headers

    def get(self, path: str, **query: str | int) -> Any:
        """A JSON answer. Raises `ClientError`."""
        return _json(self.request("GET", f"{path}?{urlencode(query)}" if query else path))

    def post(self, path: str, body: Any, *, repeatable: bool = False, once: bool = False) -> Any:
        """Send JSON. Only a `repeatable` one (it carries a command id) is sent again after a lost answer.

        With `once` the request gets an Idempotency-Key of its own, under which it takes effect once at most.
        """
        headers = {"Content-Type": "application/json"}
        if once:
            headers["Idempotency-Key"] = secrets.token_hex(16)
        return _json(self.request("POST", path, json_bytes(body), headers, repeatable or once))

    def put(self, path: str, data: bytes | memoryview, headers: Mapping[str, str] | None = None) -> Any:
        """Store bytes under a path; repeated until answered."""
        extra = {"Content-Type": "application/octet-stream", **(headers or {})}
        return _json(self.request("PUT", path, data, extra))

    def delete(self, path: str) -> Any:
        return _json(self.request("DELETE", path))

    def get_bytes(self, path: str) -> bytes:
        """A small binary answer. Raises `ClientError`."""
        return self.request("GET", path).data

    def download(self, path: str) -> Iterator[bytes]:
        """A large answer in pieces; goes on where it was interrupted if the server can (RFC 9110 section 14).

        Raises `ClientError`: `connection-lost` when it cannot.
        """
        done, until = 0, time.monotonic() + self.patience.seconds
        while True:
            answer = self.request(
                "GET", path, None, {"Range": f"bytes={done}-"} if done else {}, preload=False
            )
            if done and answer.status != 206:
                answer.release_conn()
                raise ClientError("connection-lost", "the server cannot continue this download")
            try:
                for piece in answer.stream(1 << 18):
                    done += len(piece)
                    self.traffic.received += len(piece)
                    yield piece
                return
            except HTTPError as exc:
                if time.monotonic() > until:
                    raise ClientError("connection-lost", str(exc)) from exc
            finally:
                answer.release_conn()

    def request(
        self,
        method: Method,
        path: str,
        body: bytes | memoryview | None = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool = False,
        preload: bool = True,
    ) -> urllib3.BaseHTTPResponse:
        """One exchange, repeated while that is harmless and patience lasts. Raises `ClientError`.

        Harmless is: the connection was never made, the server said it did nothing (503), or the request may
        be repeated by its nature.
        """
        repeatable = repeatable or method in REPEATABLE
        until = time.monotonic() + self.patience.seconds
        pause = FIRST_PAUSE
        while True:
            try:
                answer = self._once(method, path, body, headers or {}, preload)
                if answer.status < 400:
                    return answer
                failure = problem_of(answer.status, answer.read(ANSWER_LIMIT) or answer.data, answer.headers)
                again = answer.status == 503 or (answer.status in (502, 504) and repeatable)
            except HTTPError as exc:
                failure = _unanswered(exc)
                again = repeatable or failure.code == "unreachable"
            wait = min(max(pause, failure.retry_after or 0.0), 5.0)
            if not again or time.monotonic() + wait > until:
                raise failure
            time.sleep(wait)
            pause = min(pause * 2, LONGEST_PAUSE)

    def _once(
        self,
        method: Method,
        path: str,
        body: bytes | memoryview | None,
        headers: Mapping[str, str],
        preload: bool,
    ) -> urllib3.BaseHTTPResponse:
        timeout = urllib3.Timeout(connect=self.patience.connect, read=self.patience.read)
        data = bytes(body) if body is not None else None
        answer = self.pool.request(
            method,
            self.url(path),
            body=data,
            headers={**self.headers(), **headers},
            timeout=timeout,
            preload_content=preload,
            redirect=False,
            retries=False,
        )
        self.traffic.sent += len(data or b"")
        if preload:
            self.traffic.received += len(answer.data)
        return answer


def json_bytes(body: Any) -> bytes:
    """JSON as sent on the wire."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def segment(text: str) -> str:
    """One path segment, escaped."""
    return quote(text, safe="")


def _json(answer: urllib3.BaseHTTPResponse) -> Any:
    if not answer.data:
        return None
    try:
        return json.loads(answer.data)
    except ValueError as exc:
        raise ClientError(
            "answer-unreadable", "the server's answer is not JSON", status=answer.status
        ) from exc


def problem_of(status: int, data: bytes, headers: Mapping[str, str]) -> ClientError:
    """An error answer (RFC 9457 `application/problem+json`) as an exception."""
    try:
        body = json.loads(data)
    except ValueError:
        body = {}
    if not isinstance(body, dict):
        body = {}
    code = str(body.get("code") or ("unavailable" if status in (502, 503, 504) else f"http-{status}"))
    detail = str(body.get("detail") or body.get("title") or "")
    return ClientError(code, detail, status=status, problem=body, retry_after=_retry_after(headers))


def _retry_after(headers: Mapping[str, str]) -> float | None:
    value = headers.get("Retry-After", "")
    return float(value) if value.isdigit() else None


def _unanswered(exc: HTTPError) -> ClientError:
    cause = exc.reason if isinstance(exc, MaxRetryError) and exc.reason else exc
    if isinstance(cause, ProtocolError) or not isinstance(
        cause, NewConnectionError | urllib3.exceptions.ConnectTimeoutError
    ):
        return ClientError("outcome-unknown", str(cause))
    return ClientError("unreachable", str(cause))
