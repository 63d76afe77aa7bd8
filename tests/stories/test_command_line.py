"""One opening done by hand: every act is a `kaibiao` command in a process of its own."""

import json
import os
import subprocess
import sys
from datetime import timedelta

import pytest

from bidding.client.agency import add_lot, create_tender, publish, put_document
from bidding.client.certificate import enrol
from bidding.client.http import Api
from bidding.client.signin import sign_in
from bidding.rehearse.plan import officer_organisation, organisation
from bidding.rehearse.server import OwnServer, free_port
from crypto.canonical import iso, parse_iso

pytestmark = pytest.mark.story

PASSWORD = "correct horse"
#: From publishing to T: a dozen commands on a machine that does other things as well.
PREPARE = timedelta(seconds=90)
RULES = {
    "phase_a_seconds": 120,
    "confirmation_seconds": 60,
    "objection_seconds": 2,
    "signing_seconds": 60,
    "line_seconds": 0,
}


class Desk:
    """A server of our own and somebody's terminal."""

    def __init__(self, path):
        self.path = path
        self.server = OwnServer(path / "server", free_port())
        self.server.start()
        self.api = Api.to(self.server.base)

    def certificate(self, name, who, person=""):
        path = self.path / f"{name}.p12"
        signer = enrol(
            self.api, path, PASSWORD, organisation=who.name, credit_code=who.credit_code, person=person
        )
        return path, signer

    def start(self, *words, **secrets):
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("KAIBIAO_")},
            "KAIBIAO_SERVER": self.server.base,
            "KAIBIAO_HOME": str(self.path / "home"),
            "KAIBIAO_P12_PASSWORD": PASSWORD,
            "KAIBIAO_BID_PASSPHRASE": PASSWORD,
            "KAIBIAO_OFFICER_PASSPHRASE": PASSWORD,
            **secrets,
        }
        return subprocess.Popen(
            [sys.executable, "-m", "bidding", *map(str, words)],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words, code=0, **secrets):
        return finished(self.start(*words, **secrets), code)


def finished(process, code=0):
    out, err = process.communicate(timeout=400)
    assert process.returncode == code, f"{process.args}\n{err[-3000:]}\n{out[-1000:]}"
    return out


@pytest.fixture
def desk(tmp_path):
    made = Desk(tmp_path)
    yield made
    made.server.stop()


def drafted(desk):
    """A tender with two officers, whose opening keys are made on the command line, published."""
    agency, tenderer, supervisor = (officer_organisation(n) for n in range(3))
    _, signer = desk.certificate("agency", agency)
    account = sign_in(desk.api, signer).api
    people = [
        ("host", "主持人甲", agency),
        ("tenderer", "代表乙", tenderer),
        ("supervisor", "监督丙", supervisor),
    ]
    for role, person, who in people:
        desk.certificate(role, who, person)
    tender = create_tender(
        account,
        {
            "regime": "REHEARSAL",
            "type": "works",
            "title": "演示：命令行开标",
            "tenderer": {"name": tenderer.name, "creditCode": tenderer.credit_code},
        },
    )
    put_document(account, tender, "文件.txt", "演示".encode())
    opens_at = parse_iso(desk.api.get("/selfcheck/clock")["now"]) + PREPARE
    officers = [("officer:agency", agency, "开标员子"), ("officer:tenderer", tenderer, "开标员丑")]
    price = {"name": "price", "zh": "投标报价", "en": "price", "kind": "money", "unit": "元"}
    lot = add_lot(
        account,
        tender,
        {
            "title": "一标段",
            "opensAt": iso(opens_at),
            "ceiling": "900000.00",
            "k": 2,
            "officers": [{"seat": s, "name": p, "creditCode": w.credit_code} for s, w, p in officers],
            "seats": [{"role": r, "name": p, "creditCode": w.credit_code} for r, p, w in people],
            "form": [price],
            "rules": RULES,
        },
    )
    keys = []
    for seat, who, person in officers:
        name = seat.replace(":", "-")
        path, _ = desk.certificate(name, who, person)
        key = desk.path / f"{name}.json"
        keys.append(
            desk.start(
                "officer", "new-key", lot, "--tender", tender, "--seat", seat, "-c", path, "--key", key
            )
        )
    for process in keys:
        finished(process)
    publish(account, tender, signer)
    return lot


def bid_folder(desk, name, price):
    folder = desk.path / name
    folder.mkdir()
    (folder / "form.json").write_text(json.dumps({"price": price}), "utf-8")
    (folder / "技术方案.txt").write_text("演示内容", "utf-8")
    return folder


