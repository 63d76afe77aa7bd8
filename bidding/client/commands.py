"""A bidder's commands before the opening: lot, seal, tickets, submit, replace, withdraw, receipt, ask,
check.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from bidding.client import bidder as acts
from bidding.client.closed import fetch_closed, log_key, verify_receipt_in
from bidding.client.documents import download_documents
from bidding.client.errors import ClientError
from bidding.client.http import Api, segment
from bidding.client.lot import Lot, fetch_lot, parse_lot
from bidding.client.options import (
    EXIT_CODES,
    REFUSED,
    AsJson,
    CaFile,
    Certificate,
    Package,
    Server,
    account_of,
    certificate_of,
    connect,
    console,
    explained,
    progress_bar,
    secret,
    show,
)
from bidding.client.options import Lot as LotId
from bidding.client.pins import pin_keyset
from bidding.client.seal import prove, read_folder
from bidding.client.seal import seal as seal_draft
from bidding.client.selfcheck import run_checks
from bidding.client.tickets import draw_tickets, take_ticket, tickets_file
from bidding.client.trusting import anchors_of, load_anchors
from bidding.client.upload import RECEIPT_FILE, Cargo, Replacing, load, save, upload_package, verify_receipt
from crypto.package import load_package
from crypto.sealing import Sealed

BID_PASSPHRASE = "KAIBIAO_BID_PASSPHRASE"  # noqa: S105 - the name of a variable
Tickets = Annotated[Path, typer.Option("--tickets", help="Where drawn upload tickets are kept.")]
TICKETS = tickets_file()
Anchors = Annotated[
    list[Path] | None,
    typer.Option(
        "--anchors", envvar="KAIBIAO_ANCHORS", help="Roots you trust, PEM or DER; else your .p12's own."
    ),
]
NewKeys = Annotated[
    bool,
    typer.Option("--accept-new-keys", help="The lot's opening keys changed by a notice; take the new ones."),
]


def command(function: Any) -> typer.Typer:
    """One command as an application of its own, its exit codes in the help text."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command(epilog=EXIT_CODES)(function)
    return app


def passphrase_of(package: Path) -> str:
    return secret(BID_PASSPHRASE, f"密钥文件口令 passphrase of {package / 'bid-key.json'}")


def _lot(name: str, server: str, ca_file: Path | None, anchors: Sequence[bytes]) -> Lot:
    """A lot from the platform, or from a file that `kaibiao lot` printed, followed up to the anchors."""
    path = Path(name)
    if path.is_file():
        try:
            return parse_lot(json.loads(path.read_text("utf-8")), anchors=anchors)
        except ValueError as exc:
            raise ClientError("lot-malformed", f"{path}: {exc}") from exc
    if not server:
        raise ClientError("server-address", "give --server, or a saved lot package")
    return fetch_lot(connect(server, ca_file), name, anchors=anchors)


def show_lot(lot: Lot) -> None:
    """Whom and what a bid for this lot is sealed to, for a person to compare with the notice."""
    console.print(
        f"[bold]{lot.tender_title} · {lot.title}[/bold]  截止/开标 {lot.deadline:%Y-%m-%d %H:%M:%S} UTC"
    )
    console.print(
        f"公告签名 notice signed by: {lot.signed_by.subject_name} {lot.signed_by.credit_code or ''}"
    )
    console.print(f"开标人员 officers ({lot.keyset.k} of {lot.keyset.n} open together):")
    for seat, facts in lot.officers:
        name = facts.organisation or facts.subject_name
        console.print(f"  {seat}: {name} {facts.credit_code or ''}  {facts.sha256[:16]}…", highlight=False)
    console.print("招标文件 documents:")
    for entry in lot.documents:
        console.print(f"  {entry['name']}  {entry['size']} B  {entry['sha256'][:16]}…", highlight=False)
    if not lot.trusted:
        console.print("[yellow]证书路径未核验（封标时核验） paths not checked yet; sealing will[/yellow]")
    console.print(f"keysetHash {lot.keyset.hash()}\ndocsHash   {lot.docs_hash}", highlight=False)


