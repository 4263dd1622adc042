"""scapy's sniffer as a source of frames: works wherever scapy does, and carries little.

Frames are handed from scapy's thread through a bounded queue; those that find it full are counted and lost. What is lost
before scapy has it, it does not tell.
"""

import queue
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from monitor.capture.clock import WallClock
from monitor.capture.settings import Settings
from monitor.capture.source import BATCH_FRAMES, TALLY_KEYS, TICK_SECONDS, InterfaceCounts
from monitor.model.frame import FRAME, FrameBatch, Interface
from monitor.model.tally import Tally

WARNING = (
    "this platform has no AF_PACKET: scapy listens instead, which carries some hundreds to a few thousand packets per "
    "second; for more, record with tcpdump and pipe it: tcpdump -U -w - | umbilical watch -"
)
QUEUE_FRAMES = 16_384
MAX_FRAME_BYTES = 0x4_0000
START_SECONDS = 10.0
LAG_NS = 250_000_000
"""How far the time of an idle interface stays behind the clock: as long as a frame may be on its way through scapy."""
_LINK_TYPES = {
    "Ether": 1,
    "Dot3": 1,
    "Loopback": 0,
    "IP": 101,
    "IPv6": 101,
    "PPP": 9,
    "Dot11": 105,
    "RadioTap": 127,
    "CookedLinux": 113,
    "CookedLinuxV2": 276,
}
"""LINKTYPE numbers by the layer that scapy begins a frame with."""
_UNKNOWN_LINK_TYPE = 147
"""LINKTYPE_USER0: decode counts it as a link type that nobody knows."""
_SECOND_NS = 1_000_000_000


class _Heard(NamedTuple):
    """One frame."""

    content: bytes
    wire: int
    ts_ns: int
    interface: int
    link_type: int


