"""scapy in a namespace: slow, and right."""

from __future__ import annotations

import queue
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from monitor.capture.settings import Settings
from monitor.capture.sniffer import Sniffer
from tests.kit.encapsulations import ether
from tests.kit.netns import Cable, Namespace, cable, contents, needs_namespaces, watching

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = needs_namespaces()
LOCAL = 0x88B5


@pytest.fixture
def link() -> Iterator[Cable]:
    with cable() as made:
        yield made


def numbered(number: int) -> bytes:
    return ether(LOCAL, bytes([number]) * 50)


def test_what_is_sent_is_what_is_read(link: Cable) -> None:
    tagged = b"\x02" * 6 + b"\x04" * 6 + b"\x81\x00\x20\x05" + numbered(9)[12:]
    with watching(link.watched, lambda: Sniffer(["watched0"])) as watch:
        sent = [*map(numbered, range(20)), tagged]
        link.sender.send(*sent)
        assert watch.frames(len(sent)) == sent
        counts = watch.counts
        assert (counts.name, counts.is_up, counts.frames, counts.frame_bytes) == (
            "watched0", True, 21, sum(map(len, sent)),
        )  # fmt: skip
        assert abs(counts.last_frame_ns - time.time_ns()) < 60 * 10**9
        assert "some hundreds to a few thousand packets per second" in getattr(watch.source, "warning", "")
    assert watch.counts.problem == "stopped"


def test_filter_and_snap_length_hold(link: Cable) -> None:
    settings = Settings(filter="ether proto 0x88b6", snap_length=64)
    with watching(link.watched, lambda: Sniffer(["watched0"], settings)) as watch:
        link.sender.send(numbered(1), ether(0x88B6, bytes(100)))
        assert watch.frames(1) == [ether(0x88B6, bytes(100))[:64]]


def test_time_passes_without_frames(link: Cable) -> None:
    with watching(link.watched, lambda: Sniffer(["watched0"])) as watch:
        clocks = []
        for _ in range(3):
            batch = watch.batch()
            assert batch is not None
            assert contents(batch) == []
            clocks.append(batch.clock_ns)
        assert sorted(set(clocks)) == clocks
        assert clocks[-1] < time.time_ns()


def test_a_full_queue_loses_frames_and_counts_them(link: Cable) -> None:
    with watching(link.watched, lambda: Sniffer(["watched0"])) as watch:
        source: Any = watch.source
        source._heard = queue.Queue(2)
        packet = SimpleNamespace(sniffed_on="watched0", original=numbered(1), wirelen=None, time=1.5)
        for _ in range(5):
            source._hear(packet)
        assert len(watch.frames(2)) == 2
        assert (watch.counts.frames, watch.counts.dropped_ring) == (2, 3)


def test_an_interface_that_is_not_there_is_named() -> None:
    with Namespace() as network, pytest.raises(ValueError, match="no interface 'nowhere0'; there are lo"):
        network.call(Sniffer, ["nowhere0"])
