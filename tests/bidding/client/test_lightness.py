"""Client commands and rehearsal agents start without the server stack: few modules, little memory."""

import json
import subprocess
import sys

import pytest

SERVER_STACK = {
    *("fastapi", "starlette", "pydantic", "uvicorn", "structlog"),
    *("sqlalchemy", "alembic", "redis", "obstore"),
    *("pyhanko", "reportlab", "aiortc"),
}
#: Loaded modules and resident memory of a client that is ready to work; far below, a bidder's old laptop.
MODULES, MEBIBYTES = 900, 64

PROBE = """
import importlib, json, pathlib, re, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
# Not getrusage: its figure survives exec and would be that of this test's process.
status = pathlib.Path("/proc/self/status").read_text()
peak = int(re.search(r"VmHWM:\\s+(\\d+)", status)[1]) / 1024
print(json.dumps({"modules": sorted(sys.modules), "mib": peak}))
"""


@pytest.mark.parametrize(
    "names",
    [
        ("bidding.client.commands",),
        ("bidding.client.hall_commands",),
        ("bidding.rehearse.command",),
        ("bidding.rehearse.agents", "bidding.rehearse.agents.bidder", "bidding.rehearse.agents.host"),
        (
            "bidding.rehearse.agents.officer",
            "bidding.rehearse.agents.sealer",
            "bidding.rehearse.agents.agency",
        ),
    ],
)
def test_a_client_is_light(names):
    done = subprocess.run([sys.executable, "-c", PROBE, *names], capture_output=True, check=True, text=True)
    found = json.loads(done.stdout)
    assert not SERVER_STACK & {name.partition(".")[0] for name in found["modules"]}
    assert len(found["modules"]) < MODULES
    assert found["mib"] < MEBIBYTES


@pytest.mark.parametrize(
    "command", ["seal", "submit", "release", "officer", "host", "rehearse", "check", "object"]
)
def test_help_stands_alone(command):
    """Each command explains itself, its exit codes included where it is a single one."""
    done = subprocess.run(
        [sys.executable, "-m", "bidding", command, "--help"], capture_output=True, text=True, check=True
    )
    assert "Usage: kaibiao" in done.stdout
    assert command in ("officer", "host") or "Exit codes" in done.stdout
