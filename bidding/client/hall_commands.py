"""Commands for the day of the opening: release, confirm, sign, object, watch; officers and the host."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from bidding.client import bidder as acts
from bidding.client.closed import log_key
from bidding.client.commands import command, passphrase_of
from bidding.client.errors import ClientError
from bidding.client.hall import Hall
from bidding.client.host import adjudicate, answer_objection, hand_over
from bidding.client.http import Api
from bidding.client.inhall import (
    OVER,
    confirm_line,
    manifest_of,
    own_line,
    raise_objection,
    seated,
    wait_for,
)
from bidding.client.officer import make_opening_key, open_opening_key
from bidding.client.officer_acts import Desk, Step, run_desk
from bidding.client.options import (
    AsJson,
    CaFile,
    Certificate,
    Server,
    account_of,
    connect,
    console,
    explained,
    secret,
    show,
)
from bidding.client.options import Lot as LotId
from bidding.client.record import fetch_record, seal_record, sign_record
from crypto.translog.checkpoint import parse_verifier

OFFICER_PASSPHRASE = "KAIBIAO_OFFICER_PASSPHRASE"  # noqa: S105 - the name of a variable


def told(phase: str) -> None:
    console.print(f"大厅阶段 the hall is in {phase}", markup=False)


def release_command(
    lot: LotId,
    server: Server,
    package: Annotated[
        Path | None, typer.Option("--package", help="The sealed bid with its key file.")
    ] = None,
    bid: Annotated[
        str, typer.Option("--bid", help="On another computer: the bid id of the recovery sheet.")
    ] = "",
    part: Annotated[str, typer.Option("--part", help="Part to release; default: the one being opened.")] = "",
    certificate: Annotated[
        Path | None, typer.Option("--certificate", "-c", help="Sign in and take the bidder's seat as well.")
    ] = None,
    ca_file: CaFile = None,
    json_output: AsJson = False,
) -> None:
    """Release one's key in phase A (投标人解密): by key file, or by recovery code on any computer.

    Give --package, or --bid and the recovery code (KAIBIAO_RECOVERY_CODE or asked for). With a certificate
    and no bid id the hall says which bid is yours. The key is checked against the bid before it is sent.
    """
    with explained():
        api = connect(server, ca_file)
        seat = account_of(api, certificate)[0].api if certificate is not None else api
        with seated(seat, lot) as hall:
            wait_for(hall, "ReleaseKey", told, lambda seen: seen.phase == "DECRYPTING")
            wanted = part or str(hall.view["part"])
            if package is not None:
                held = acts.open_package(package, passphrase_of(package))
                name, key = held.manifest.bid, acts.part_key(held, wanted)
            else:
                name = bid or str(hall.mine.get("bid", ""))
                if not name:
                    raise ClientError("unknown-bid", "give --bid, --package or --certificate")
                code = secret("KAIBIAO_RECOVERY_CODE", "恢复码 recovery code")
                key = acts.recovered_part_key(manifest_of(api, lot, name), code, wanted)
        answer = acts.release(api, lot, name, wanted, key)
        value = {"bid": name, "part": wanted, "index": answer.get("index"), "version": answer.get("v")}
        show(value, json_output, lambda: [f"已解密并记入日志 released, log index {answer.get('index')}"])


def confirm_command(
    lot: LotId, server: Server, certificate: Certificate, ca_file: CaFile = None, json_output: AsJson = False
) -> None:
    """Confirm one's own line once it was read (报价确认), with a signature over it."""
    with explained():
        account, signer = account_of(connect(server, ca_file), certificate)
        with seated(account.api, lot) as hall:
            wait_for(hall, "ConfirmLine", told, lambda seen: bool(own_line(seen)))
            form = own_line(hall)
            answer = confirm_line(hall, signer)
        value = {"bid": hall.mine.get("bid"), "form": form, "version": answer["v"]}
        show(value, json_output, lambda: [*(f"{k}: {v}" for k, v in form.items()), "已确认 confirmed"])


def sign_command(
    lot: LotId,
    server: Server,
    certificate: Certificate,
    out: Annotated[Path, typer.Option("--out", "-o", help="Where the signed record is kept.")] = Path(
        "record.pdf"
    ),
    ca_file: CaFile = None,
    json_output: AsJson = False,
) -> None:
    """Fetch the record (开标记录), compare its hash with the hall's, sign it. Bidders and sealing seats."""
    with explained():
        account, signer = account_of(connect(server, ca_file), certificate)
        with seated(account.api, lot) as hall:
            wait_for(hall, "SealRecord" if _seals(hall) else "SignRecord", told, _ready_to_sign)
            record = hall.view["record"]
            if _seals(hall):
                answer = seal_record(hall, record["digest"], signer)
            else:
                pdf = fetch_record(account.api, lot, record["rendered"])
                out.write_bytes(pdf)
                answer = sign_record(hall, pdf, signer)
        show({"version": answer["v"]}, json_output, lambda: ["已签署 signed"])


