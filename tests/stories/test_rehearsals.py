"""Whole rehearsals with real processes: everybody misbehaves, the server dies, prices come from a file."""

import json
import os
import subprocess
import sys
import zipfile

import pytest

from bidding.rehearse.misbehaviour import Misbehaviour

pytestmark = pytest.mark.story


def rehearse(*options, code=0):
    """Run `kaibiao rehearse --json`; exactly one JSON object is on standard output."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("KAIBIAO_")}
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "bidding",
            "rehearse",
            "--json",
            "--officers",
            "2",
            "--size",
            "64KiB",
            *options,
        ],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    assert done.returncode == code, done.stderr[-4000:] + done.stdout[-4000:]
    return json.loads(done.stdout)


def test_twelve_bidders_with_every_misbehaviour(tmp_path):
    """Each ends as the rule book says while the rest opens; the record names who did what."""
    # A third officer makes good the false share, whichever bid it hits.
    found = rehearse("--bidders", "12", "--officers", "3", "--misbehave", "all", "--out", str(tmp_path))
    assert found["verified"] is True
    assert found["as_expected"] is True, found["unexpected"]
    assert found["bidders"] == 12 == found["opened"] + found["failed"]
    assert found["opened"] >= 3
    assert found["lost"] == 0
    seen = {failure["misbehaviour"]: failure for failure in found["failures"]}
    assert seen["late-upload"]["effect"] == "refused"
    assert seen["two-price"]["reason"] == "key-commit-mismatch"
    assert seen["poisoned-dealing"]["reason"] == "dealing-mismatch"
    for way in Misbehaviour:
        if way.value in seen and way is not Misbehaviour.LATE_UPLOAD:
            assert seen[way.value]["effect"] in ("revoked", "withdrawn")
    assert found["superseded"] == 1
    # Named when it comes before the two honest officers have opened everything without it.
    assert {share["seat"] for share in found["false_shares"]} <= {"officer:supervisor"}
    assert len(found["handovers"]) == 1
    assert found["release_ack_ms"]["count"] > 0
    assert {phase["name"] for phase in found["phases"]} >= {"submit", "DECRYPTING", "RECORD_SIGN", "verify"}
    assert (tmp_path / "record.pdf").read_bytes().startswith(b"%PDF-")


def test_too_few_bids_are_never_opened_and_still_written_up(tmp_path):
    """流标: the archive of a failed lot verifies too, and nothing in it was opened."""
    found = rehearse("--bidders", "2", "--out", str(tmp_path))
    assert (found["opened"], found["failed"], found["read"]) == (0, 2, [])
    assert {failure["effect"] for failure in found["failures"]} == {"unopened"}
    assert found["verified"] is True


def test_what_was_acknowledged_survives_every_kill(tmp_path):
    found = rehearse("--bidders", "5", "--kill", "4", "--seed", "11", "--out", str(tmp_path))
    assert (found["kills"], found["lost"]) == (4, 0)
    assert found["acknowledged"] >= 5 * 4
    assert found["opened"] == 5
    assert found["verified"] is True


def test_prices_are_read_from_the_archives_of_two_lots(tmp_path):
    given = {
        "title": "城东片区雨污分流改造工程",
        "ceiling": "2000000.00",
        "bidders": [{"name": f"某市第{n}建筑工程有限公司", "price": f"179{n}255.5{n}"} for n in range(6)],
    }
    notice = tmp_path / "notice.json"
    notice.write_text(json.dumps(given, ensure_ascii=False), "utf-8")
    found = rehearse("--input", str(notice), "--lots", "2", "--human", "--out", str(tmp_path))
    assert sorted(found["read"], key=str) == sorted(
        ({"bidder": b["name"], "price": b["price"]} for b in given["bidders"]), key=str
    )
    assert (found["title"], found["ceiling"]) == (given["title"], given["ceiling"])
    assert len(found["archives"]) == 2
    for path in found["archives"]:
        with zipfile.ZipFile(path) as archive:
            assert archive.testzip() is None
    assert found["human"]["clock"] == "simulated"


def test_before_the_deadline_an_operator_reads_no_name_and_no_price(tmp_path):
    given = {
        "title": "演示",
        "ceiling": "900000.00",
        "bidders": [{"name": f"无人知晓建设{n}公司", "price": f"71{n}113.19"} for n in range(3)],
    }
    notice = tmp_path / "notice.json"
    notice.write_text(json.dumps(given, ensure_ascii=False), "utf-8")
    found = rehearse("--input", str(notice), "--dump", str(tmp_path / "dump"), "--out", str(tmp_path / "out"))
    assert found["opened"] == 3
    files = [path for path in (tmp_path / "dump").rglob("*") if path.is_file()]
    assert any(path.name.endswith(".consistent.db") for path in files)
    sealed = b"".join(path.read_bytes() for path in files if "store" in path.parts or path.suffix == ".log")
    for bidder in given["bidders"]:
        for path in files:
            assert bidder["price"].encode() not in path.read_bytes(), path
        assert bidder["name"].encode() not in sealed


@pytest.mark.parametrize(
    "options", [("--quorum", "3"), ("--input", "/nowhere.json"), ("--misbehave", "some"), ("--size", "2MB")]
)
def test_what_cannot_be_rehearsed_is_said(options):
    done = subprocess.run(
        [sys.executable, "-m", "bidding", "rehearse", "--officers", "2", *options],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert not done.stdout
    assert "kaibiao:" in done.stderr