def test_an_opening_by_hand(desk):
    lot = drafted(desk)
    package = desk.path / "lot.json"
    package.write_text(desk.run("lot", lot, "--documents", desk.path / "documents"), "utf-8")
    assert (desk.path / "documents" / "文件.txt").read_text("utf-8") == "演示"
    assert "question" in json.loads(desk.run("ask", lot, "工期多长？", "--json"))

    bidders = {name: organisation(f"演示{name}公司", 500 + n) for n, name in enumerate("甲乙丙")}
    for name, who in bidders.items():
        desk.certificate(name, who)
    sealing = [
        desk.start(
            "seal", bid_folder(desk, name, f"80000{n}.50"), package, "-c", desk.path / f"{name}.p12",
            "--out", desk.path / f"{name}-sealed", "--yes", "--json", KAIBIAO_SERVER="",
        )
        for n, name in enumerate(bidders)
    ]  # fmt: skip
    for process in sealing:
        sealed = json.loads(finished(process))
        assert sealed["by_key_file"] and sealed["by_recovery_code"]
    drawing = [
        desk.start("tickets", "-c", desk.path / f"{name}.p12", "--tickets", desk.path / f"{name}.tickets")
        for name in bidders
    ]
    for process in drawing:
        finished(process)
    submitting = [
        desk.start(
            "submit", desk.path / f"{name}-sealed", "--tickets", desk.path / f"{name}.tickets", "--json"
        )
        for name in bidders
    ]
    for process in submitting:
        assert json.loads(finished(process))["label"] == "kaibiao/receipt/v1"
    assert json.loads(desk.run("receipt", desk.path / "甲-sealed", "--json"))["lot"] == lot

    waiting = [
        desk.start(
            "officer", "attend", lot, "-c", desk.path / f"{seat}.p12", "--key", desk.path / f"{seat}.json"
        )
        for seat in ("officer-agency", "officer-tenderer")
    ]
    code = (desk.path / "丙-sealed" / "recovery.txt").read_text("utf-8").split("code   ")[1].split()[0]
    waiting += [
        desk.start("release", lot, "--package", desk.path / f"{name}-sealed", "--json") for name in "甲乙"
    ]
    waiting.append(
        desk.start("release", lot, "-c", desk.path / "丙.p12", "--json", KAIBIAO_RECOVERY_CODE=code)
    )
    for process in waiting:
        finished(process)
    confirming = [desk.start("confirm", lot, "-c", desk.path / f"{name}.p12", "--json") for name in bidders]
    assert [json.loads(finished(process))["form"]["price"] for process in confirming] == [
        "800000.50",
        "800001.50",
        "800002.50",
    ]
    signing = [
        desk.start("sign", lot, "-c", desk.path / f"{name}.p12", "--out", desk.path / f"{name}.pdf")
        for name in bidders
    ]
    sealing = [
        desk.start("sign", lot, "-c", desk.path / f"{role}.p12")
        for role in ("host", "tenderer", "supervisor")
    ]
    for process in (*signing, *sealing):
        finished(process)
    assert "RECORDED" in desk.start("host", "watch", lot).communicate(timeout=60)[1]


def test_what_goes_wrong_is_explained_with_an_exit_code(desk):
    lot = drafted(desk)
    package = desk.path / "lot.json"
    package.write_text(desk.run("lot", lot), "utf-8")
    path, _ = desk.certificate("bidder", organisation("演示公司", 700))
    checks = json.loads(desk.run("check", lot, "-c", path, "--json"))
    assert checks["ok"], checks
    folder = bid_folder(desk, "bid", "12.345")
    wrong = desk.start("seal", folder, package, "-c", path, "--out", desk.path / "s", "--yes")
    _, err = wrong.communicate(timeout=200)
    assert wrong.returncode == 2
    assert "form-invalid" in err and "没有封标" in err and "Nothing was sealed" in err

    served = json.loads(package.read_text("utf-8"))
    other = json.loads(package.read_text("utf-8"))
    other["documents"][0]["sha256"] = "00" * 32
    package.write_text(json.dumps(other), "utf-8")
    (folder / "form.json").write_text('{"price": "12.34"}', "utf-8")
    desk.run("seal", folder, package, "-c", path, "--out", desk.path / "s", "--yes", code=1)
    package.write_text(json.dumps(served), "utf-8")
    desk.run("seal", folder, package, "-c", path, "--out", desk.path / "s", "--yes")
    desk.run("prove", desk.path / "s", KAIBIAO_BID_PASSPHRASE="wrong", code=1)
    desk.run("prove", desk.path / "s")
    desk.run("submit", desk.path / "s", "--tickets", desk.path / "none", code=1)
    desk.run("tickets", "-c", path, "--tickets", desk.path / "t")
    desk.run("submit", desk.path / "s", "--tickets", desk.path / "t")
    desk.run(
        "seal", folder, package, "-c", path, "--out", desk.path / "s2", "--yes", "--replaces", desk.path / "s"
    )
    replaced = json.loads(
        desk.run(
            "replace", desk.path / "s2", "--old", desk.path / "s", "--tickets", desk.path / "t", "--json"
        )
    )
    withdrawn = json.loads(desk.run("withdraw", desk.path / "s2", "--yes", "--json"))
    assert withdrawn["submission"] == replaced["submission"]
    desk.run("withdraw", desk.path / "s2", "--yes", code=3, KAIBIAO_SERVER="http://127.0.0.1:9")