def _seals(hall: Hall) -> bool:
    return hall.seat.partition(":")[0] in ("host", "deputy", "tenderer", "supervisor")


def _ready_to_sign(hall: Hall) -> bool:
    record = hall.view.get("record", {})
    if _seals(hall):
        return record.get("preparedFor") == hall.seat and not record.get("sealSigned")
    return bool(record.get("rendered"))


def object_command(
    lot: LotId,
    text: Annotated[str, typer.Argument(help="The objection (异议), as it stands in the record.")],
    server: Server,
    certificate: Certificate,
    ca_file: CaFile = None,
    json_output: AsJson = False,
) -> None:
    """Object to the opening on the spot (异议, 实施条例 art. 44), signed; the host answers in the hall."""
    with explained():
        account, signer = account_of(connect(server, ca_file), certificate)
        with seated(account.api, lot) as hall:
            wait_for(hall, "RaiseObjection", told, lambda _: True)
            name = raise_objection(hall, text, signer)
        show({"objection": name}, json_output, lambda: [f"异议已提出 objection {name}"])


officer = typer.Typer(
    help="An officer's acts (开标人员).", add_completion=False, pretty_exceptions_enable=False
)
KeyFile = Annotated[Path, typer.Option("--key", help="Opening-key file of the seat.")]
LogKey = Annotated[
    str, typer.Option("--log-key", envvar="KAIBIAO_LOG_KEY", help="vkey of the log; else the one first seen.")
]
WitnessKeys = Annotated[
    list[str] | None, typer.Option("--witness", help="vkey of a witness that must have cosigned Closed.")
]


@dataclass(frozen=True, slots=True)
class Trusted:
    """The keys an officer holds Closed against."""

    log_key: str
    witnesses: tuple[str, ...]


@officer.command("new-key")
def new_key(
    lot: LotId,
    tender: Annotated[str, typer.Option("--tender", help="Id of the tender, t_….")],
    seat: Annotated[str, typer.Option("--seat", help="Officer seat, e.g. officer:agency.")],
    server: Server,
    certificate: Certificate,
    key: KeyFile,
    ca_file: CaFile = None,
) -> None:
    """Make the seat's opening key, keep it under a passphrase, register its public half signed."""
    with explained():
        account, signer = account_of(connect(server, ca_file), certificate)
        phrase = secret(OFFICER_PASSPHRASE, "为开标密钥设置口令 new passphrase", confirm=True)
        made = make_opening_key(account.api, tender, lot, seat, signer, key, phrase)
        show({"seat": made.seat, "key": str(key)}, False, lambda: [f"{made.seat}: {key}"])


def _desk(
    lot: str, server: str, certificate: Path, key: Path, ca_file: Path | None, trusted: Trusted
) -> Desk:
    account, signer = account_of(connect(server, ca_file), certificate)
    opened = open_opening_key(key, secret(OFFICER_PASSPHRASE, f"开标密钥口令 passphrase of {key.name}"))
    witnesses = tuple(parse_verifier(vkey) for vkey in trusted.witnesses)
    return Desk(account.api, lot, opened, signer, log_key(account.api, given=trusted.log_key), witnesses)


@officer.command("release-identity")
def release_identity(
    lot: LotId,
    server: Server,
    certificate: Certificate,
    key: KeyFile,
    log: LogKey = "",
    witness: WitnessKeys = None,
    ca_file: CaFile = None,
) -> None:
    """Phase 0: check Closed and every envelope privately, then release the identity shares."""
    with explained():
        run_desk(
            _desk(lot, server, certificate, key, ca_file, Trusted(log, tuple(witness or ()))),
            {Step.IDENTITIES},
            told,
        )


@officer.command("sign-admitted")
def sign_admitted(
    lot: LotId,
    server: Server,
    certificate: Certificate,
    key: KeyFile,
    log: LogKey = "",
    witness: WitnessKeys = None,
    ca_file: CaFile = None,
) -> None:
    """Recompute the admitted set's hash from the released bids and sign it."""
    with explained():
        run_desk(
            _desk(lot, server, certificate, key, ca_file, Trusted(log, tuple(witness or ()))),
            {Step.ADMITTED},
            told,
        )


@officer.command("release")
def release_hall(
    lot: LotId,
    server: Server,
    certificate: Certificate,
    key: KeyFile,
    log: LogKey = "",
    witness: WitnessKeys = None,
    ca_file: CaFile = None,
) -> None:
    """Phase B (二次解密): release the hall shares of exactly the admitted set."""
    with explained():
        run_desk(
            _desk(lot, server, certificate, key, ca_file, Trusted(log, tuple(witness or ()))),
            {Step.HALL},
            told,
        )


