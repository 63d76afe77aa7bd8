"""The demonstration played by hand: what `kaibiao demo` says to try is tried, to a verified archive."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from servers import free_port

pytestmark = [pytest.mark.story, pytest.mark.xdist_group("demo")]
PASSWORDS = ("KAIBIAO_P12_PASSWORD", "KAIBIAO_BID_PASSPHRASE", "KAIBIAO_OFFICER_PASSPHRASE")
BIDDERS = ("bidder-1", "bidder-2", "bidder-3")
SECONDS = 240


class Demo:
    """A running demonstration, and a visitor who types commands."""

    def __init__(self, base: str, data: Path, lot: str) -> None:
        self.lot = lot
        self.people = data / "demo" / "people"
        self.environment = {
            **os.environ,
            "KAIBIAO_SERVER": base,
            "KAIBIAO_HOME": str(data / "home"),
            **dict.fromkeys(PASSWORDS, "kaibiao-demo"),
        }

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "bidding", *arguments]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, env=self.environment, stdout=pipe, stderr=pipe, text=True)

    def type(self, *arguments: str) -> str:
        return self.end(self.start(*arguments))

    @staticmethod
    def end(process: subprocess.Popen[str]) -> str:
        out, err = process.communicate(timeout=SECONDS)
        assert process.returncode == 0, (process.args, out, err)
        return out + err

    def certificate(self, who: str) -> tuple[str, str]:
        return "-c", str(self.people / who / "certificate.p12")


@contextmanager
def demo(data: Path) -> Iterator[Demo]:
    port = free_port()
    command = [sys.executable, "-m", "bidding", "demo", "--port", str(port), "--data-dir", str(data)]
    with subprocess.Popen([*command, "--opens-in", "0.5"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            lot = next(line.split()[1] for line in process.stdout if line.startswith("标段"))
            yield Demo(f"http://127.0.0.1:{port}", data, lot)
        finally:
            process.terminate()


def test_the_demonstration_is_played_to_a_verified_archive(tmp_path: Path) -> None:
    with demo(tmp_path / "data") as visitor:
        lot = visitor.lot
        officers = [
            visitor.start(
                *("officer", "attend", lot, *visitor.certificate(who)),
                *("--key", str(visitor.people / who / f"opening-key-{lot}.json")),
            )
            for who in ("agency", "tenderer")
        ]
        watching = visitor.start("host", "watch", lot)
        releases = [
            visitor.start("release", lot, "--package", str(visitor.people / who / f"package-{lot}"))
            for who in BIDDERS
        ]
        for process in (*releases, *officers):
            visitor.end(process)
        for who in BIDDERS:
            visitor.type("confirm", lot, *visitor.certificate(who))
        signing = [
            visitor.start("sign", lot, *visitor.certificate(who), "--out", str(tmp_path / f"{who}.pdf"))
            for who in (*BIDDERS, "agency", "tenderer", "supervisor")
        ]
        for process in signing:
            visitor.end(process)
        assert "RECORDED" in visitor.end(watching)
        archive = tmp_path / "lot.zip"
        chosen = ("--right", "supervisor", *visitor.certificate("supervisor"), "--ciphertext")
        visitor.type("export", lot, "--out", str(archive), *chosen)
        assert '"verified": true' in visitor.type("verify", str(archive), "--json")