def seal_command(
    folder: Annotated[Path, typer.Argument(help="Folder with form.json and the bid's files.")],
    lot: Annotated[str, typer.Argument(help="Lot id (with --server), or a saved lot package, lot.json.")],
    certificate: Certificate,
    out: Annotated[Path, typer.Option("--out", "-o", help="A new folder for the sealed package.")],
    server: Annotated[
        str, typer.Option("--server", envvar="KAIBIAO_SERVER", help="Fetch the lot here.")
    ] = "",
    ca_file: CaFile = None,
    replaces: Annotated[
        list[Path] | None,
        typer.Option("--replaces", help="Package of an earlier bid that this one replaces."),
    ] = None,
    anchors: Anchors = None,
    accept_new_keys: NewKeys = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask after showing whom it seals to.")] = False,
    json_output: AsJson = False,
) -> None:
    """Seal a bid offline (封标): verify and show officers and documents, encrypt, prove that it opens.

    With a saved lot package (`kaibiao lot l_… > lot.json`) no network is used at all. form.json holds the
    fields of the 开标一览表; identity.json (optional) contact, representative, members, deposit. Passwords
    come from KAIBIAO_P12_PASSWORD and KAIBIAO_BID_PASSPHRASE or are asked for.
    """
    with explained():
        signer = certificate_of(certificate)
        found = _lot(lot, server, ca_file, load_anchors(anchors or ()) or anchors_of(signer))
        pin_keyset(found.id, found.keyset.hash(), accept=accept_new_keys)
        show_lot(found)
        draft = read_folder(folder, found)
        if not yes and not typer.confirm("以上为开标人员与招标文件，确认封标？ Seal to these?", err=True):
            raise typer.Exit(REFUSED)
        phrase = secret(BID_PASSPHRASE, "为密钥文件设置口令 new passphrase of the key file", confirm=True)
        earlier = [load_package(path) for path in replaces or ()]
        with progress_bar("封标 sealing") as progress:
            sealed = seal_draft(
                found,
                draft,
                signer,
                out,
                phrase,
                prev=earlier[-1].submission if earlier else None,
                replaces=tuple(package.bid for package in earlier),
                progress=progress,
            )
        save(out / "lot.json", found.raw)
        _tell_sealed(sealed, out, phrase, json_output)


def _tell_sealed(sealed: Sealed, out: Path, phrase: str, json_output: bool) -> None:
    """Prove the fresh package by key file and by recovery code, then say so."""
    by_file = prove(out, passphrase=phrase).by_key_file
    by_code = prove(out, recovery_code=sealed.recovery_code).by_recovery_code
    proven = {"by_key_file": by_file, "by_recovery_code": by_code}
    value = {"bid": sealed.bid, "submission": sealed.submission, "package": str(out), **proven}
    show(
        value,
        json_output,
        lambda: [
            f"投标 bid          {sealed.bid}",
            f"递交哈希 submission {sealed.submission}",
            "已验证可用密钥文件和恢复码打开 / proven to open by key file and by recovery code",
            f"请打印恢复单并与电脑分开保管 / print and keep apart from the computer: {out / 'recovery.txt'}",
        ],
    )


def prove_command(
    package: Package,
    recovery: Annotated[
        bool, typer.Option("--recovery", help="Prove by recovery code, not key file.")
    ] = False,
    json_output: AsJson = False,
) -> None:
    """Prove that a sealed package is whole and opens with one's own key file or recovery code."""
    with explained():
        if recovery:
            found = prove(package, recovery_code=secret("KAIBIAO_RECOVERY_CODE", "恢复码 recovery code"))
        else:
            found = prove(package, passphrase=passphrase_of(package))
        how = "恢复码 recovery code" if recovery else "密钥文件 key file"
        value = {"bid": found.bid, "submission": found.submission, "proven": True}
        show(value, json_output, lambda: [f"{found.bid} 可用{how}打开 / opens"])


