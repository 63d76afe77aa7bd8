"""The hall over HTTP and sockets: seats, prepared evidence, secrets beside their events, files by right."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hall_given import HOST, SUPERVISOR, code, sha
from hall_world import LOT, OFFICERS, PERSON, SEAL_ORDER, HallWorld, hall_world
from servers import serving
from toy_hall import PATIENCE, ToyClient
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from crypto.canonical import b64
from crypto.signing import sign_digest
from crypto.statements import sign_statement
from opening_hall import api, statements, vault
from opening_hall import domain as d
from opening_hall.door import Door, Place
from opening_hall.record.minutes import minutes


class Client:
    """One person's HTTP client."""

    def __init__(self, world: HallWorld, person: str = "", seat: str = "") -> None:
        self.http = TestClient(world.app, headers={PERSON: person} if person else {})
        self.query = {"seat": seat} if seat else {}
        self.count = 0

    def get(self, path: str = "", **query: str) -> Any:
        return self.http.get(f"/api/halls/{LOT}{path}", params={**self.query, **query})

    def do(self, command: str, name: str = "", **fields: Any) -> dict[str, Any]:
        self.count += 1
        body = {"id": name or f"{command}-{self.count}", "do": command, **fields}
        answer = self.http.post(f"/api/halls/{LOT}/commands", params=self.query, json=body).json()
        assert isinstance(answer, dict)
        return answer

    def code(self, command: str, **fields: Any) -> str:
        """The refusal's code."""
        return str(self.do(command, **fields)["code"])


@pytest.fixture
def world(tmp_path: Path) -> Iterator[HallWorld]:
    with hall_world(tmp_path, None) as made:
        yield made


@pytest.fixture
def served(tmp_path: Path) -> Iterator[HallWorld]:
    with hall_world(tmp_path, serving) as made:
        yield made


def officer(world: HallWorld, n: int) -> Client:
    return Client(world, f"o{n}")


def to_list(world: HallWorld) -> None:
    world.to_deadline()
    for n in (1, 2):
        assert officer(world, n).do("ReleaseIdentityShares", shares=world.identity_shares(n))["ok"]
    world.identify()


def to_opening(world: HallWorld) -> None:
    to_list(world)
    for bid in world.bids:
        body = {"bid": bid, "part": "main", "key": world.key(bid)}
        assert Client(world).http.post(f"/api/halls/{LOT}/release", json=body).json()["ok"]
    digest = world.state.admitted_hash
    for n in (1, 2):
        cms = world.cms(f"o{n}", statements.admitted(LOT, "main", digest))
        assert officer(world, n).do("SignAdmitted", hash=digest, cms=cms)["ok"]


def to_record(world: HallWorld) -> None:
    to_opening(world)
    for n in (1, 2):
        assert officer(world, n).do("ReleaseHallShares", part="main", shares=world.hall_shares(n))["ok"]
    world.open()
    for _ in range(2):
        world.later(601)
        world.platform(d.Tick())


def test_a_whole_opening_over_http(world: HallWorld) -> None:
    to_record(world)
    pdf = b"%PDF-1.7 record"
    sha256 = world.render(pdf)
    signing = Client(world, "b0").get("/record/signing").json()
    assert (signing["sha256"], signing["signed"]) == (sha256, 0)
    assert Client(world, "b0").get("/record.pdf").content == pdf
    assert Client(world, "b0").do("SignRecord", sha256=sha256, cms=world.cms("b0", pdf))["ok"]
    assert world.vault.secrets(LOT, "record-cms:0").keys() == {(code(0), f"bidder:{code(0)}")}
    world.later(601)
    world.platform(d.Tick())
    world.platform(d.ReportAttached(sha256))
    for seat, person in SEAL_ORDER:
        digest = sha(str(seat))
        world.platform(d.PrepareSeal(str(seat), digest))
        prepared = Client(world, person).get("/record/signing").json()["seal"]
        assert prepared == {"seat": str(seat), "digest": digest}
        cms = b64(sign_digest(bytes.fromhex(digest), world.signers[person], pades=True))
        assert Client(world, person).do("SealRecord", digest=digest, cms=cms)["ok"]
        world.vault.records[sha(f"sealed {seat}")] = b"%PDF sealed"
        world.platform(d.ReportSealed(str(seat), sha(f"sealed {seat}")))
    assert world.state.phase is d.Phase.RECORDED
    assert Client(world).get("/record.pdf").headers["x-sha256"] == sha(f"sealed {SUPERVISOR}")


