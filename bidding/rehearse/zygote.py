"""Starts agents: one operating-system process for each party, forked from a process with the client loaded.

Reads one JSON line per agent on standard input ({"name", "role", "directory", "uid", "config"}); standard
output is the pipe on which agents and this process report. The process holds no secret when it forks; an
agent gets its own directory (mode 0700), its own user id where possible, and only public addresses.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import pkgutil
import resource
import select
import signal
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bidding.client.errors import ClientError
from bidding.rehearse.report import Report

#: Packages whose modules are all loaded before forking: an agent under another user id may not be able to
#: read
#: them, and loading them once for all is what keeps agents small.
PRELOADED = ("bidding.client", "bidding.rehearse.agents", "urllib3.util", "encodings")
#: Modules that only work elsewhere, and commands, which agents do not run.
UNUSED = ("encodings.mbcs", "encodings.oem", "bidding.client.commands")
#: Loaded lazily by others, at their first use.
LAZY = (
    "bidding.messages",
    "crypto.trust",
    "pyhanko_certvalidator",
    "idna",
    "ssl",
    "socks",
    "_strptime",
    "websockets.sync.client",
    "email.utils",
)
#: Memory of one agent, private and shared, that the operating system grants at most.
ADDRESS_SPACE = 2 << 30


def main() -> None:
    """Fork agents as told until standard input ends; then wait for the last of them."""
    report = Report("zygote", sys.stdout.fileno())
    preload()
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, lambda *_: None)
    wake, alarm = os.pipe()
    os.set_blocking(alarm, False)
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(alarm)
    report.tell("ready", pid=os.getpid())
    names: dict[int, str] = {}
    pending, listening, finishing = b"", True, False
    while listening or names:
        ready, _, _ = select.select([wake, 0] if listening else [wake], [], [], 5.0)
        if wake in ready:
            os.read(wake, 4096)
        reap(names, report)
        if 0 in ready:
            data = os.read(0, 1 << 16)
            *lines, pending = (pending + data).split(b"\n")
            for line in lines:
                order = json.loads(line)
                finishing = finishing or order.get("finish", False)
                if "name" in order:
                    spawn(order, names, report)
            listening = bool(data) and not finishing
            if not listening and not finishing:
                end_all(names)


def end_all(names: Mapping[int, str]) -> None:
    """The driver is gone without a word: nobody is left to rehearse for."""
    for pid in names:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def preload() -> None:
    """Load everything an agent will run."""
    for package in PRELOADED:
        module = importlib.import_module(package)
        for found in pkgutil.iter_modules(module.__path__, f"{package}."):
            if not found.name.startswith(UNUSED):
                importlib.import_module(found.name)
    for name in LAZY:
        with contextlib.suppress(ModuleNotFoundError):
            importlib.import_module(name)


def spawn(order: Mapping[str, Any], names: dict[int, str], report: Report) -> None:
    """Fork one agent."""
    pid = os.fork()
    if pid == 0:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        _become(order, report.descriptor)
    names[pid] = order["name"]
    report.tell("spawned", name=order["name"], pid=pid)


def reap(names: dict[int, str], report: Report) -> None:
    """Report every agent that has ended, with the CPU time it used and its largest resident memory."""
    while names:
        pid, status, usage = os.wait4(-1, os.WNOHANG)
        if pid == 0:
            return
        report.tell(
            "exited",
            name=names.pop(pid),
            status=os.waitstatus_to_exitcode(status),
            cpu_s=round(usage.ru_utime + usage.ru_stime, 3),
            rss_kib=usage.ru_maxrss,
        )


def _become(order: Mapping[str, Any], descriptor: int) -> None:
    """Turn the forked process into an agent; never returns."""
    status = 1
    report = Report(order["name"], descriptor)
    try:
        directory = Path(order["directory"])
        if order.get("uid"):
            os.setgroups([])
            os.setresgid(order["uid"], order["uid"], order["uid"])
            os.setresuid(order["uid"], order["uid"], order["uid"])
        os.umask(0o077)
        os.chdir(directory)
        _redirect(directory)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        from bidding.rehearse.agents import run_agent

        run_agent(order["role"], directory, order["config"], report)
        status = 0
    except ClientError as exc:
        report.tell("gave-up", code=exc.code, detail=str(exc.detail)[:600])
    except BaseException as exc:
        traceback.print_exc(file=sys.stderr)
        report.tell(
            "crashed", error=type(exc).__name__, detail="".join(traceback.format_exception(exc))[-1500:]
        )
    finally:
        sys.stderr.flush()
        os._exit(status)


def _redirect(directory: Path) -> None:
    """Nothing of an agent reaches the driver but its report: errors go to its own directory."""
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    errors = os.open(directory / "agent.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(errors, 2)


def may_change_user(uid: int) -> bool:
    """Whether a process of this user can take another user id at all."""
    if os.geteuid() != 0:
        return False
    pid = os.fork()
    if pid == 0:
        try:
            os.setgroups([])
            os.setresgid(uid, uid, uid)
            os.setresuid(uid, uid, uid)
            os._exit(0)
        except OSError:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


if __name__ == "__main__":
    main()
