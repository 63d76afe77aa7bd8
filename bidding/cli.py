"""`kaibiao`: one console command for servers, bidders, officers, hosts and verifiers.

A sub-command's module is imported only when it is named, so that a client starts without the server stack.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any

import typer

#: sub-command -> (module, its function or typer app, one line of help); the order is the one shown.
COMMANDS: dict[str, tuple[str, str, str]] = {
    "serve": ("bidding.server", "serve", "Run the platform."),
    "migrate": ("bidding.server", "migrate", "Bring the database to the newest schema."),
    "keys": ("bidding.server", "keys", "List or rotate the platform's own keys."),
    "ca": ("bidding.ca.command", "app", "Apply for, review, issue, revoke and judge certificates."),
    "demo": ("bidding.demo.command", "demo", "Load the demonstration (演示) and say what to try."),
    "operator": (
        "bidding.client.operator_commands",
        "operator",
        "Operate the installation (三员).",
    ),
    "tender": ("bidding.client.tender_commands", "tender", "Run a tender: draft, publish, clarify (招标)."),
    "lot": ("bidding.client.commands", "lot", "Fetch a lot's public package and check it."),
    "seal": ("bidding.client.commands", "seal", "Seal a bid offline from a folder and a certificate (封标)."),
    "prove": ("bidding.client.commands", "prove_bid", "Prove that a sealed bid opens with one's own key."),
    "tickets": ("bidding.client.commands", "tickets", "Draw this month's upload tickets."),
    "submit": ("bidding.client.commands", "submit", "Upload a sealed bid and keep the receipt (递交)."),
    "replace": ("bidding.client.commands", "replace", "Replace an earlier bid by a new one (替换)."),
    "withdraw": ("bidding.client.commands", "withdraw", "Withdraw a bid before the deadline (撤回)."),
    "receipt": ("bidding.client.commands", "receipt", "Fetch and check a receipt again (回执)."),
    "ask": ("bidding.client.commands", "ask", "Ask about the documents without naming oneself (提问)."),
    "check": ("bidding.client.commands", "check", "Self-check days before the opening (自检)."),
    "release": ("bidding.client.hall_commands", "release", "Release one's key in phase A (投标人解密)."),
    "confirm": ("bidding.client.hall_commands", "confirm", "Confirm one's own line (报价确认)."),
    "sign": ("bidding.client.hall_commands", "sign", "Sign or seal the record (签署)."),
    "object": ("bidding.client.hall_commands", "object_", "Object to the opening on the spot (异议)."),
    "officer": ("bidding.client.hall_commands", "officer", "An officer's opening key and shares (开标人员)."),
    "host": ("bidding.client.hall_commands", "host", "Host a hall: decide, answer, hand over (主持人)."),
    "witness": ("bidding.client.witness", "witness", "Cosign the log's checkpoints (见证)."),
    "rehearse": ("bidding.rehearse.command", "rehearse", "Rehearse a whole opening (模拟开标)."),
    "export": ("bidding.archive.command", "export", "Export a lot's archive with all its evidence."),
    "verify": ("bidding.verify.command", "verify", "Check an exported archive offline, step by step."),
}

USAGE = """Usage: kaibiao COMMAND [OPTIONS]…

Sealed electronic bidding and remote bid opening that anyone can verify (开标).

Commands:
{commands}

`kaibiao COMMAND --help` explains one.
Exit codes: 0 done, 1 refused or not verified, 2 wrong usage or unreadable.
"""


def main() -> None:
    """Entry point of the console script: run the sub-command named first."""
    arguments = sys.argv[1:]
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        sys.stdout.write(_usage())
        sys.exit(0 if arguments else 2)
    if arguments[0] not in COMMANDS:
        sys.stderr.write(f"kaibiao: 没有这个命令 / no such command: {arguments[0]}\n\n{_usage()}")
        sys.exit(2)
    app = load(arguments[0])
    app(args=arguments[1:], prog_name=f"kaibiao {arguments[0]}")


def load(name: str) -> typer.Typer:
    """The typer application of one sub-command."""
    module, attribute, _ = COMMANDS[name]
    target: Any = getattr(importlib.import_module(module), attribute)
    if isinstance(target, typer.Typer):
        return target
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(target)
    return app


def _usage() -> str:
    width = max(map(len, COMMANDS))
    return USAGE.format(
        commands="\n".join(f"  {name:<{width}}  {text}" for name, (_, _, text) in COMMANDS.items())
    )


if __name__ == "__main__":
    main()