def test_secrets_lie_in_the_vault_and_never_in_an_event(world: HallWorld) -> None:
    to_opening(world)
    kept = world.vault.kept
    assert {kind for _, kind, _, _ in kept} == {
        vault.IDENTITY_SHARE,
        vault.BIDDER_KEY + "main",
        vault.SIGNATURE,
    }
    events = json.dumps([s.body for s in world.ports.halls.log.read(f"hall:{LOT}")])
    for data in kept.values():
        assert b64(data) not in events


def test_a_released_key_is_acknowledged_with_its_place_in_the_log(world: HallWorld) -> None:
    to_list(world)
    key = world.key(world.bids[0])
    body = {"bid": world.bids[0], "part": "main", "key": key}
    http = Client(world).http
    first = http.post(f"/api/halls/{LOT}/release", json=body).json()
    again = http.post(f"/api/halls/{LOT}/release", json=body).json()
    assert first == again
    assert world.ports.halls.log.read(f"hall:{LOT}", first["v"] - 1)[0].index == first["index"]


def test_a_wrong_key_is_evidence_by_its_owner_and_nothing_by_a_stranger(world: HallWorld) -> None:
    to_list(world)
    wrong = {"bid": world.bids[0], "part": "main", "key": b64(b"x" * 32)}
    stranger = Client(world).http.post(f"/api/halls/{LOT}/release", json=wrong)
    assert (stranger.status_code, stranger.json()["code"]) == (422, "key-mismatch")
    assert not world.state.bids[world.bids[0]].attempts
    owner = Client(world, "b0")
    assert owner.do("ReleaseKey", name="same", **wrong)["code"] == "key-mismatch"
    assert owner.do("ReleaseKey", name="same", **wrong)["code"] == "key-mismatch"
    assert len(world.state.bids[world.bids[0]].attempts) == 1
    assert owner.do("ReleaseKey", **{**wrong, "key": world.key(world.bids[0])})["ok"]


def test_a_false_share_is_named_and_not_kept(world: HallWorld) -> None:
    world.to_deadline()
    shares = world.identity_shares(1)
    first, second = world.bids[:2]
    shares[first], shares[second] = shares[second], shares[first]
    assert officer(world, 1).do("ReleaseIdentityShares", shares=shares)["ok"]
    named = {(by, bid): why for by, bid, why in world.state.false_shares}
    assert named == {(str(OFFICERS[0]), bid): "false-share" for bid in (first, second)}
    assert world.vault.secrets(LOT, vault.IDENTITY_SHARE).keys() == {(world.bids[2], str(OFFICERS[0]))}


def test_only_an_officer_has_shares_to_release(world: HallWorld) -> None:
    world.to_deadline()
    shares = world.identity_shares(1)
    assert Client(world, "p_host").code("ReleaseIdentityShares", shares=shares) == "no-such-seat"


def test_shares_of_bids_outside_the_set_are_refused_before_they_are_looked_at(world: HallWorld) -> None:
    to_opening(world)
    shares = world.hall_shares(1)
    shares.pop(world.bids[0])
    assert officer(world, 1).code("ReleaseHallShares", part="main", shares=shares) == "not-the-admitted-set"
    assert not world.vault.secrets(LOT, vault.HALL_SHARE + "main")


def test_signed_acts_need_the_certificate_of_the_session(world: HallWorld) -> None:
    to_list(world)
    text = "唱标有误"
    good = statements.objection(LOT, "o1", text)
    bidder = Client(world, "b0")
    ask = {"objection": "o1", "text": text}
    assert bidder.code("RaiseObjection", cms=world.cms("b1", good), **ask) == "not-your-signature"
    other = statements.objection("l_2", "o1", text)
    assert bidder.code("RaiseObjection", cms=world.cms("b0", other), **ask) == "bad-signature"
    assert bidder.code("RaiseObjection", cms="AAAA", **ask) == "bad-cms"
    assert bidder.do("RaiseObjection", cms=world.cms("b0", good), **ask)["ok"]
    answer = statements.answer(LOT, "o1", "无误", "answered")
    host = Client(world, "p_host")
    fields = {"objection": "o1", "text": "无误", "resolution": "answered"}
    assert host.do("AnswerObjection", cms=world.cms("p_host", answer), **fields)["ok"]
    assert len(world.vault.secrets(LOT, vault.SIGNATURE)) == 2


