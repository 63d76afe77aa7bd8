"""Commands of the three operators (三员): roles, local rules and days, acts of two persons, the audit."""

from __future__ import annotations

import secrets
import tomllib
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from bidding.client.clock import local_now
from bidding.client.errors import ClientError
from bidding.client.http import segment
from bidding.client.options import (
    EXIT_CODES,
    AsJson,
    CaFile,
    Certificate,
    Server,
    account_of,
    connect,
    explained,
    show,
)
from crypto.canonical import Json, b64, canon, iso, unb64
from crypto.context import new_id
from crypto.signing import sign_detached

ACT_LABEL = "kaibiao/operator-act/v1"
VALID_FOR = timedelta(hours=12)

operator = typer.Typer(
    help="Operate the installation (三员): system, security, audit. None of this opens a bid.\n\n"
    + EXIT_CODES,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@operator.command("roles")
def roles_command(
    server: Server, certificate: Certificate, ca_file: CaFile = None, json_output: AsJson = False
) -> None:
    """List the roles in force."""
    with explained():
        account, _ = account_of(connect(server, ca_file), certificate)
        found = account.api.get("/operators/roles")
        show(
            found,
            json_output,
            lambda: [f"{r['id']} {r['role']} {r['organisation']} {r['person']}" for r in found["roles"]],
        )


@operator.command("grant")
def grant_command(
    credit_code: Annotated[str, typer.Argument(help="统一社会信用代码 of the organisation.")],
    role: Annotated[str, typer.Argument(help="agency | tenderer | supervisor | witness | expert")],
    server: Server,
    certificate: Certificate,
    person: Annotated[str, typer.Option("--person", help="Only this person, p_….")] = "",
    name: Annotated[str, typer.Option("--name", help="Name of the organisation.")] = "",
    ca_file: CaFile = None,
) -> None:
    """Give a role (security operator). Operator roles need two: `operator ask grant-operator`."""
    with explained():
        account, _ = account_of(connect(server, ca_file), certificate)
        body = {"creditCode": credit_code, "role": role, "person": person, "name": name}
        typer.echo(account.api.post("/operators/roles", body)["id"])


@operator.command("end")
def end_command(
    grant: Annotated[str, typer.Argument(help="Id of the grant, g_….")],
    server: Server,
    certificate: Certificate,
    ca_file: CaFile = None,
) -> None:
    """Take a role away (security operator)."""
    with explained():
        account, _ = account_of(connect(server, ca_file), certificate)
        account.api.delete(f"/operators/roles/{segment(grant)}")


@operator.command("ask")
def ask_command(
    kind: Annotated[str, typer.Argument(help="suspend-hall | abort-hall | grant-operator")],
    subject: Annotated[str, typer.Argument(help="The lot, or CREDITCODE:p_… for grant-operator.")],
    detail: Annotated[str, typer.Argument(help="Code of the suspension or end, or the operator role.")],
    reason: Annotated[str, typer.Argument(help="Why; it stays in the log.")],
    server: Server,
    certificate: Certificate,
    ca_file: CaFile = None,
) -> None:
    """Ask for an act that two operators do together; prints the id the second one confirms."""
    with explained():
        account, signer = account_of(connect(server, ca_file), certificate)
        statement = act_statement(kind, subject, detail, reason, local_now() + VALID_FOR)
        cms = sign_detached(statement, signer, at=local_now())
        answer = account.api.post("/operators/acts", {"statement": b64(statement), "cms": b64(cms)})
        typer.echo(answer["act"])


@operator.command("acts")
def acts_command(
    server: Server, certificate: Certificate, ca_file: CaFile = None, json_output: AsJson = False
) -> None:
    """List what was asked for and what was confirmed."""
    with explained():
        account, _ = account_of(connect(server, ca_file), certificate)
        found = account.api.get("/operators/acts")
        show(
            found,
            json_output,
            lambda: [
                f"{a['id']} {'待确认 open' if a['open'] else '已结束 done'} {a['kind']} {a['subject']} "
                f"{unb64(a['statement']).decode()}"
                for a in found["acts"]
            ],
        )


@operator.command("confirm")
def confirm_command(
    act: Annotated[str, typer.Argument(help="Id of the act, as `operator acts` lists it.")],
    server: Server,
    certificate: Certificate,
    ca_file: CaFile = None,
) -> None:
    """Read what another operator asked for, sign the same statement, and have it done."""
    with explained():
        account, signer = account_of(connect(server, ca_file), certificate)
        asked = {one["id"]: unb64(one["statement"]) for one in account.api.get("/operators/acts")["acts"]}
        if act not in asked:
            raise ClientError("not-found", act)
        typer.echo(asked[act].decode("utf-8"))
        cms = sign_detached(asked[act], signer, at=local_now())
        account.api.post(f"/operators/acts/{segment(act)}/confirm", {"cms": b64(cms)}, repeatable=True)


@operator.command("rules")
def rules_command(
    server: Server,
    regime: Annotated[str, typer.Option("--regime", help="ENG, GP, GP-N, SMALL, VOL, REHEARSAL.")] = "",
    ca_file: CaFile = None,
    json_output: AsJson = False,
) -> None:
    """List the rule rows with their sources; those marked M, S or L block only once confirmed."""
    with explained():
        query = {"regime": regime} if regime else {}
        found = connect(server, ca_file).get("/rules", **query)
        show(found, json_output, lambda: [_rule_line(row) for row in found["rules"]])


@operator.command("put-rule")
def put_rule_command(
    regime: Annotated[str, typer.Argument(help="ENG, GP, GP-N, SMALL, VOL.")],
    row: Annotated[Path, typer.Argument(help="TOML file with the row's fields; see docs/howto/operator.md.")],
    server: Server,
    certificate: Certificate,
    ca_file: CaFile = None,
) -> None:
    """Add or replace a local rule row (system operator). It warns until it is confirmed."""
    with explained():
        try:
            entry = tomllib.loads(row.read_text("utf-8"))
        except (OSError, ValueError) as exc:
            raise ClientError("file-unreadable", f"{row}: {exc}") from exc
        account, _ = account_of(connect(server, ca_file), certificate)
        row_entry: Json = {name: _plain(value) for name, value in entry.items()}
        body = canon({"regime": regime, "entry": row_entry})
        typer.echo(account.api.request("PUT", "/rules", body, JSON).json()["id"])


@operator.command("confirm-rule")
def confirm_rule_command(
    rule: Annotated[str, typer.Argument(help="Id of the row, as `operator rules` lists it.")],
    server: Server,
    certificate: Certificate,
    ca_file: CaFile = None,
) -> None:
    """Let a row block from now on (another operator than who put it): you checked its source."""
    with explained():
        account, _ = account_of(connect(server, ca_file), certificate)
        account.api.post("/rules/confirm", {"id": rule}, repeatable=True)


@operator.command("day")
def day_command(
    day: Annotated[str, typer.Argument(help="YYYY-MM-DD")],
    source: Annotated[str, typer.Argument(help="The notice that says so.")],
    server: Server,
    certificate: Certificate,
    worked: Annotated[bool, typer.Option("--worked/--rest", help="Working day, or day of rest.")] = False,
    ca_file: CaFile = None,
) -> None:
    """Correct the calendar of working days (system operator)."""
    with explained():
        account, _ = account_of(connect(server, ca_file), certificate)
        body = canon({"worked": worked, "source": source})
        account.api.request("PUT", f"/calendar/{segment(day)}", body, JSON)


@operator.command("audit")
def audit_command(
    server: Server,
    certificate: Certificate,
    stream: Annotated[str, typer.Option("--stream", help="people or platform.")] = "people",
    since: Annotated[int, typer.Option("--since", help="After this version.")] = 0,
    ca_file: CaFile = None,
    json_output: AsJson = False,
) -> None:
    """Read what the other operators did (audit operator)."""
    with explained():
        account, _ = account_of(connect(server, ca_file), certificate)
        found = account.api.get("/operators/audit", stream=stream, since=since)
        show(
            found,
            json_output,
            lambda: [f"{e['version']} {e['at']} {e['seat']} {e['type']}" for e in found["events"]],
        )


JSON = {"Content-Type": "application/json"}


def act_statement(kind: str, subject: str, detail: str, reason: str, expires_at: datetime) -> bytes:
    """What both operators sign."""
    return canon(
        {
            "label": ACT_LABEL,
            "act": new_id("a", secrets.token_bytes),
            "kind": kind,
            "subject": subject,
            "detail": detail,
            "reason": reason,
            "expiresAt": iso(expires_at),
        }
    )


def _plain(value: Any) -> Json:
    return value.isoformat() if isinstance(value, date) else value


def _rule_line(row: dict[str, Any]) -> str:
    state = "已确认" if row["confirmed"] else row["effect"]
    return f"{row['id']}  {row['value']} {row['unit']}  [{row['mark']}] {state}  {row['law']}"