@officer.command("attend")
def attend(
    lot: LotId,
    server: Server,
    certificate: Certificate,
    key: KeyFile,
    log: LogKey = "",
    witness: WitnessKeys = None,
    ca_file: CaFile = None,
) -> None:
    """All three steps, one after the other, each when the hall comes to it."""
    with explained():
        run_desk(
            _desk(lot, server, certificate, key, ca_file, Trusted(log, tuple(witness or ()))), set(Step), told
        )


host = typer.Typer(help="Hosting a hall (主持人).", add_completion=False, pretty_exceptions_enable=False)


@host.command("do")
def host_do(
    lot: LotId,
    act: Annotated[str, typer.Argument(help="e.g. StartDecryption, FixAdmitted, StartReading, ReadNext.")],
    server: Server,
    certificate: Certificate,
    reason: Annotated[str, typer.Option("--reason", help="For Suspend, Resume, ExtendDecryption.")] = "",
    seconds: Annotated[int, typer.Option("--seconds", help="For ExtendDecryption.")] = 0,
    code: Annotated[str, typer.Option("--code", help="For Suspend: platform, network, …")] = "",
    ca_file: CaFile = None,
) -> None:
    """Give one of the host's plain commands."""
    with explained():
        account, _ = account_of(connect(server, ca_file), certificate)
        given: dict[str, Any] = {"reason": reason, "seconds": seconds, "code": code}
        with seated(account.api, lot) as hall:
            body = {name: value for name, value in given.items() if value}
            answer = hall.do(act, command_id=None, **body)
        show({"version": answer["v"], "phase": hall.phase}, False, lambda: [f"{act}: {hall.phase}"])


@host.command("adjudicate")
def host_adjudicate(
    lot: LotId,
    bids: Annotated[list[str], typer.Argument(help="Bid ids whose failure is attributed.")],
    cause: Annotated[str, typer.Option("--cause", help="BIDDER, PLATFORM, TENDERER, AGENCY or UNKNOWN.")],
    reason: Annotated[str, typer.Option("--reason", help="Why; stands in the record.")],
    server: Server,
    certificate: Certificate,
    ca_file: CaFile = None,
) -> None:
    """Attribute failures (归责, 电子招标投标办法 art. 31) in one signed act."""
    with explained():
        account, signer = account_of(connect(server, ca_file), certificate)
        with seated(account.api, lot) as hall:
            adjudicate(hall, bids, cause, reason, signer)
        show({"bids": bids, "cause": cause}, False, lambda: [f"{len(bids)} → {cause}"])


@host.command("answer")
def host_answer(
    lot: LotId,
    objection: Annotated[str, typer.Argument(help="Id of the objection.")],
    text: Annotated[str, typer.Argument(help="The answer, as it stands in the record.")],
    server: Server,
    certificate: Certificate,
    unresolved: Annotated[bool, typer.Option("--unresolved", help="Record it as not resolved.")] = False,
    ca_file: CaFile = None,
) -> None:
    """Answer an objection (异议) on the spot, signed."""
    with explained():
        account, signer = account_of(connect(server, ca_file), certificate)
        how = "unresolved" if unresolved else "answered"
        with seated(account.api, lot) as hall:
            answer_objection(hall, objection, text, how, signer)
        show({"objection": objection, "resolution": how}, False, lambda: [f"{objection}: {how}"])


@host.command("hand-over")
def host_hand_over(
    lot: LotId,
    to: Annotated[str, typer.Argument(help="Seat id of the deputy; a deputy names itself to take over.")],
    reason: Annotated[str, typer.Option("--reason", help="Stands in the record.")],
    server: Server,
    certificate: Certificate,
    ca_file: CaFile = None,
) -> None:
    """Pass the host's duty to the deputy (移交主持), or take it as the deputy."""
    with explained():
        account, signer = account_of(connect(server, ca_file), certificate)
        with seated(account.api, lot) as hall:
            hand_over(hall, to, reason, signer)
        show({"host": to}, False, lambda: [f"主持人 host: {to}"])


@host.command("watch")
def host_watch(
    lot: LotId,
    server: Server,
    certificate: Annotated[
        Path | None, typer.Option("--certificate", "-c", help="Watch from one's seat.")
    ] = None,
    ca_file: CaFile = None,
) -> None:
    """Follow a hall and say what happens and what may be done now; with no certificate as the public."""
    with explained():
        api: Api = connect(server, ca_file)
        if certificate is not None:
            api = account_of(api, certificate)[0].api
        with seated(api, lot) as hall:
            while True:
                undecided = hall.view.get("undecided") or []
                console.print(
                    f"{hall.last_at} v{hall.version} {hall.phase} may: {', '.join(hall.may) or '-'}"
                )
                if undecided:
                    console.print(f"  待归责 undecided: {', '.join(undecided)}", markup=False)
                if hall.phase in OVER:
                    return
                hall.next(60.0)


release = command(release_command)
confirm = command(confirm_command)
sign = command(sign_command)
object_ = command(object_command)