def test_the_hosts_signed_acts(world: HallWorld) -> None:
    to_list(world)
    host, deputy = Client(world, "p_host"), Client(world, "p_deputy")
    handover = world.cms("p_deputy", statements.handover(LOT, "p_deputy", "掉线"))
    assert deputy.do("HandOverHost", to="p_deputy", reason="掉线", cms=handover)["ok"]
    back = world.cms("p_host", statements.handover(LOT, "p_host", "恢复"))
    assert host.do("HandOverHost", to="p_host", reason="恢复", cms=back)["ok"]
    assert host.do("ExtendDecryption", seconds=60, reason="网络")["ok"]
    world.later(3600)
    world.platform(d.Tick())
    bids = list(world.bids)
    act = world.cms("p_host", statements.adjudication(LOT, bids, "BIDDER", "未解密"))
    assert host.do("Adjudicate", bids=[*bids, bids[0]], cause="BIDDER", reason="未解密", cms=act)["ok"]
    reconvene = world.cms("p_host", statements.reconvene(LOT, bids, "r"))
    assert host.code("Reconvene", bids=bids, reason="r", cms=reconvene) == "wrong-phase"
    abort = world.cms("p_host", statements.abort(LOT, "disclosure", "泄露"))
    assert host.do("Abort", code="disclosure", reason="泄露", cms=abort)["ok"]
    assert world.state.phase is d.Phase.ABORTED


def test_confirming_with_and_without_a_signature(world: HallWorld) -> None:
    to_opening(world)
    for n in (1, 2):
        officer(world, n).do("ReleaseHallShares", part="main", shares=world.hall_shares(n))
    first, second = world.bids[:2]
    assert Client(world, "b0").code("ConfirmLine", bid=first, cms="AAAA") == "wrong-phase"
    world.open()
    form = world.state.bids[first].openings["main"].form
    cms = world.cms("b0", statements.line(LOT, first, "main", form))
    assert Client(world, "b0").do("ConfirmLine", bid=first, cms=cms)["ok"]
    assert Client(world, "b1").do("ConfirmLine", bid=second)["ok"]
    how = [world.state.bids[b].confirmed["main"][1] for b in (first, second)]
    assert how == [d.Confirmed.SIGNED, d.Confirmed.SESSION]


def test_simple_commands_pass_through(world: HallWorld) -> None:
    to_list(world)
    host, bidder, supervisor = Client(world, "p_host"), Client(world, "b0"), Client(world, "p_supervisor")
    assert bidder.do("SignIn")["ok"]
    assert bidder.do("AcknowledgeWrap", bid=world.bids[0])["ok"]
    assert bidder.do("Diagnose", kind="socket-loss", facts={"times": "2"})["ok"]
    assert host.do("Diagnose", kind="note", facts={}, bid=world.bids[1])["ok"]
    assert host.do("Say", text="欢迎\r\n各位")["ok"]
    assert world.state.chat[0].text == "欢迎\n各位"
    assert supervisor.do("Suspend", code="supervisor", reason="核查")["ok"]
    assert supervisor.do("Resume")["ok"]
    refusals = {
        "StartDecryption": "wrong-phase",
        "EndDecryption": "bids-not-released",
        "FixAdmitted": "wrong-phase",
        "StartReading": "wrong-phase",
        "ReadNext": "wrong-phase",
        "CloseObjections": "wrong-phase",
    }
    for command, why in refusals.items():
        assert host.code(command) == why
    assert host.code("CommitDraw", commitment="00" * 32) == "wrong-phase"
    assert host.code("RevealDraw", value=b64(b"x" * 32)) == "wrong-phase"
    report = {"bid": world.bids[0], "purpose": "hall:main", "reason": "envelope-mismatch"}
    assert officer(world, 3).code("ReportDealing", **report) == "wrong-phase"


