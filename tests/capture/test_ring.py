"""One ring on a real interface; what a lane makes of it is tested there."""

from __future__ import annotations

import select
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest

from monitor.capture.arena import Arena
from monitor.capture.bpf import accept
from monitor.capture.fanout import spread_program
from monitor.capture.ring import BLOCK_BYTES, Fanout, Ring, RingPlan
from monitor.model.frame import FRAME
from tests.kit.encapsulations import ON_ETHERNET, SEED, ether
from tests.kit.netns import Cable, cable, needs_namespaces

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = needs_namespaces()
BLOCKS = 8
PLAN = RingPlan(
    ring_bytes=BLOCKS * BLOCK_BYTES, timeout_ns=5_000_000, promiscuous=True, program=tuple(accept(1 << 18))
)
FRAMES = [ether(0x88B5, bytes([number]) * 400) for number in range(40)]


@pytest.fixture
def link() -> Iterator[Cable]:
    with cable() as made:
        yield made


def opened(link: Cable, place: int = 0, arena: Arena | None = None) -> Ring:
    memory = arena or Arena(1, PLAN.ring_bytes)
    return link.watched.call(Ring, "watched0", PLAN, memory, place)


def waited(ring: Ring) -> None:
    poll = select.poll()
    poll.register(ring.fileno(), select.POLLIN)
    assert poll.poll(3000)


def test_the_gate_lets_nothing_in_before_it_is_opened(link: Cable) -> None:
    ring = opened(link)
    rows = np.zeros(99, FRAME)
    link.sender.send(*FRAMES)
    time.sleep(0.03)
    assert (ring.read(rows), ring.statistics().received) == (0, 0)
    ring.open_gate()
    link.sender.send(*FRAMES)
    waited(ring)
    assert ring.read(rows) == 40
    ring.close_gate()
    link.sender.send(*FRAMES)
    time.sleep(0.03)
    assert (ring.is_filling, ring.is_ready) == (False, False)
    assert tuple(ring.statistics()) == (40, 0, 0)
    ring.close()


def test_a_block_is_the_kernels_the_readers_and_the_kernels_again(link: Cable) -> None:
    ring = opened(link)
    ring.open_gate()
    rows = np.zeros(99, FRAME)
    for turn in range(2 * BLOCKS):
        assert (ring.is_filling, ring.is_ready, ring.fill) == (False, False, 0.0)
        link.sender.send(FRAMES[turn])
        waited(ring)
        assert ring.is_ready
        assert ring.fill == 1 / BLOCKS
        assert ring.read(rows) == 1
        assert int(ring.walk["number"]) == turn + 1
        ring.release()
    ring.close()


def test_a_ring_that_was_full_goes_on_when_it_is_read(link: Cable) -> None:
    ring = opened(link)
    ring.open_gate()
    rows = np.zeros(99_999, FRAME)
    for _ in range(150):
        link.sender.send(*FRAMES)
    read = 0
    for _ in range(40):
        read += ring.read(rows)
        ring.release()
        time.sleep(0.005)
    told = ring.statistics()
    assert (told.received, told.dropped, told.freezes > 0) == (6000, 6000 - read, True)
    assert (ring.is_filling, ring.is_ready) == (False, False)
    link.sender.send(*FRAMES)
    waited(ring)
    assert ring.read(rows) == 40
    ring.close()


def test_it_knows_what_its_interface_is_called_and_whether_it_is_there(link: Cable) -> None:
    ring = opened(link)
    assert (ring.interface, ring.is_bound, ring.clear_error()) == ("watched0", True, False)
    link.watched.run("ip link set watched0 down")
    assert (ring.is_bound, ring.clear_error(), ring.clear_error()) == (True, True, False)
    link.watched.run("ip link set watched0 name other")
    assert ring.interface == "other"
    link.watched.run("ip link delete other")
    assert (ring.interface, ring.is_bound) == ("", False)
    ring.close()
    assert ring.interface == ""


def test_rings_of_a_group_share_the_frames(link: Cable) -> None:
    arena = Arena(2, PLAN.ring_bytes)
    rings = [opened(link, place, arena) for place in range(2)]
    program = tuple(spread_program(SEED, ON_ETHERNET))
    group = rings[0].join(Fanout(None, program))
    assert rings[1].join(Fanout(group, program)) == group
    other = opened(link)
    assert other.join(Fanout(None, program)) != group
    for ring in rings:
        ring.open_gate()
    link.sender.send(*FRAMES)
    time.sleep(0.03)
    counts = [ring.statistics().received for ring in rings]
    assert sorted(counts) == [0, 40]  # frames without addresses go to one worker
    for ring in (*rings, other):
        ring.close()


def test_too_much_memory_is_refused_in_words(link: Cable) -> None:
    huge = RingPlan(ring_bytes=1 << 42, timeout_ns=1, promiscuous=False, program=PLAN.program)
    with pytest.raises(ValueError, match="lower ring_size"):
        link.watched.call(Ring, "watched0", huge, Arena(1, PLAN.ring_bytes), 0)
