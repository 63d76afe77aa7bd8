"""A bidder's self-check days before the opening (自检): certificate, key, clock, bandwidth."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from bidding.client.clock import local_now, offset_of
from bidding.client.errors import ClientError
from bidding.client.http import Api
from bidding.client.seal import prove
from crypto.canonical import b64, iso, parse_iso, sha256_hex, unb64
from crypto.errors import Invalid
from crypto.hpke import public_bytes
from crypto.signing import Signer, certificate_facts, sign_detached, verify_detached
from crypto.suite import DEFAULT_SUITE

#: A clock further off than this may miss the deadline without knowing, in seconds.
CLOCK_LIMIT = 2.0
#: The trial upload, in bytes.
TRIAL = 4 << 20


@dataclass(frozen=True, slots=True)
class Check:
    """One finding: what was checked, whether it is well, and the figure or the reason."""

    name: str
    zh: str
    ok: bool
    detail: str

    def as_json(self) -> dict[str, Any]:
        return {"name": self.name, "ok": self.ok, "detail": self.detail}


def run_checks(
    api: Api,
    signer: Signer,
    deadline: datetime,
    *,
    package: Path | None = None,
    passphrase: str | None = None,
) -> list[Check]:
    """All checks; one that fails does not stop the others."""
    wanted: list[tuple[str, str, Callable[[], str]]] = [
        ("certificate", "证书在开标时有效", lambda: check_certificate(api, signer, deadline)),
        ("signature", "证书可以签名", lambda: check_signature(signer)),
        ("envelope", "可解开测试信封", lambda: check_envelope(api)),
        ("clock", "时钟误差", lambda: check_clock(api)),
        ("bandwidth", "上传速度", lambda: check_bandwidth(api)),
    ]
    if package is not None:
        wanted.append(("package", "投标文件可用密钥打开", lambda: check_package(package, passphrase)))
    found = []
    for name, zh, check in wanted:
        try:
            found.append(Check(name, zh, True, check()))
        except (ClientError, Invalid) as exc:
            found.append(Check(name, zh, False, f"{exc.code}: {exc.detail}"))
    return found


def check_certificate(api: Api, signer: Signer, deadline: datetime) -> str:
    """Valid at the opening, by this machine's and by the platform's judgement."""
    facts = certificate_facts(signer.certificate)
    if not facts.not_before <= deadline <= facts.not_after:
        raise ClientError("certificate-not-valid-then", f"ends {facts.not_after:%Y-%m-%d}")
    body = {
        "certificate": b64(signer.certificate),
        "chain": [b64(der) for der in signer.chain],
        "at": iso(deadline),
    }
    judged = api.post("/selfcheck/certificate", body, repeatable=True)
    if not judged["validOnTheDay"]:
        raise ClientError("certificate-not-valid-then", str(judged.get("reason", "")))
    authority = judged.get("authority") or "?"
    return f"{facts.subject_name}, {facts.credit_code or '-'}, {authority}, ends {facts.not_after:%Y-%m-%d}"


def check_signature(signer: Signer) -> str:
    """The key signs and the signature verifies under the certificate."""
    data = os.urandom(32)
    verify_detached(sign_detached(data, signer, at=local_now()), data=data)
    return "signed and verified"


def check_envelope(api: Api) -> str:
    """This client opens an envelope of the suite that the platform sealed to a key made for the test."""
    private = ec.generate_private_key(DEFAULT_SUITE.hpke.curve)
    served = api.post("/selfcheck/envelope", {"publicKey": b64(public_bytes(private))}, repeatable=True)
    content = DEFAULT_SUITE.hpke.open(private, unb64(served["envelope"]), info=unb64(served["info"]))
    if sha256_hex(content) != served["sha256"]:
        raise ClientError("self-check-failed", "the envelope opened to something else")
    return f"{len(content)} bytes opened"


def check_clock(api: Api) -> str:
    """How far this machine's clock is from the platform's."""
    sent = local_now()
    server = parse_iso(api.get("/selfcheck/clock")["now"])
    offset = offset_of(sent, server, local_now())
    seconds = offset.ahead.total_seconds()
    text = f"{seconds:+.3f} s (± {offset.uncertainty.total_seconds():.3f} s)"
    if abs(seconds) > CLOCK_LIMIT + offset.uncertainty.total_seconds():
        raise ClientError("self-check-failed", f"the platform's clock is {text} from this machine's")
    return text


def check_bandwidth(api: Api) -> str:
    """How long a trial upload takes."""
    began = time.monotonic()
    api.request(
        "POST", "/selfcheck/bandwidth", os.urandom(TRIAL), {"Content-Type": "application/octet-stream"}
    )
    seconds = max(time.monotonic() - began, 1e-6)
    return f"{TRIAL / (1 << 20) / seconds:.1f} MiB/s"


def check_package(folder: Path, passphrase: str | None) -> str:
    """One's own sealed bid is whole, and the key file opens it."""
    found = prove(folder, passphrase=passphrase)
    return f"{found.bid}, key file {'fits' if found.by_key_file else 'not tried'}"