def test_repeating_a_command_gives_the_first_answer(world: HallWorld) -> None:
    to_list(world)
    host = Client(world, "p_host")
    first = host.do("Say", name="one", text="欢迎")
    assert host.do("Say", name="one", text="欢迎") == first
    assert len(world.state.chat) == 1


def test_seats_by_session(world: HallWorld) -> None:
    to_list(world)
    assert Client(world).get().json()["seat"] == "public:"
    assert Client(world, "p_host").get().json()["seat"] == str(HOST)
    assert Client(world, "b0").get().json()["seat"] == f"bidder:{code(0)}"
    assert Client(world, "b9").get().json()["view"].keys() == Client(world).get().json()["view"].keys()
    assert Client(world, "p_host", "public:").get().json()["seat"] == "public:"
    assert Client(world, "o1", str(OFFICERS[0])).get().json()["mine"]["index"] == 1
    for person, seat, why in (
        ("p_host", "supervisor:p_supervisor", "seat-taken"),
        ("b0", f"bidder:{code(1)}", "seat-taken"),
        ("p_host", "platform:", "seat-taken"),
        ("", str(HOST), "sign-in-needed"),
        ("p_host", "nonsense", "seat-malformed"),
    ):
        assert Client(world, person, seat).get().json()["code"] == why
    assert Client(world).http.get("/api/halls/l_none").json()["code"] == "unknown-hall"


def test_a_receipt_key_takes_its_bids_seat(world: HallWorld) -> None:
    bid = world.bids[0]
    key = world.vault.sealed[bid].receipt_private
    challenge = Client(world).get("/challenge").json()["challenge"]
    signature = sign_statement(key, statements.seat_proof(LOT, challenge))
    proof = {"seat": f"receipt:{bid}", "challenge": challenge, "sig": signature}
    assert Client(world).get(**proof).json()["seat"] == f"receipt:{bid}"
    assert (
        Client(world).get(**{**proof, "seat": f"receipt:{world.bids[1]}"}).json()["code"] == "bad-signature"
    )
    assert Client(world).get(**{**proof, "seat": "receipt:b_none"}).json()["code"] == "unknown-bid"
    for bad in ("A" + challenge[1:] if challenge[0] != "A" else "B" + challenge[1:], "AAAA", "!", ""):
        assert Client(world).get(**{**proof, "challenge": bad}).json()["code"] == "seat-challenge-expired"
    world.later(301)
    assert Client(world).get(**proof).json()["code"] == "seat-challenge-expired"
    to_list(world)
    fresh = Client(world).get("/challenge").json()["challenge"]
    proof |= {"challenge": fresh, "sig": sign_statement(key, statements.seat_proof(LOT, fresh))}
    http = Client(world).http
    body = {"id": "r1", "do": "ReleaseKey", "bid": bid, "part": "main", "key": world.key(bid)}
    assert http.post(f"/api/halls/{LOT}/commands", params=proof, json=body).json()["ok"]
    objection = {"id": "r2", "do": "RaiseObjection", "objection": "o1", "text": "x", "cms": "AAAA"}
    assert http.post(f"/api/halls/{LOT}/commands", params=proof, json=objection).json()["code"] == "bad-cms"


def test_files_open_by_right_and_time(world: HallWorld) -> None:
    anybody, host = Client(world), Client(world, "p_host")
    assert anybody.get("/bids").json()["code"] == "bids-sealed"
    assert host.get("/bids").json()["code"] == "bids-sealed"
    assert anybody.get(f"/wraps/{world.bids[0]}").json()["code"] == "unknown-bid"
    assert anybody.get("/minutes").json()["code"] == "list-not-announced"
    assert anybody.get("/record.pdf").json()["code"] == "no-record"
    assert anybody.get("/draw").json()["code"] == "not-drawn"
    assert anybody.get("/opened").json() == {"bids": {}}
    world.to_deadline()
    listed = host.get("/bids").json()
    assert [entry["bid"] for entry in listed["bids"]] == sorted(world.bids)
    assert listed["next"] is None
    assert [e["bid"] for e in host.get("/bids", after=sorted(world.bids)[1]).json()["bids"]] == sorted(
        world.bids
    )[2:]
    assert anybody.get("/bids").json()["code"] == "bids-sealed"
    wrap = anybody.get(f"/wraps/{world.bids[0]}").json()
    assert wrap["manifest"] == b64(world.vault.sealed[world.bids[0]].manifest)
    assert host.get("/minutes").status_code == 200


