"""`kaibiao ca`: apply for demonstration certificates, review, issue, revoke; judge any certificate."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from bidding.archive.authorities import parse_authority
from bidding.ca.domain import revocation_statement
from bidding.client.certificate import enrol, save_p12
from bidding.client.clock import local_now
from bidding.client.errors import ClientError
from bidding.client.http import Api
from bidding.client.options import (
    EXIT_CODES,
    REFUSED,
    AsJson,
    CaFile,
    Certificate,
    Server,
    account_of,
    certificate_of,
    connect,
    explained,
    secret,
    show,
)
from crypto.authority import DemoAuthority
from crypto.canonical import b64, canon, iso, parse_iso, unb64
from crypto.certificates import certificate_facts
from crypto.credit_code import parse_credit_code
from crypto.revocation import RevocationEvidence
from crypto.signing import Signer, sign_detached
from crypto.trust import Missing, RevocationPolicy, TrustStore

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True, help=__doc__)
PASSWORD = "KAIBIAO_P12_PASSWORD"  # noqa: S105 - the name of a variable

Organisation = Annotated[str, typer.Option("--organisation", help="Name of the organisation (单位名称).")]
Code = Annotated[str, typer.Option("--code", help="Its 18-character 统一社会信用代码.")]
Person = Annotated[str, typer.Option("--person", help="The person; without it the organisation itself.")]
Out = Annotated[Path, typer.Option("--out", "-o", help="The .p12 file to write, for its owner alone.")]
Data = Annotated[Path, typer.Option("--data", envvar="KAIBIAO_DATA_DIR", help="The server's data directory.")]
Reason = Annotated[
    str,
    typer.Option(
        "--reason", help="keyCompromise, affiliationChanged, superseded, cessationOfOperation or unspecified."
    ),
]


@app.command("apply", epilog=EXIT_CODES)
def apply_(
    organisation: Organisation,
    code: Code,
    out: Out,
    server: Server,
    person: Person = "",
    wait: Annotated[float, typer.Option("--wait", help="Seconds to wait for the review.")] = 600.0,
    ca_file: CaFile = None,
    as_json: AsJson = False,
) -> None:
    """Make a key here, send a request, wait for the review (申请), and keep both in a .p12 file.

    The key never leaves this computer. The demonstration CA's certificates have no legal effect (演示).
    """
    with explained():
        password = secret(PASSWORD, "证书口令 password for the new file", confirm=True)
        signer = enrol(
            connect(server, ca_file),
            out,
            password,
            organisation=organisation,
            credit_code=code,
            person=person,
            seconds=wait,
        )
        _show_certificate(signer, out, as_json)


@app.command(epilog=EXIT_CODES)
def waiting(
    certificate: Certificate, server: Server, ca_file: CaFile = None, as_json: AsJson = False
) -> None:
    """List the applications that wait for review (系统管理员)."""
    with explained():
        account, _ = account_of(connect(server, ca_file), certificate)
        found = account.api.get("/ca/applications", status="submitted")
        show(found, as_json, lambda: [_application_line(each) for each in found["applications"]])


@app.command(epilog=EXIT_CODES)
def review(
    application: Annotated[str, typer.Argument(help="Id of the application, a_….")],
    certificate: Certificate,
    server: Server,
    reject: Annotated[str, typer.Option("--reject", help="Refuse, for this reason.")] = "",
    ca_file: CaFile = None,
    as_json: AsJson = False,
) -> None:
    """Approve an application (审核), or refuse it with --reject REASON."""
    with explained():
        account, _ = account_of(connect(server, ca_file), certificate)
        body = {"approve": not reject, "reason": reject}
        found = account.api.post(f"/ca/applications/{application}/review", body)
        show(found, as_json, lambda: [_application_line(found)])


@app.command(epilog=EXIT_CODES)
def revoke(
    certificate: Certificate,
    server: Server,
    reason: Reason,
    serial: Annotated[str, typer.Option("--serial", help="As operator: the certificate to revoke.")] = "",
    invalid_since: Annotated[str, typer.Option("--since", help="When the key was lost, ISO 8601 UTC.")] = "",
    note: Annotated[str, typer.Option("--note", help="A note for the log.")] = "",
    ca_file: CaFile = None,
    as_json: AsJson = False,
) -> None:
    """Revoke the certificate given with -c by its own signature, or as operator another one (吊销)."""
    with explained():
        api = connect(server, ca_file)
        body: dict[str, Any] = {"reason": reason, "note": note}
        if invalid_since:
            body["invalidSince"] = iso(parse_iso(invalid_since))
        if serial:
            account, _ = account_of(api, certificate)
            found = account.api.post("/ca/revocations", {**body, "serial": serial})
        else:
            found = api.post("/ca/revocations", {**body, **_own_request(certificate_of(certificate), reason)})
        line = f"已吊销 revoked: {found['serial']} {found['revokedAt']} {found['reason']}"
        show(found, as_json, lambda: [line])


@app.command(epilog=EXIT_CODES)
def issue(
    organisation: Organisation,
    code: Code,
    out: Out,
    data: Data = Path(".data"),
    person: Person = "",
    as_json: AsJson = False,
) -> None:
    """On the server's machine: issue a demonstration certificate at once, without an application.

    This is how the first operator of an installation gets one. What was issued stands in the CA's book.
    """
    with explained():
        password = secret(PASSWORD, "证书口令 password for the new file", confirm=True)
        authority = _authority(data)
        key, certificate = authority.issue(organisation, parse_credit_code(code), person, at=local_now())
        signer = Signer(certificate, authority.chain, key)
        save_p12(out, signer, password)
        _show_certificate(signer, out, as_json)


@app.command("list", epilog=EXIT_CODES)
def list_(data: Data = Path(".data"), as_json: AsJson = False) -> None:
    """On the server's machine: every certificate in the demonstration CA's book."""
    with explained():
        authority = _authority(data)
        found = [_book_entry(authority, each.serial, each.certificate) for each in authority.all_issued()]
        show({"certificates": found}, as_json, lambda: [" ".join(map(str, each.values())) for each in found])


@app.command(epilog=EXIT_CODES)
def judge(
    certificate: Annotated[Path, typer.Argument(help="Certificate, PEM or DER; a chain may follow in PEM.")],
    server: Server,
    at: Annotated[str, typer.Option("--at", help="As of this time, ISO 8601 UTC; default now.")] = "",
    ca_file: CaFile = None,
    as_json: AsJson = False,
) -> None:
    """Judge a certificate here, by the platform's trusted authorities and lists, as of a stated time.

    Exit code 0: valid. 1: not valid, or left to a person.
    """
    with explained():
        found = _judgement(certificate, connect(server, ca_file), parse_iso(at) if at else local_now())
        show(found, as_json, lambda: [f"{name}: {value}" for name, value in found.items() if value])
    if found["verdict"] != "valid":
        raise typer.Exit(REFUSED)


def _judgement(path: Path, api: Api, at: datetime) -> dict[str, Any]:
    leaf, *chain = _read_certificates(path)
    answer = api.get("/trust")
    try:
        policy = RevocationPolicy(
            timedelta(seconds=answer["policy"]["maxAgeSeconds"]), Missing(answer["policy"]["missing"])
        )
        store = TrustStore(tuple(map(parse_authority, answer["authorities"])), policy)
        evidence = RevocationEvidence(tuple(map(unb64, api.get("/trust/lists")["crls"])))
    except (KeyError, TypeError, ValueError) as error:
        raise ClientError("answer-unreadable", "the list of trusted authorities") from error
    judged = store.judge(leaf, chain, at=at, evidence=evidence)
    return {
        "verdict": judged.verdict.value,
        "reason": judged.reason,
        "detail": judged.detail,
        "at": iso(judged.at),
        "authority": judged.authority,
        "subject": judged.subject,
        "organisation": judged.organisation,
        "creditCode": judged.credit_code,
        "revocation": judged.revocation.value,
        "revokedAt": iso(judged.revoked_at) if judged.revoked_at else None,
    }


def _read_certificates(path: Path) -> list[bytes]:
    try:
        data = path.read_bytes()
        if b"-----BEGIN" not in data:
            return [data]
        loaded = x509.load_pem_x509_certificates(data)
    except (OSError, ValueError) as error:
        raise ClientError("file-unreadable", f"{path}: {error}") from error
    return [certificate.public_bytes(Encoding.DER) for certificate in loaded]


def _own_request(signer: Signer, reason: str) -> dict[str, str]:
    serial = f"{certificate_facts(signer.certificate).serial:x}"
    statement = canon(revocation_statement(serial, reason))
    return {"serial": serial, "cms": b64(sign_detached(statement, signer))}


def _authority(data: Path) -> DemoAuthority:
    return DemoAuthority.open(data / "demo-ca")


def _book_entry(authority: DemoAuthority, serial: int, certificate: bytes) -> dict[str, str]:
    facts, revoked = certificate_facts(certificate), authority.revoked(serial)
    return {
        "serial": f"{serial:x}",
        "status": revoked.reason.value if revoked else "good",
        "notAfter": iso(facts.not_after),
        "creditCode": facts.credit_code or "",
        "organisation": facts.organisation,
        "name": facts.common_name,
        "sha256": facts.sha256,
    }


def _show_certificate(signer: Signer, path: Path, as_json: bool) -> None:
    facts = certificate_facts(signer.certificate)
    value = {
        "p12": str(path),
        "serial": f"{facts.serial:x}",
        "sha256": facts.sha256,
        "subject": facts.subject_name,
        "notAfter": iso(facts.not_after),
    }
    lines = [
        f"证书 certificate: {path} ({facts.subject_name})",
        f"序列号 serial {value['serial']}, 有效期至 valid until {value['notAfter']}",
        f"SHA-256 {facts.sha256}",
    ]
    show(value, as_json, lambda: lines)


def _application_line(found: dict[str, Any]) -> str:
    names = f"{found['organisation']} {found['creditCode']} {found['person']}"
    return f"{found['application']} {found['status']} {names} {found['reason'] or ''}".rstrip()
