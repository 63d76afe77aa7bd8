"""The driver holds no key; parties cannot read the server's data or each other's secrets."""

import json
import os
import subprocess
import sys

import pytest

from bidding.rehearse.clockwork import Clockwork
from bidding.rehearse.crew import FIRST_UID, Crew
from bidding.rehearse.driver import Driver, Staging
from bidding.rehearse.ledger import Ledger
from bidding.rehearse.plan import cast, fictitious
from bidding.rehearse.progress import Display
from bidding.rehearse.server import OwnServer, free_port

#: Whoever has none of these modules can neither open a key file nor use a certificate's key.
KEYS = {"crypto.key_file", "crypto.sealing", "crypto.opening", "crypto.signing", "bidding.client.signin"}


def test_the_driver_process_cannot_even_use_a_key():
    script = "import json, sys, bidding.rehearse.command; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True)
    assert not KEYS & set(json.loads(done.stdout))


class Orders:
    """A crew that only writes down what it was told."""

    def __init__(self):
        self.given = []

    def spawn(self, name, role, config):
        self.given.append((name, role, json.dumps(config, ensure_ascii=False)))


def test_orders_tell_agents_an_address_and_nothing_of_the_server(tmp_path):
    plan = cast(fictitious(4, 1, "100000.00"), officers=3, quorum=2, size=0, lots=2, seed=1, misbehaving={})
    server = OwnServer(tmp_path / "server", free_port())
    driver = Driver(plan, Staging(tmp_path, 1.0, 1), server, Display(4, quiet=True))
    driver.crew = orders = Orders()
    driver._spawn_officer(0, 0, "l_1", "t_1")
    driver._spawn_lot(0, "l_1", "t_1", "2026-01-01T00:00:00.000Z")
    driver._spawn_lot(1, "l_2", "t_1", "2026-01-01T00:00:00.000Z")
    names = [name for name, _, _ in orders.given]
    assert len(set(names)) == len(names) == 1 + 2 * 3 + 4
    for _, role, config in orders.given:
        assert str(tmp_path) not in config
        assert json.loads(config)["server"] == server.base
        prices = [bidder.price for bidder in plan.bidders if bidder.price in config]
        assert len(prices) == (1 if role == "bidder" else 0)


@pytest.fixture
def crew(tmp_path):
    for parent in (tmp_path, *tmp_path.parents):
        if parent.stat().st_uid == os.geteuid() and parent.is_relative_to("/tmp") and str(parent) != "/tmp":
            parent.chmod(parent.stat().st_mode | 0o011)
    made = Crew(tmp_path / "parties", Ledger())
    yield made
    made.stop()


def test_every_party_has_a_process_a_directory_and_where_possible_a_user_of_its_own(crew):
    crew.start()
    config = {"server": "http://127.0.0.1:9", "organisation": "x", "creditCode": "x", "lot": "l_1"}
    for name in ("one", "two"):
        crew.spawn(name, "viewer", config)
    assert crew.ledger.wait(lambda seen: seen.counts["spawned"] == 2, seconds=60)
    pids = {crew.ledger.latest["zygote", "ready"]["pid"]}
    pids |= {report["pid"] for key, report in crew.ledger.latest.items() if key[1] == "spawned"}
    assert len(pids) >= 2
    owners = {}
    for name in ("one", "two"):
        status = crew.directory(name).stat()
        assert status.st_mode & 0o777 == 0o700
        owners[name] = status.st_uid
    if crew.separate_users:
        assert owners == {"one": FIRST_UID, "two": FIRST_UID + 1}
        assert _as_user(FIRST_UID, crew.directory("one")) == "read"
        assert _as_user(FIRST_UID, crew.directory("two")) == "refused"


def _as_user(uid, directory):
    """What a process of this user can do with a directory."""
    pid = os.fork()
    if pid == 0:
        try:
            os.setgroups([])
            os.setresgid(uid, uid, uid)
            os.setresuid(uid, uid, uid)
            list(directory.iterdir())
            os._exit(0)
        except PermissionError:
            os._exit(7)
    return {0: "read", 7: "refused"}[os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])]


def test_the_server_keeps_its_directory_to_itself(tmp_path):
    server = OwnServer(tmp_path / "server", free_port())
    server.directory.mkdir(mode=0o700)
    assert server.directory.stat().st_mode & 0o077 == 0
    assert server.cpu() == 0.0
    assert server.kill() == 0.0


def test_phases_of_a_driver_that_never_played_are_empty():
    assert Clockwork(cpu=lambda: 0.0).finish() == []