def test_after_the_opening_everybody_may_check(world: HallWorld) -> None:
    to_record(world)
    anybody = Client(world)
    assert len(anybody.get("/bids").json()["bids"]) == 3
    opened = anybody.get("/opened").json()["bids"][world.bids[0]]["main"]
    assert opened["form"]["price"] == "46000000.00"
    assert opened["kHall"]
    log = world.ports.halls.log.read(f"hall:{LOT}")
    decode = world.ports.halls.domain.decode
    events = [decode(s.type, s.body, s.version, s.at, s.seat) for s in log]
    assert anybody.get("/minutes").content == minutes(events).encode()
    assert anybody.get("/minutes", lang="en").content == minutes(events, "en").encode()


def test_officials_read_the_evidence_about_one_bid(world: HallWorld) -> None:
    to_list(world)
    bid = world.bids[0]
    Client(world, "b0").do("AcknowledgeWrap", bid=bid)
    Client(world, "b0").do("ReleaseKey", bid=bid, part="main", key=b64(b"x" * 32))
    host = Client(world, "p_host")
    found = host.get(f"/evidence/{bid}").json()["events"]
    assert [event["type"] for event in found] == ["WrapAcknowledged", "ReleaseFailed"]
    assert host.get("/evidence/b_none").json()["code"] == "unknown-bid"
    assert Client(world, "b0").get(f"/evidence/{bid}").json()["code"] == "wrong-seat"


def test_the_draws_transcript(tmp_path: Path) -> None:
    rules = d.Rules(line_seconds=0, draw=d.DrawRule("benchmark", ("0.95", "0.96")))
    with hall_world(tmp_path, None, rules) as world:
        to_record(world)
        transcript = Client(world).get("/draw").json()
        assert transcript["value"] == world.state.draw.value
        assert set(transcript["kHalls"]) == set(world.bids)
        log = world.ports.halls.log
        drawn = [s.version for s in log.read(f"hall:{LOT}") if s.type == "CoefficientDrawn"]
        log.erase(f"hall:{LOT}", drawn)
        assert Client(world).get("/draw").json()["code"] == "not-drawn"


def test_the_public_reads_the_minutes_of_an_opening_that_ended_before_its_list(tmp_path: Path) -> None:
    with hall_world(tmp_path, None, d.Rules(minimum=9)) as world:
        world.to_deadline()
        assert world.state.phase is d.Phase.FAILED
        told = Client(world).get("/minutes")
        assert told.status_code == 200, told.text
        assert told.content == Client(world, "p_host").get("/minutes").content


def test_between_two_sessions_the_first_record_is_still_there(world: HallWorld) -> None:
    to_list(world)
    state = replace(world.state, records=(d.Record(sha256=sha("first")),))
    world.vault.records[sha("first")] = b"%PDF first"
    place = Place(LOT, d.PUBLIC, None, 1, state)
    assert Door(world.ports).record_pdf(place) == (sha("first"), b"%PDF first")


def test_hostile_messages_are_refused_with_a_reason(world: HallWorld) -> None:
    host = Client(world, "p_host")
    assert host.do("Tick")["code"] == "command-unknown"
    assert host.do("Say")["code"] == "command-malformed"
    assert host.do("Say", text="x", more=1)["code"] == "command-malformed"
    assert host.do("Say", text="x" * 501)["code"] == "command-malformed"
    assert host.do("Say", text="a\u0000b")["code"] == "command-malformed"
    assert host.do("Say", name="bad id", text="x")["code"] == "command-malformed"
    path = f"/api/halls/{LOT}/commands"
    assert host.http.post(path, content=b"[1]").json()["code"] in ("command-unknown", "command-malformed")
    assert host.http.post(path, content=b"{").json()["code"] == "malformed-json"
    assert host.http.post(path, content=b"x" * (2 << 20)).json()["code"] == "request-too-large"
    assert host.do("ReleaseIdentityShares", shares={"b_x": "!"})["code"] == "command-malformed"
    assert Client(world).http.post(f"/api/halls/{LOT}/release", json={"bid": 1}).status_code == 422