def lot_command(
    lot: LotId,
    server: Server,
    documents: Annotated[Path | None, typer.Option("--documents", help="Also download them here.")] = None,
    anchors: Anchors = None,
    accept_new_keys: NewKeys = False,
    ca_file: CaFile = None,
) -> None:
    """Fetch a lot's public package, check all of it, print it as JSON: `kaibiao seal` takes it offline."""
    with explained():
        api = connect(server, ca_file)
        found = fetch_lot(api, lot, anchors=load_anchors(anchors or ()))
        pin_keyset(found.id, found.keyset.hash(), accept=accept_new_keys)
        show_lot(found)
        if documents is not None:
            download_documents(api, found, documents)
        show(dict(found.raw), True, list)


def tickets_command(
    server: Server, certificate: Certificate, tickets: Tickets = TICKETS, ca_file: CaFile = None
) -> None:
    """Draw another batch of upload tickets (上传凭证).

    Every sign-in of any account draws the month's batch by itself, whether the account bids or not.
    """
    with explained():
        account, _ = account_of(connect(server, ca_file), certificate, tickets=None)
        count = draw_tickets(account.api, tickets)
        show({"tickets": count}, False, lambda: [f"{tickets}: {count} 张 tickets"])


def submit_command(
    package: Package,
    server: Server,
    tickets: Tickets = TICKETS,
    ca_file: CaFile = None,
    parallel: Annotated[int, typer.Option(min=1, max=16, help="Pieces sent at once.")] = 4,
    json_output: AsJson = False,
) -> None:
    """Upload a sealed package (递交) without any sign-in, resume what was interrupted, keep the receipt
    (回执).
    """
    with explained():
        receipt = _upload(connect(server, ca_file), package, tickets, parallel, None)
        show(receipt, json_output, lambda: receipt_lines(receipt, package))


def replace_command(
    package: Package,
    old: Annotated[Path, typer.Option("--old", help="Package of the bid that is replaced.")],
    server: Server,
    tickets: Tickets = TICKETS,
    ca_file: CaFile = None,
    json_output: AsJson = False,
) -> None:
    """Replace an earlier bid (替换): takes effect at once with the new bid's acceptance, or not at all."""
    with explained():
        before = acts.open_package(old, passphrase_of(old))
        new = load_package(package)
        replacing = acts.replacement(before, new.manifest, new.box)
        receipt = _upload(connect(server, ca_file), package, tickets, 4, replacing)
        show(receipt, json_output, lambda: receipt_lines(receipt, package))


def _upload(
    api: Api, package: Path, tickets: Path, parallel: int, replacing: Replacing | None
) -> dict[str, Any]:
    cargo = acts.cargo_of(package)
    lot = load_package(package).manifest.ctx.lot
    with progress_bar("递交 uploading") as progress:
        return upload_package(
            api,
            lot,
            package,
            cargo,
            lambda: take_ticket(tickets),
            replacing=replacing,
            parallel=parallel,
            progress=progress,
        )


def receipt_lines(receipt: dict[str, Any], package: Path) -> list[str]:
    return [
        f"平台已接受 accepted at {receipt['receivedAt']}",
        f"递交哈希 submission {receipt['submission']}",
        f"回执 receipt {package / RECEIPT_FILE}",
    ]


def withdraw_command(
    package: Package,
    server: Server,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    ca_file: CaFile = None,
    json_output: AsJson = False,
) -> None:
    """Withdraw a bid before the deadline (撤回). Only its receipt key can; the bid is never opened."""
    with explained():
        held = acts.open_package(package, passphrase_of(package))
        if not yes and not typer.confirm(f"撤回 withdraw {held.manifest.bid}?", err=True):
            raise typer.Exit(REFUSED)
        answer = acts.withdraw(connect(server, ca_file), held)
        save(package / "withdrawn.json", answer)
        show(answer, json_output, lambda: [f"已撤回 withdrawn at {answer['withdrawnAt']}"])


