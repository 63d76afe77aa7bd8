"""Commands of an agency, a tenderer and the trading centre: a tender from its description to its outcome."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Annotated, Any

import typer

from bidding.client.agency import add_lot, create_tender, opening_keys, publish
from bidding.client.errors import ClientError
from bidding.client.http import Api, segment
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
from bidding.client.tender_desk import publish_change, put_file, questions, sign_review, terminate

tender = typer.Typer(
    help=f"Run a tender (招标): draft, documents, publish, clarify, answer.\n\n{EXIT_CODES}",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
Tender = Annotated[str, typer.Argument(help="Id of the tender, t_….")]


@tender.command("new")
def new_command(
    description: Annotated[Path, typer.Argument(help="TOML or JSON: the tender, its lots, its documents.")],
    server: Server,
    certificate: Certificate,
    ca_file: CaFile = None,
    json_output: AsJson = False,
) -> None:
    """Draft a tender with its lots and documents from one file; see docs/howto/agency.md for an example.

    Nothing is published. Document paths are relative to the file.
    """
    with explained():
        facts = read_description(description)
        lots, documents = facts.pop("lot", []), facts.pop("documents", [])
        account, _ = account_of(connect(server, ca_file), certificate)
        made = create_tender(account.api, facts)
        ids = [add_lot(account.api, made, lot) for lot in lots]
        for name in documents:
            put_file(account.api, made, description.parent / name)
        show(
            {"tender": made, "lots": ids}, json_output, lambda: [f"tender {made}", *(f"lot {i}" for i in ids)]
        )


@tender.command("upload")
def upload_command(
    tender_id: Tender,
    files: Annotated[list[Path], typer.Argument(help="Documents of any size.")],
    server: Server,
    certificate: Certificate,
    lot: Annotated[str, typer.Option("--lot", help="Only for this lot.")] = "",
    ca_file: CaFile = None,
    json_output: AsJson = False,
) -> None:
    """Store tender documents. After publication they become public with the next `clarify`."""
    with explained():
        account, _ = account_of(connect(server, ca_file), certificate)
        stored = [put_file(account.api, tender_id, path, lot) for path in files]
        show(
            {"documents": stored},
            json_output,
            lambda: [f"{one['sha256']}  {one['size']}  {one['name']}" for one in stored],
        )


@tender.command("status")
def status_command(
    tender_id: Tender,
    server: Server,
    certificate: Certificate,
    ca_file: CaFile = None,
    json_output: AsJson = False,
) -> None:
    """What stands against publishing, what is worth a warning, who still owes an opening key."""
    with explained():
        account, _ = account_of(connect(server, ca_file), certificate)
        found = status_of(account.api, tender_id)
        show(found, json_output, lambda: _status_lines(found))


@tender.command("review")
def review_command(
    tender_id: Tender,
    conclusion: Annotated[str, typer.Argument(help="Conclusion of the review, e.g. 符合公平竞争要求.")],
    server: Server,
    certificate: Certificate,
    ca_file: CaFile = None,
) -> None:
    """Sign the fair-competition review (公平竞争审查)."""
    with explained():
        account, signer = account_of(connect(server, ca_file), certificate)
        sign_review(account.api, tender_id, conclusion, signer)


@tender.command("check")
def check_command(
    tender_id: Tender, server: Server, certificate: Certificate, ca_file: CaFile = None
) -> None:
    """Ask for the check before publication (发布前核验); its clock starts."""
    _post(tender_id, "check", {}, server, certificate, ca_file)


@tender.command("defects")
def defects_command(
    tender_id: Tender,
    defects: Annotated[list[str], typer.Argument(help="Every defect: they are named once (一次性告知).")],
    server: Server,
    certificate: Certificate,
    ca_file: CaFile = None,
) -> None:
    """The trading centre names all defects of a draft at once."""
    _post(tender_id, "check/defects", {"defects": defects}, server, certificate, ca_file)


@tender.command("remain")
def remain_command(
    tender_id: Tender,
    numbers: Annotated[list[int], typer.Argument(help="Numbers of noticed defects that are not mended.")],
    server: Server,
    certificate: Certificate,
    ca_file: CaFile = None,
) -> None:
    """The trading centre names which of the noticed defects remain."""
    _post(tender_id, "check/open", {"numbers": numbers}, server, certificate, ca_file)


@tender.command("pass")
def pass_command(tender_id: Tender, server: Server, certificate: Certificate, ca_file: CaFile = None) -> None:
    """The trading centre passes the check."""
    _post(tender_id, "check/passed", {}, server, certificate, ca_file)


@tender.command("publish")
def publish_command(
    tender_id: Tender,
    server: Server,
    certificate: Certificate,
    ca_file: CaFile = None,
    json_output: AsJson = False,
) -> None:
    """Sign the notice and publish it. Refused with the whole list of what is missing."""
    with explained():
        account, signer = account_of(connect(server, ca_file), certificate)
        done = publish(account.api, tender_id, signer)
        show(done, json_output, lambda: [f"{lot} {one['deadline']}" for lot, one in done["lots"].items()])


@tender.command("clarify")
def clarify_command(
    tender_id: Tender,
    title: Annotated[str, typer.Argument(help="Title of the notice.")],
    server: Server,
    certificate: Certificate,
    text: Annotated[str, typer.Option("--text", help="What the notice says.")] = "",
    answer: Annotated[list[str] | None, typer.Option("--answer", help="q_…=answer; repeatable.")] = None,
    affects: Annotated[
        bool, typer.Option("--affects", help="It affects preparation: the deadline moves as the law asks.")
    ] = False,
    reseal: Annotated[bool, typer.Option("--reseal", help="Bids sealed before are refused.")] = False,
    extend: Annotated[
        list[str] | None, typer.Option("--extend", help="l_…=2026-03-25T02:00:00.000Z; repeatable.")
    ] = None,
    ca_file: CaFile = None,
    json_output: AsJson = False,
) -> None:
    """Publish a clarification, change or extension, with answers to all and whatever documents are staged."""
    with explained():
        account, signer = account_of(connect(server, ca_file), certificate)
        change: dict[str, Any] = {"title": title, "text": text, "affects": affects, "reseal": reseal}
        change |= answers_of(account.api, tender_id, pairs(answer or []))
        change["opensAt"] = pairs(extend or [])
        done = publish_change(account.api, tender_id, change, signer)
        show(done, json_output, lambda: [f"{lot} {at}" for lot, at in done["opensAt"].items()])


@tender.command("questions")
def questions_command(
    tender_id: Tender,
    server: Server,
    certificate: Certificate,
    ca_file: CaFile = None,
    json_output: AsJson = False,
) -> None:
    """Questions and objections that await an answer; nobody knows who asked."""
    with explained():
        account, _ = account_of(connect(server, ca_file), certificate)
        found = list(questions(account.api, tender_id))
        show(
            {"questions": found},
            json_output,
            lambda: [f"{one['id']} {one['kind']} {one['askedAt']} {one['text']}" for one in found],
        )


@tender.command("terminate")
def terminate_command(
    tender_id: Tender,
    lot: Annotated[str, typer.Argument(help="Id of the lot, l_….")],
    reason: Annotated[str, typer.Argument(help="Why; published and signed.")],
    server: Server,
    certificate: Certificate,
    ca_file: CaFile = None,
) -> None:
    """Terminate a lot (终止招标): it takes no more bids, and what was sealed stays sealed."""
    with explained():
        account, signer = account_of(connect(server, ca_file), certificate)
        terminate(account.api, tender_id, lot, reason, signer)


def read_description(path: Path) -> dict[str, Any]:
    """A tender's description. Raises `ClientError("file-unreadable")`."""
    try:
        data = path.read_text("utf-8")
        found = json.loads(data) if path.suffix == ".json" else tomllib.loads(data)
    except OSError as exc:
        raise ClientError("file-unreadable", f"{path}: {exc.strerror}") from exc
    except ValueError as exc:
        raise ClientError("file-unreadable", f"{path}: {exc}") from exc
    if not isinstance(found, dict):
        raise ClientError("file-unreadable", f"{path}: a table with the tender's fields expected")
    return found