def viewer(world: HallWorld, person: str = "", query: str = "") -> ToyClient:
    url = f"{world.url.replace('http', 'ws')}/api/halls/{LOT}/ws{query}"
    return ToyClient(url, additional_headers={PERSON: person} if person else {})


def test_a_socket_shows_commands_and_their_effects_to_every_seat(served: HallWorld) -> None:
    to_list(served)
    host, public = viewer(served, "p_host"), viewer(served)
    assert host.view["phase"] == "DECRYPTING"
    host.send({"id": "c1", "do": "ExtendDecryption", "seconds": 60, "reason": "网络"})
    answers = [host.receive(), host.receive()]
    assert any(a.get("re") == "c1" and a.get("ok") for a in answers)
    public.next_frame()
    assert public.view["deadline"] == host.view["deadline"]
    public.send(
        {"id": "c2", "do": "ReleaseKey", "bid": served.bids[0], "part": "main", "key": b64(b"x" * 32)}
    )
    refusal = public.receive()
    assert refusal["problem"]["code"] == "key-mismatch"


def test_a_socket_whose_session_ended_can_no_longer_sign(served: HallWorld) -> None:
    to_list(served)
    bidder = viewer(served, "b0")
    del served.people["b0"]
    bidder.send({"id": "c1", "do": "SignIn"})
    assert bidder.receive()["problem"]["code"] == "sign-in-needed"


def test_a_socket_whose_session_ended_can_no_longer_act_for_its_seat(served: HallWorld) -> None:
    """Neither with what needs no signature: a lost device would go on leading the hall."""
    to_list(served)
    host = viewer(served, "p_host")
    del served.people["p_host"]
    host.send({"id": "c1", "do": "ExtendDecryption", "seconds": 60, "reason": "网络"})
    assert host.receive()["problem"]["code"] == "sign-in-needed"


def test_a_socket_is_closed_once_its_session_ended(
    served: HallWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Signed out elsewhere, the lost device sees nothing more; whoever is still signed in stays."""
    monkeypatch.setattr(api, "STAY_SECONDS", 0.02)
    to_list(served)
    lost, kept = viewer(served, "b0"), viewer(served, "b1")
    del served.people["b0"]
    with pytest.raises(ConnectionClosed) as closed:
        while True:
            lost.receive()
    assert closed.value.rcvd is not None and closed.value.rcvd.code == api.SESSION_OVER
    kept.send({"id": "c1", "do": "SignIn"})
    assert any(kept.receive().get("ok") for _ in range(2))


def test_a_socket_whose_seat_passed_on_can_no_longer_act_for_it(served: HallWorld) -> None:
    """A successor takes the officer's seat: the predecessor's open socket holds nothing any more."""
    to_list(served)
    first = viewer(served, "o1", f"?seat={OFFICERS[0]}")
    setup = served.state.setup
    assert setup is not None
    seats = tuple(
        replace(entry, person="p_successor", certificate_sha256="") if entry.seat == OFFICERS[0] else entry
        for entry in setup.seats
    )
    served.platform(d.Reschedule(replace(setup, seats=seats), "移交"))
    first.send({"id": "c1", "do": "Say", "text": "还在"})
    answers = [first.receive(), first.receive()]
    assert [a["problem"]["code"] for a in answers if "problem" in a] == ["seat-taken"]


def test_a_refused_entry_is_a_problem_in_the_handshake(served: HallWorld) -> None:
    url = f"{served.url.replace('http', 'ws')}/api/halls/{LOT}/ws?seat={HOST}"
    with pytest.raises(InvalidStatus) as refused, connect(url, open_timeout=PATIENCE):
        pass
    response = refused.value.response
    assert json.loads(response.body)["code"] == "sign-in-needed"
    assert response.status_code == 401
