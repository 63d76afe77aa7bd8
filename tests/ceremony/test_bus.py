"""Wake-ups: the same contract in memory and through Redis, and what happens without them."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from servers import Valkey
from toy_ceremony import TOY, Say
from toy_hall import HALL, PATIENCE, open_log, toy_server

from ceremony import bus as bus_module
from ceremony.bus import Bus, MemoryBus, Poller, RedisBus
from ceremony.handle import Ceremony
from crypto.errors import Unavailable
from crypto.translog.engine import open_engine
from crypto.translog.store import Log, NewEvent

EVENT = NewEvent("Said", "host:", {"text": "x"})


class Heard:
    """A listener that keeps what it is told."""

    def __init__(self) -> None:
        self.queue: queue.Queue[tuple[str, int]] = queue.Queue()

    def __call__(self, stream: str, version: int) -> None:
        self.queue.put((stream, version))

    def next(self) -> tuple[str, int]:
        return self.queue.get(timeout=PATIENCE)


@pytest.fixture(params=["memory", pytest.param("redis", marks=pytest.mark.servers)])
def make_bus(request: pytest.FixtureRequest) -> Iterator[Callable[[], Bus]]:
    made: list[Bus] = []

    def make() -> Bus:
        if request.param == "memory":
            bus: Bus = MemoryBus()
        else:
            bus = RedisBus(request.getfixturevalue("redis_url"))
            assert bus.listening.wait(PATIENCE)
        made.append(bus)
        return bus

    yield make
    for bus in made:
        bus.close()


def test_listeners_are_told(make_bus: Callable[[], Bus]) -> None:
    bus = make_bus()
    first, second = Heard(), Heard()
    end = bus.subscribe(first)
    bus.subscribe(second)
    bus.publish("hall:a", 1)
    assert first.next() == second.next() == ("hall:a", 1)
    end()
    bus.publish_here("hall:a", 2)
    assert second.next() == ("hall:a", 2)
    assert first.queue.empty()
    bus.close()
    bus.publish("hall:a", 3)


def test_a_listener_that_fails_harms_nobody(make_bus: Callable[[], Bus]) -> None:
    bus, heard = make_bus(), Heard()

    def failing(stream: str, version: int) -> None:
        raise ZeroDivisionError

    bus.subscribe(failing)
    bus.subscribe(heard)
    bus.publish("hall:a", 1)
    assert heard.next() == ("hall:a", 1)


def test_redis_tells_other_processes_and_each_once(redis_url: str) -> None:
    here, there = RedisBus(redis_url), RedisBus(redis_url)
    heard_here, heard_there = Heard(), Heard()
    here.subscribe(heard_here)
    there.subscribe(heard_there)
    assert here.listening.wait(PATIENCE) and there.listening.wait(PATIENCE)
    for n in range(1, 51):
        here.publish(f"hall:{n % 7} 某", n)
    seen: dict[str, int] = {}
    while seen.get("hall:1 某") != 50:
        stream, version = heard_there.next()
        assert version > seen.get(stream, 0)
        seen[stream] = version
    assert heard_here.queue.qsize() == 50, "its own come directly, and not again through Redis"
    here.close()
    there.close()


def test_nonsense_from_redis_is_ignored(redis_url: str) -> None:
    import redis

    bus, heard = RedisBus(redis_url), Heard()
    bus.subscribe(heard)
    assert bus.listening.wait(PATIENCE)
    client = redis.Redis.from_url(redis_url)
    for lane in range(16):
        for data in (b"", b"\xff", b"a b c", b"only"):
            client.publish(f"kaibiao:{lane}", data)
        client.publish(f"kaibiao:{lane}", b"someone 7 hall:z")
    assert heard.next() == ("hall:z", 7)
    client.close()
    bus.close()


def test_redis_may_die_and_come_back(mortal_valkey: Valkey) -> None:
    here, there = RedisBus(mortal_valkey.url), RedisBus(mortal_valkey.url)
    heard_here, heard_there = Heard(), Heard()
    here.subscribe(heard_here)
    there.subscribe(heard_there)
    assert there.listening.wait(PATIENCE)
    mortal_valkey.kill()
    here.publish("hall:a", 1)
    assert heard_here.next() == ("hall:a", 1), "its own listeners need no Redis"
    mortal_valkey.start()
    version = 1
    while heard_there.queue.empty():
        # Nothing is kept for a subscriber that was away; the next wake-up after its return arrives.
        version += 1
        here.publish("hall:a", version)
        there.listening.wait(0.05)
    assert heard_there.next()[0] == "hall:a"
    here.close()
    there.close()


def test_a_redis_that_is_not_there_blocks_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bus_module, "WAITING", 10)
    bus, heard = RedisBus("redis://127.0.0.1:1/0"), Heard()
    bus.subscribe(heard)
    for n in range(100):
        bus.publish("hall:a", n)
    assert [heard.next()[1] for _ in range(100)] == list(range(100))
    bus.close()


def test_the_poll_finds_what_no_wake_up_told(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'log.db'}")
    here, other = open_log(engine), open_log(engine)
    bus, heard = MemoryBus(), Heard()
    bus.subscribe(heard)
    other.append("hall:before", None, [EVENT])
    poller = Poller(here, bus)
    poller.look()
    assert heard.queue.empty(), "what was there at the start is not news"
    other.append("hall:a", None, [EVENT, EVENT])
    other.append("hall:b", None, [EVENT])
    poller.look()
    assert {heard.next(), heard.next()} == {("hall:a", 2), ("hall:b", 1)}
    poller.look()
    assert heard.queue.empty()
    for log in (here, other):
        log.close()
    engine.dispose()


def test_the_poll_goes_on_when_the_log_is_away_for_a_while() -> None:
    stop = threading.Event()
    looks: list[int] = []

    class Away(Log):
        def __init__(self) -> None:
            pass

        def size(self) -> int:
            looks.append(1)
            if len(looks) == 3:
                stop.set()
            raise Unavailable("log-unavailable")

    Poller(Away(), MemoryBus(), every=0.001).run(stop)
    assert len(looks) == 3


@pytest.mark.parametrize("wake", ["redis", "redis that dies", "poll"])
def test_a_second_process_serves_the_same_hall(postgres_url: str, mortal_valkey: Valkey, wake: str) -> None:
    """Two servers, each with its own log, cache and bus, on one PostgreSQL."""

    def make() -> Bus:
        return MemoryBus() if wake == "poll" else RedisBus(mortal_valkey.url)

    buses = [make(), make()]
    for bus in buses:
        if isinstance(bus, RedisBus):
            assert bus.listening.wait(PATIENCE)
    stop = threading.Event()
    with toy_server(postgres_url, bus=buses[0]) as one, toy_server(postgres_url, bus=buses[1]) as two:
        pollers = [
            threading.Thread(target=Poller(server.log, server.bus, every=0.05).run, args=(stop,))
            for server in (one, two)
        ]
        if wake != "redis":
            for poller in pollers:
                poller.start()
        with one.viewer("host:") as host, two.viewer("voter:1") as voter, two.viewer() as public:
            assert voter.do("Put", command="v", note="七")["v"] == 1
            host.until(1)
            assert host.view["count"] == 1
            if wake == "redis that dies":
                mortal_valkey.kill()
            host.do("Open")
            assert voter.do("Put", note="八")["problem"]["code"] == "box-open", "no stale decision"
            for n in range(10):
                (host, voter)[n % 2].do("Say", text=str(n))
            for client in (host, voter, public):
                client.until(12)
            assert voter.view == public.view
            assert host.view["said"] == voter.view["said"] and len(voter.view["said"]) == 10
            with one.viewer("voter:1") as moved:
                moved.until(12)
                assert moved.view == voter.view and moved.mine == voter.mine
                assert moved.do("Put", command="v", note="七")["v"] == 1, (
                    "the first answer, from the other server"
                )
        stop.set()
        for poller in pollers:
            if poller.is_alive():
                poller.join(PATIENCE)
    for bus in buses:
        bus.close()


def test_a_followed_stream_reads_on_after_a_failed_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'log.db'}")
    log, other = open_log(engine), open_log(engine)
    toy = Ceremony(log, TOY)
    toy.handle(HALL, "host:", Say("x"), command_id="c")
    arrived = threading.Event()
    toy.follow(HALL, lambda steps: arrived.set())
    failed = threading.Event()
    real = log.read

    def broken(*args: object, **kwargs: object) -> list:
        failed.set()
        raise Unavailable("log-unavailable")

    monkeypatch.setattr(log, "read", broken)
    other.append(HALL, None, [EVENT])
    toy.wake(HALL, 2)
    assert failed.wait(PATIENCE)
    monkeypatch.setattr(log, "read", real)
    while not arrived.wait(0.05):
        toy.wake(HALL, 2)
    assert toy.peek(HALL)[0] == 2
    toy.close()
    toy.wake(HALL, 9)
    for one in (log, other):
        one.close()
    engine.dispose()