def receipt_command(
    package: Package,
    server: Server,
    pdf: Annotated[Path | None, typer.Option("--pdf", help="Save the receipt as PDF here.")] = None,
    closed: Annotated[
        bool, typer.Option("--closed", help="After the deadline: is the bid among those of Closed?")
    ] = False,
    log: Annotated[
        str,
        typer.Option("--log-key", envvar="KAIBIAO_LOG_KEY", help="vkey of the log; else the one first seen."),
    ] = "",
    ca_file: CaFile = None,
    json_output: AsJson = False,
) -> None:
    """Fetch and check a receipt (回执) again, and its proof of inclusion in the log once that is there.

    With --closed the receipt is held against the logged list of live bids (from the announced list on). A bid
    that is missing there, and was neither withdrawn nor replaced, proves the platform's fault: exit code 1.
    """
    with explained():
        api = connect(server, ca_file)
        cargo: Cargo = acts.cargo_of(package)
        submission = load_package(package).submission
        receipt = dict(api.get(f"/receipts/{segment(submission)}"))
        verify_receipt(api, receipt, cargo)
        save(package / RECEIPT_FILE, receipt)
        try:
            save(package / "receipt-proof.json", api.get(f"/receipts/{segment(submission)}/proof"))
        except ClientError as exc:
            console.print(f"日志证明尚未就绪 the log's proof is not ready: {exc.code}", markup=False)
        if pdf is not None:
            pdf.write_bytes(api.get_bytes(f"/receipts/{segment(submission)}.pdf"))
        if closed:
            lot = fetch_lot(api, str(receipt["lot"]))
            found = fetch_closed(api, lot.id, lot.deadline, log_key(api, given=log))
            save(package / "closed.json", {"index": found.index, "checkpoint": found.checkpoint})
            verify_receipt_in(found, receipt)
        show(receipt, json_output, lambda: receipt_lines(receipt, package))


def ask_command(
    lot: LotId,
    text: Annotated[str, typer.Argument(help="The question; do not name yourself.")],
    server: Server,
    ca_file: CaFile = None,
    json_output: AsJson = False,
) -> None:
    """Ask about the tender documents (提问), without sign-in; the answer goes to everybody."""
    with explained():
        answer = connect(server, ca_file).post(f"/lots/{segment(lot)}/questions", {"text": text})
        show(dict(answer), json_output, lambda: [f"问题 question {answer['question']}"])


def check_command(
    lot: LotId,
    server: Server,
    certificate: Certificate,
    package: Annotated[
        Path | None, typer.Option("--package", help="Also try the key file of this bid.")
    ] = None,
    ca_file: CaFile = None,
    json_output: AsJson = False,
) -> None:
    """Self-check days before the opening (自检): certificate on the day, test envelope, clock, bandwidth."""
    with explained():
        api = connect(server, ca_file)
        signer = certificate_of(certificate)
        deadline = fetch_lot(api, lot, anchors=anchors_of(signer)).deadline
        phrase = passphrase_of(package) if package is not None else None
        checks = run_checks(api, signer, deadline, package=package, passphrase=phrase)
        well = all(check.ok for check in checks)
        value = {"ok": well, "checks": [check.as_json() for check in checks]}
        lines = [f"{'✓' if check.ok else '✗'} {check.zh} {check.name}: {check.detail}" for check in checks]
        show(value, json_output, lambda: lines)
        if package is not None and load(package / RECEIPT_FILE):
            kinds = {check.name: check.detail[:150] for check in checks}
            acts.diagnose(api, acts.open_package(package, phrase or ""), "environment", kinds)
        if not well:
            raise ClientError("self-check-failed", ", ".join(check.name for check in checks if not check.ok))


seal = command(seal_command)
prove_bid = command(prove_command)
lot = command(lot_command)
tickets = command(tickets_command)
submit = command(submit_command)
replace = command(replace_command)
withdraw = command(withdraw_command)
receipt = command(receipt_command)
ask = command(ask_command)
check = command(check_command)
