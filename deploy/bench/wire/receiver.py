"""Listens until it is told to stop, and prints what it got and what that cost, as JSON: one of several ways to listen.

    receiver.py ring|front|pcapy|scapy INTERFACE CAPTURE

It says ``ready`` when it listens, with everything loaded that it needs; CPU time counts from there. ``ring`` is our ring
alone, ``front`` our ring with decode and flow. pcapy-ng and scapy do nothing with a frame but count it.
"""

import json
import signal
import sys
import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

STOP_CHECK_SECONDS = 0.05
IDLE_SECONDS = 0.002


class Got(NamedTuple):
    """What came; None where the library does not tell."""

    frames: int
    dropped: int | None


class Stop:
    """What the signal handler sets."""

    told = False


def main() -> None:
    """Listen as the command line says."""
    how, interface, capture = sys.argv[1:]
    listen: Callable[[str, str], Got] = {"ring": ring, "front": front, "pcapy": pcapy_ng, "scapy": scapy}[how]
    signal.signal(signal.SIGTERM, _stop)
    got = listen(interface, capture)
    print(json.dumps(got._asdict() | {"cpu_s": time.process_time() - _ready_cpu[0]}), flush=True)


def ring(interface: str, _capture: str) -> Got:
    """Read our ring, and nothing more."""
    from monitor.capture.live import Live  # noqa: PLC0415 - each way loads its own

    live = Live([interface])
    signal.signal(signal.SIGTERM, lambda *_: live.stop())
    _say_ready()
    for _ in live.batches():
        pass
    [counts] = live.counts()
    return Got(counts.frames, counts.dropped_ring + counts.dropped_nic)


def front(interface: str, capture: str) -> Got:
    """Read our ring and keep flows, with nobody who wants to hear of them."""
    from monitor.capture.live import Live  # noqa: PLC0415 - as above
    from monitor.capture.replay import Replay  # noqa: PLC0415
    from monitor.flow.settings import Settings  # noqa: PLC0415
    from monitor.pipeline.front import Front, Plan  # noqa: PLC0415
    from monitor.protocols._dispatch import News  # noqa: PLC0415

    plan = Plan(captures=(), flow=Settings(), wanted=frozenset(), seed=1, news=News())
    warm = Front(plan)
    for _ in warm.take(next(Replay([capture]).batches())):
        pass
    house, live = Front(plan), Live([interface])
    signal.signal(signal.SIGTERM, lambda *_: live.stop())
    _say_ready()
    for batch in live.batches():
        for _ in house.take(batch):
            pass
    [counts] = live.counts()
    return Got(counts.frames, counts.dropped_ring + counts.dropped_nic)


def pcapy_ng(interface: str, _capture: str) -> Got:
    """Count in a callback."""
    import pcapy  # noqa: PLC0415 - may be missing

    frames = [0]

    def count(_header: object, _data: bytes) -> None:
        frames[0] += 1

    handle = pcapy.create(interface)
    handle.set_snaplen(1 << 18)
    handle.set_promisc(True)
    handle.set_timeout(20)
    handle.set_buffer_size(64 << 20)
    handle.activate()
    handle.setnonblock(1)  # otherwise it waits for a frame, whatever the timeout
    _say_ready()
    while not Stop.told:
        if not handle.dispatch(-1, count):
            time.sleep(IDLE_SECONDS)
    return Got(frames[0], handle.stats()[1])


def scapy(interface: str, _capture: str) -> Got:
    """Count in a callback."""
    from scapy.all import AsyncSniffer  # noqa: PLC0415 - takes long

    frames = [0]

    def count(_packet: object) -> None:
        frames[0] += 1

    sniffer = AsyncSniffer(iface=interface, prn=count, store=False, started_callback=_say_ready)
    sniffer.start()
    while not Stop.told:
        time.sleep(STOP_CHECK_SECONDS)
    sniffer.stop()
    return Got(frames[0], None)


_ready_cpu = [0.0]


def _say_ready() -> None:
    _ready_cpu[0] = time.process_time()
    print("ready", flush=True)


def _stop(*_: object) -> None:
    Stop.told = True


if __name__ == "__main__":
    main()