class Sniffer:
    """Listens to interfaces; raises ValueError or OSError when it cannot."""

    def __init__(self, names: Sequence[str], settings: Settings | None = None) -> None:
        settings = settings or Settings()
        self.tally = Tally(TALLY_KEYS)
        self.warning = WARNING
        self._names = list(names)
        self._numbers = {name: number for number, name in enumerate(names)}
        self._snap_length = settings.snap_length or MAX_FRAME_BYTES
        self._is_filtered = bool(settings.filter.strip())
        self._heard: queue.Queue[_Heard] = queue.Queue(QUEUE_FRAMES)
        self._lost: Counter[int] = Counter()
        self._frames: Counter[int] = Counter()
        self._bytes: Counter[int] = Counter()
        self._last_ns: Counter[int] = Counter()
        self._link_types = [1] * len(self._names)
        self._is_stopping = False
        self._clock = WallClock(self.tally)
        self._clock_ns = self._ordinal = 0
        self._sniffer = self._started(settings)

    @property
    def interfaces(self) -> list[Interface]:
        """What ``FRAME.interface`` refers to; link types are those of the last frames."""
        return [
            Interface(name=name, capture=name, link_type=link_type, snap_length=0)
            for name, link_type in zip(self._names, self._link_types, strict=True)
        ]

    def batches(self) -> Iterator[FrameBatch]:
        """Yield frames until ``stop``, or until scapy gives up."""
        while not self._is_stopping:
            now_ns = self._clock.now_ns()
            heard = self._next()
            if heard:
                yield self._batch(heard)
            elif not self._is_alive():
                return
            elif now_ns - LAG_NS > self._clock_ns and not self._is_stopping:
                self._clock_ns = now_ns - LAG_NS
                yield self._batch([])

    def counts(self) -> list[InterfaceCounts]:
        """Return what became of the frames."""
        is_alive = self._is_alive()
        return [
            InterfaceCounts(
                name=name,
                is_up=is_alive,
                problem="" if is_alive else self._why_dead(),
                frames=self._frames[number],
                frame_bytes=self._bytes[number],
                dropped_ring=self._lost[number],
                is_filtered=self._is_filtered,
                last_frame_ns=self._last_ns[number],
                fill=self._heard.qsize() / QUEUE_FRAMES,
            )
            for number, name in enumerate(self._names)
        ]

    def stop(self) -> None:
        """Make ``batches`` end soon."""
        self._is_stopping = True

    def close(self) -> None:
        """End scapy's thread."""
        self._is_stopping = True
        if self._is_alive():
            self._sniffer.stop(join=False)
            self._sniffer.thread.join(timeout=1.0)

    def _started(self, settings: Settings) -> Any:
        from scapy.all import AsyncSniffer, conf  # noqa: PLC0415 - takes long to load, and is seldom needed

        conf.ifaces.reload()
        known = [interface.name for interface in conf.ifaces.values()]
        for name in self._names:
            if name not in known:
                raise ValueError(f"no interface {name!r}; there are {', '.join(known) or 'none'}")
        started = threading.Event()
        sniffer: Any = AsyncSniffer(
            iface=self._names,
            prn=self._hear,
            store=False,
            filter=settings.filter.strip() or None,
            promisc=settings.promiscuous,
            started_callback=started.set,
        )
        sniffer.start()
        deadline = time.monotonic() + START_SECONDS
        while not started.wait(timeout=0.02):
            if not sniffer.thread.is_alive() or time.monotonic() > deadline:
                raise _refusal(sniffer)
        return sniffer

    def _hear(self, packet: Any) -> None:
        """Take a frame; runs in scapy's thread."""
        number = self._numbers.get(str(packet.sniffed_on), 0)
        content = packet.original or bytes(packet)
        link_type = _LINK_TYPES.get(type(packet).__name__, _UNKNOWN_LINK_TYPE)
        frame = _Heard(
            content[: self._snap_length],
            max(len(content), packet.wirelen or 0),
            int(packet.time * _SECOND_NS),
            number,
            link_type,
        )
        try:
            self._heard.put_nowait(frame)
        except queue.Full:
            self._lost[number] += 1

    def _next(self) -> list[_Heard]:
        """Wait a little for a frame, and return it with those that came meanwhile."""
        heard: list[_Heard] = []
        try:
            heard.append(self._heard.get(timeout=TICK_SECONDS))
            while len(heard) < BATCH_FRAMES:
                heard.append(self._heard.get_nowait())
        except queue.Empty:
            pass
        return heard

    def _batch(self, heard: list[_Heard]) -> FrameBatch:
        rows = np.zeros(len(heard), FRAME)
        offset = 0
        for row, frame in zip(rows, heard, strict=True):
            number = frame.interface
            self._frames[number] += 1
            self._bytes[number] += frame.wire
            self._last_ns[number] = max(self._last_ns[number], frame.ts_ns)
            self._link_types[number] = frame.link_type
            row["offset"], row["captured"], row["wire"] = offset, len(frame.content), frame.wire
            row["ts_ns"], row["number"] = frame.ts_ns, self._frames[number]
            row["interface"], row["link_type"] = number, frame.link_type
            self._clock_ns = max(self._clock_ns, frame.ts_ns)
            offset += len(frame.content)
        self.tally.add("frames", len(heard))
        self.tally.add("bytes", offset)
        first, self._ordinal = self._ordinal, self._ordinal + len(heard)
        content = np.frombuffer(bytearray(b"".join(frame.content for frame in heard)), np.uint8)
        return FrameBatch(buffer=content, frames=rows, first_ordinal=first, clock_ns=self._clock_ns)

    def _is_alive(self) -> bool:
        return bool(self._sniffer.thread.is_alive())

    def _why_dead(self) -> str:
        return "stopped" if self._is_stopping else str(_refusal(self._sniffer))


def _refusal(sniffer: Any) -> Exception:
    """Return why scapy does not listen."""
    reason = getattr(sniffer, "exception", None)
    if isinstance(reason, PermissionError):
        return PermissionError(reason.errno, "not allowed to listen: run as root or administrator")
    return ValueError(f"scapy cannot listen: {reason or 'no reason given'}")
