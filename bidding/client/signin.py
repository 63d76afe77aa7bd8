"""Signing in with a certificate: the key signs the server's challenge, the session lives in a slot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from bidding.client.clock import local_now, monotonic
from bidding.client.errors import ClientError
from bidding.client.http import Api
from bidding.client.http import json_bytes as _body
from crypto.canonical import b64, parse_canonical, unb64
from crypto.errors import Invalid
from crypto.signing import CertificateFacts, Signer, certificate_facts, load_p12, sign_detached

STATEMENT_LIMIT = 4096
STATEMENT_LABEL = "kaibiao/sign-in/v1"


@dataclass(frozen=True, slots=True)
class Account:
    """A session: the server as this identity, and what the server said about it."""

    api: Api
    facts: Mapping[str, Any]

    @property
    def credit_code(self) -> str:
        return str(self.facts["organisation"]["creditCode"])

    @property
    def warnings(self) -> list[Mapping[str, Any]]:
        return list(self.facts.get("warnings", []))


def open_certificate(path: Path, password: str) -> Signer:
    """The signing certificate and key of a .p12 file. Raises `ClientError`."""
    try:
        return load_p12(path.read_bytes(), password)
    except OSError as exc:
        raise ClientError("file-unreadable", f"{path}: {exc.strerror}") from exc
    except Invalid as exc:
        raise ClientError(exc.code, exc.detail or str(path)) from exc


def sign_in(api: Api, signer: Signer) -> Account:
    """Prove the certificate's key and open a session in a fresh slot. Raises `ClientError`.

    A lost answer is no harm: the session nobody knows of ends by itself, another challenge opens another.
    """
    until = monotonic() + api.patience.seconds
    while True:
        try:
            return _sign_in(api, signer)
        except ClientError as exc:
            if exc.code != "outcome-unknown" or monotonic() > until:
                raise


def _sign_in(api: Api, signer: Signer) -> Account:
    challenge = api.post("/auth/challenge", {}, repeatable=True)
    statement = unb64(challenge["statement"])
    check_statement(api, statement, challenge)
    cms = sign_detached(statement, signer, at=local_now())
    body = _body({"challenge": challenge["challenge"], "cms": b64(cms)})
    answer = api.request("POST", "/auth/session", body, {"Content-Type": "application/json"})
    facts = answer.json()
    cookie = answer.headers.get("Set-Cookie", "").split(";", 1)[0]
    if not cookie:
        raise ClientError("sign-in-needed", "the server opened no session")
    return Account(api.as_slot(facts["slot"], cookie), facts)


def check_statement(api: Api, statement: bytes, challenge: Mapping[str, Any]) -> None:
    """Sign nothing but a sign-in at this very server. Raises `ClientError("challenge-foreign")`.

    A hostile server could relay another server's challenge, or have something else signed.
    """
    try:
        value = parse_canonical(statement, limit=STATEMENT_LIMIT)
    except Invalid as exc:
        raise ClientError("challenge-foreign", exc.detail) from exc
    wanted = {"label": STATEMENT_LABEL, "origin": api.base, "challenge": challenge["challenge"]}
    if not isinstance(value, dict) or {name: value.get(name) for name in wanted} != wanted:
        raise ClientError("challenge-foreign", "the challenge is not for signing in at this address")


def sign_out(account: Account) -> None:
    account.api.delete("/auth/session")


def certificate_at(signer: Signer, at: datetime) -> CertificateFacts:
    """The certificate's facts if it is valid at `at`. Raises `ClientError("certificate-not-valid-then")`."""
    facts = certificate_facts(signer.certificate)
    if not facts.not_before <= at <= facts.not_after:
        raise ClientError(
            "certificate-not-valid-then",
            f"valid {facts.not_before:%Y-%m-%d} to {facts.not_after:%Y-%m-%d}, "
            f"needed {at:%Y-%m-%d %H:%M} UTC",
        )
    return facts
