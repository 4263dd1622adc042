"""One interface from its first ring to its last; ``test_live.py`` has what people see of it."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

import pytest

from monitor.capture import lane as lanes
from monitor.capture.arena import Arena
from monitor.capture.bpf import accept
from monitor.capture.lane import Lane
from monitor.capture.ring import Fanout
from monitor.capture.settings import Settings
from tests.kit.encapsulations import ether
from tests.kit.netns import Cable, cable, give_up_rights, needs_namespaces

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from monitor.capture.source import InterfaceCounts

pytestmark = needs_namespaces()
SETTINGS = Settings(ring_size_bytes=1 << 20, block_timeout_ns=5_000_000)


@pytest.fixture
def link(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cable]:
    monkeypatch.setattr(lanes, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(lanes, "FIRST_DELAY_SECONDS", 0.01)
    with cable() as made:
        yield made


@pytest.fixture
def lane(link: Cable) -> Iterator[Lane]:
    made = link.watched.call(Lane, "watched0", 0, SETTINGS, Arena(1, SETTINGS.ring_size_bytes))
    made.start()
    yield made
    made.close()


def frame(number: int) -> bytes:
    return ether(0x88B5, bytes([number]) * 50)


def eventually(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 3
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.002)
    return True


def loaded(lane: Lane) -> bool:
    lane.load()
    return bool(lane.pending)


def test_frames_are_passed_on_up_to_an_instant_and_never_twice(link: Cable, lane: Lane) -> None:
    link.sender.send(*map(frame, range(6)))
    assert eventually(lambda: loaded(lane))
    times = lane.pending._frames["ts_ns"][:6].tolist()
    assert lane.pending.newest_ns == times[-1]
    assert lane.pending.take_until(times[2])["ts_ns"].tolist() == times[:3]
    assert lane.pending.keys_of_last(3).tolist() == times[:3]
    assert len(lane.pending.take_until(times[0])) == 0
    lane.give_back()
    assert lane.ring is not None
    assert int(lane.ring.walk["held"]) == 1
    assert lane.pending.take()["ts_ns"].tolist() == times[3:]
    lane.give_back()
    assert int(lane.ring.walk["held"]) == 0


def test_time_does_not_pass_what_the_kernel_still_keeps(link: Cable, lane: Lane) -> None:
    early = time.time_ns()
    assert lane.horizon_ns(early) == early - lanes.MARGIN_NS
    slow = Settings(ring_size_bytes=1 << 20, block_timeout_ns=200_000_000)
    keeping = link.watched.call(Lane, "watched0", 0, slow, Arena(1, slow.ring_size_bytes))
    keeping.start()
    before = keeping.horizon_ns(time.time_ns())
    link.sender.send(frame(1))
    assert keeping.ring is not None
    assert keeping.ring.is_filling
    assert keeping.horizon_ns(time.time_ns()) == before
    assert eventually(lambda: loaded(keeping))
    assert keeping.horizon_ns(time.time_ns()) == keeping.pending.newest_ns > before
    keeping.pending.take()
    keeping.give_back()
    assert keeping.is_drained
    keeping.close()


def test_an_interface_that_vanished_gets_its_ring_again(link: Cable, lane: Lane) -> None:
    ring = lane.ring
    link.sender.send(frame(1), frame(2))
    assert eventually(lambda: loaded(lane))
    assert lane.pending.take()["number"].tolist() == [1, 2]
    lane.give_back()
    link.sender.send(frame(3))
    link.watched.run("ip link delete watched0")
    link.watched.call(lane.look_after)
    assert lane.counts().problem == "no interface 'watched0'; there are lo"
    assert eventually(lambda: loaded(lane))
    assert lane.pending.take()["number"].tolist() == [3]
    lane.give_back()
    link.plug()
    assert eventually(lambda: _looked(link, lane).reopened == 1)
    assert lane.ring is ring
    link.sender.send(frame(4))
    assert eventually(lambda: loaded(lane))
    assert lane.pending.take()["number"].tolist() == [4]
    counts = _looked(link, lane)
    assert (counts.frames, counts.frame_bytes, counts.dropped_ring) == (4, 4 * 64, 0)


def test_a_shared_interface_that_vanished_gets_a_new_ring_and_the_counters_go_on(
    link: Cable, lane: Lane
) -> None:
    ring = lane.ring
    lane.join(Fanout(None, tuple(accept(0))))
    link.sender.send(frame(1), frame(2))
    assert eventually(lambda: loaded(lane))
    lane.pending.take()
    lane.give_back()
    link.sender.send(frame(3))
    link.watched.run("ip link delete watched0")
    link.watched.call(lane.look_after)
    assert lane.counts().problem == "interface 'watched0' is gone"
    assert eventually(lambda: loaded(lane))
    assert lane.pending.take()["number"].tolist() == [3]
    lane.give_back()
    assert eventually(lambda: bool(_looked(link, lane).problem) and lane.ring is None)
    link.plug()
    assert eventually(lambda: _looked(link, lane).reopened == 1)
    assert lane.ring not in {None, ring}
    link.sender.send(frame(4))
    assert eventually(lambda: loaded(lane))
    assert lane.pending.take()["number"].tolist() == [4]
    counts = _looked(link, lane)
    assert (counts.frames, counts.frame_bytes, counts.dropped_ring) == (4, 4 * 64, 0)


@pytest.mark.parametrize("is_shared", [True, False])
def test_an_interface_comes_back_to_a_process_that_gave_up_its_rights(link: Cable, is_shared: bool) -> None:  # noqa: FBT001
    filtered = Settings(ring_size_bytes=1 << 20, filter="not vlan 5")
    arena = Arena(1, SETTINGS.ring_size_bytes)
    lane = link.watched.call(Lane, "watched0", 0, filtered, arena)
    if is_shared:
        link.watched.call(lane.join, Fanout(None, tuple(accept(0))))
    lane.start()
    link.watched.call(give_up_rights)
    for turn in range(3):
        link.sender.run("ip link delete sender0")
        assert eventually(lambda: bool(_looked(link, lane).problem))
        _plugged_from_afar(link)
        assert eventually(partial(_is_back, link, lane, turn + 1))
        in_vlan = b"\x02" * 12 + b"\x81\x00\x00\x05" + frame(turn)[12:]
        link.sender.send(in_vlan, frame(turn))
        assert eventually(lambda: loaded(lane))
        assert lane.pending.take()["number"].tolist() == [turn + 1]
        lane.give_back()
    lane.close()


def test_attempts_to_open_grow_rarer(link: Cable, lane: Lane) -> None:
    link.watched.run("ip link delete watched0")
    lane._retire()
    waits = []
    for _ in range(12):
        now = time.monotonic()
        lane._due = 0.0
        link.watched.call(lane.look_after)
        waits.append(lane._due - now)
    assert sorted(waits)[:8] == waits[:8]
    assert lanes.LAST_DELAY_SECONDS <= waits[-1] < lanes.LAST_DELAY_SECONDS + 1
    assert lane.counts().problem == "no interface 'watched0'; there are lo"


def test_what_was_not_read_is_counted_once(link: Cable, lane: Lane) -> None:
    link.sender.send(*map(frame, range(9)))
    lane.finish()
    for _ in range(2):
        link.watched.call(lane.count_rest)
        assert lane.counts().dropped_ring == 9


def test_an_error_is_looked_into(link: Cable, lane: Lane) -> None:
    link.watched.call(lane.had_error)
    assert lane.counts().is_up or eventually(lambda: _looked(link, lane).is_up)
    link.watched.run("ip link set watched0 down")
    link.watched.call(lane.had_error)
    assert lane.counts().problem == "interface 'watched0' is down; ip link set watched0 up"


def _plugged_from_afar(link: Cable) -> None:
    near = link.watched.network.thread_id
    link.sender.run(f"ip link add sender0 type veth peer name watched0 netns {near}")
    link.sender.run(f"nsenter --net=/proc/{near}/ns/net ip link set watched0 up")
    link.sender.run("ip link set sender0 up")


def _is_back(link: Cable, lane: Lane, times: int) -> bool:
    return _looked(link, lane).reopened == times


def _looked(link: Cable, lane: Lane) -> InterfaceCounts:
    link.watched.call(lane.look_after, at_once=True)
    return lane.counts()
