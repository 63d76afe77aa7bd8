"""Percentiles, phase times, the plan of kills, the ledger's arithmetic."""

import json

from bidding.rehearse.clockwork import Clockwork
from bidding.rehearse.killer import STATIONS, Killer, draw_moments
from bidding.rehearse.ledger import Ledger
from bidding.rehearse.report import ATOMIC, Report
from bidding.rehearse.statistics import spread


def test_nearest_rank():
    figures = spread(range(1, 101))
    assert (figures.p50, figures.p95, figures.max, figures.count) == (50, 95, 100, 100)
    assert spread([7]).as_json() == {"count": 1, "p50": 7, "p95": 7, "max": 7}
    assert spread([]).as_json() == {"count": 0, "p50": 0.0, "p95": 0.0, "max": 0.0}


def test_phases_add_up_when_entered_again():
    times, cpu = iter([0.0, 2.0, 5.0, 6.0]), iter([0.0, 1.0, 1.5, 1.75])
    clockwork = Clockwork(cpu=lambda: next(cpu), monotonic=lambda: next(times))
    for name in ("a", "b", "a"):
        clockwork.enter(name)
    phases = {phase.name: (phase.wall_s, phase.cpu_s) for phase in clockwork.finish()}
    assert phases == {"a": (3.0, 1.25), "b": (3.0, 0.5)}


def test_cpu_may_be_unmeasurable():
    clockwork = Clockwork(cpu=lambda: None)
    clockwork.enter("a")
    assert clockwork.finish()[0].as_json()["cpu_s"] is None


def test_kills_repeat_with_their_seed_and_come_in_order():
    moments = draw_moments(20, 7)
    assert moments == draw_moments(20, 7)
    assert moments != draw_moments(20, 8)
    order = [name for name, _ in STATIONS]
    assert [order.index(m.station) for m in moments] == sorted(order.index(m.station) for m in moments)


def test_a_station_that_was_passed_over_has_its_kills_later():
    killed = []
    killer = Killer([*draw_moments(3, 1)], kill=lambda: killed.append(1) or 0.0, said=lambda _: None)
    killer.moments = [type(m)(m.station, 0.0) for m in killer.moments]
    killer.start()
    killer.entered("SEALING")
    killer.finish(seconds=30)
    assert len(killed) == 3
    assert killer.error is None


def test_a_kill_that_fails_is_not_swallowed():
    def kill():
        raise OSError("gone")

    killer = Killer(draw_moments(1, 1), kill=kill, said=lambda _: None)
    killer.start()
    killer.finish(seconds=30)
    assert isinstance(killer.error, OSError)


def line(**facts):
    return json.dumps(facts).encode()


def test_the_ledger_measures_from_the_event_to_the_last_client():
    ledger = Ledger()
    ledger.take(line(agent="host", event="moments", lot="l_1", moments=[[4, 1000]]))
    ledger.take(line(agent="a", event="frames", lot="l_1", frames=[[4, 1003], [5, 2000]]))
    ledger.take(line(agent="b", event="frames", lot="l_1", frames=[[4, 1011], [5, 2004]]))
    assert sorted(ledger.fan_out()) == [4.0, 11.0]


def test_the_ledger_knows_who_lives_and_who_failed():
    ledger = Ledger()
    ledger.take(line(agent="zygote", event="spawned", name="a", pid=1))
    ledger.take(line(agent="a", event="gave-up", code="unreachable"))
    assert ledger.living == {"a"}
    ledger.take(line(agent="zygote", event="exited", name="a", status=1))
    assert not ledger.living
    assert ledger.crashed(["a"])[0]["code"] == "unreachable"
    assert ledger.wait(lambda seen: seen.counts["exited"] == 1, seconds=0.0)
    assert not ledger.wait(lambda seen: seen.counts["exited"] == 2, seconds=0.0)


def test_report_lines_stay_whole(tmp_path):
    path = tmp_path / "pipe"
    with path.open("wb") as pipe:
        report = Report("a", pipe.fileno())
        report.tell("long", detail="x" * 9000)
        report.tell("longer", items=["y" * 90] * 90)
        for version in range(500):
            report.frame("l_1", version, 1_700_000_000_000 + version)
        report.flush("l_1")
        report.acknowledged("KeyReleased", {"bid": "b_1"}, lot="l_1", ms=1.5)
    lines = path.read_bytes().splitlines(keepends=True)
    assert all(len(found) <= ATOMIC for found in lines)
    ledger = Ledger()
    for found in lines:
        ledger.take(found)
    assert len(ledger.frames) == 500
    assert ledger.release_ms == [1.5]