def status_of(api: Api, tender_id: str) -> dict[str, Any]:
    """The tender, what is missing, and the seats without an opening key."""
    facts = api.get(f"/tenders/{segment(tender_id)}")
    conditions = api.get(f"/tenders/{segment(tender_id)}/preconditions")
    drafts = [lot["lot"] for lot in facts["lots"] if lot["state"] == "draft"]
    owed = {lot: _owed(opening_keys(api, tender_id, lot)) for lot in drafts}
    return {
        "tender": facts,
        "missing": conditions["missing"],
        "warnings": conditions["warnings"],
        "owed": owed,
    }


def answers_of(api: Api, tender_id: str, answers: dict[str, str]) -> dict[str, list[dict[str, str]]]:
    """Answers by the id of what they answer, as a change notice takes them. Raises `ClientError`."""
    asked = {one["id"]: one for one in questions(api, tender_id)} if answers else {}
    found: dict[str, list[dict[str, str]]] = {"answers": [], "objections": []}
    for to, answer in answers.items():
        if to not in asked:
            raise ClientError("no-such-question", to)
        kind = "answers" if asked[to]["kind"] == "question" else "objections"
        found[kind].append({"to": to, "text": asked[to]["text"], "answer": answer})
    return found


def pairs(texts: list[str]) -> dict[str, str]:
    """`name=value` options. Raises `typer.BadParameter`."""
    found = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign or not name or not value:
            raise typer.BadParameter(f"{text!r} is not name=value")
        found[name] = value
    return found


def _post(
    tender_id: str, act: str, body: dict[str, Any], server: str, certificate: Path, ca_file: Path | None
) -> None:
    with explained():
        account, _ = account_of(connect(server, ca_file), certificate)
        account.api.post(f"/tenders/{segment(tender_id)}/{act}", body)


def _owed(keys: dict[str, Any]) -> list[str]:
    return [one["seat"] for one in keys["officers"] if not one["registered"]]


def _status_lines(found: dict[str, Any]) -> list[str]:
    facts = found["tender"]
    lines = [f"{facts['tender']} {facts['state']} {facts['title']}"]
    for lot in facts["lots"]:
        lines.append(f"  {lot['lot']} {lot['state']} {lot['opensAt']} {lot['title']}")
        lines += [f"    缺开标密钥 no opening key yet: {seat}" for seat in found["owed"].get(lot["lot"], ())]
    for mark, entries in (("✗", found["missing"]), ("!", found["warnings"])):
        lines += [f"{mark} {one['code']} {one.get('lot', '')} {_source(one)}".rstrip() for one in entries]
    return lines


def _source(finding: dict[str, Any]) -> str:
    citation = finding.get("citation")
    return f"{finding['zh']}（{citation['law']}）" if citation else ""
