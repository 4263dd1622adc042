"""One interface under watch: its ring while there is one, and up to which instant its frames are known.

An interface that is taken down keeps its ring. One that vanishes and comes back, as modems do, gets the same ring again;
where workers share it that cannot be, so it gets a new one, on a socket that was kept for it. So neither takes rights that
the process may have given up since.
"""

import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

from monitor.capture.arena import Arena
from monitor.capture.bpf import Instruction
from monitor.capture.filter import program_of
from monitor.capture.interface import Link, check_interface, link_of, state_of
from monitor.capture.pending import Pending
from monitor.capture.ring import Fanout, Ring, RingPlan, opened_socket
from monitor.capture.ring_counts import RingCounts
from monitor.capture.settings import Settings
from monitor.capture.source import InterfaceCounts
from monitor.model.frame import Interface

if TYPE_CHECKING:
    import socket

MARGIN_NS = 10_000_000
"""A frame gets its time stamp, and its place in a ring, by so much after another at most."""
LOOK_SECONDS = 1.0
"""From one look at counters and interface to the next; the kernel's counters hold more than an hour of 32 bits."""
FIRST_DELAY_SECONDS = 0.1
LAST_DELAY_SECONDS = 5.0
"""Between two attempts to open an interface that is gone."""
DRAIN_SECONDS = 1.0
"""How long a ring that will be closed is kept for the frames in it."""
SPARE_SOCKETS = 8
"""Kept for an interface that workers share."""


class Lane:
    """Reads one interface; raises as ``Ring`` does when it cannot be opened the first time."""

    def __init__(self, name: str, number: int, settings: Settings, arena: Arena) -> None:
        self.name = name
        self.fanout: Fanout | None = None
        """The group that shares the frames."""
        self.tally = RingCounts()
        self.ring: Ring | None = None
        self.pending = Pending()
        """Frames that wait to be passed on."""
        self._number = number
        self._settings = settings
        self._arena = arena
        self._safe_ns = 0
        self._reopened = 0
        self._problem = ""
        self._is_up = False
        self._delay = FIRST_DELAY_SECONDS
        self._due = self._gone_since = 0.0
        self._compiled: tuple[Link, tuple[Instruction, ...]] | None = None
        self._spares: list[socket.socket] = []
        self._open()

    def join(self, fanout: Fanout) -> None:
        """Share the frames of the interface with other processes, now and after it was gone."""
        if self.ring is None:
            return
        self.fanout = fanout._replace(group=self.ring.join(fanout))
        with suppress(OSError):  # without the right there are as many as there are
            while len(self._spares) < SPARE_SOCKETS:
                self._spares.append(opened_socket(self.name, self.ring.link))

    def start(self) -> None:
        """Let frames in."""
        if self.ring is not None:
            self.ring.open_gate()

    def finish(self) -> None:
        """Let no more frames in."""
        if self.ring is not None:
            self.ring.close_gate()

    def close(self) -> None:
        """Give everything back."""
        for spare in self._spares:
            spare.close()
        self._spares.clear()
        self._close_ring()

    # Frames.

    @property
    def is_drained(self) -> bool:
        """Whether no frame is left, here or with the kernel."""
        return not self.pending and not self._has_unread

    def load(self) -> None:
        """Read what is ready, unless frames wait already."""
        if self.ring is not None and not self.pending:
            self.pending.load(self.ring)

    def horizon_ns(self, now_ns: int) -> int:
        """Return the instant up to which all frames are known; ``now_ns`` was looked at before."""
        if self.pending:
            return self.pending.newest_ns
        if not self._has_unread:
            self._safe_ns = max(self._safe_ns, now_ns - MARGIN_NS)
        return self._safe_ns

    def give_back(self) -> None:
        """Give the memory of frames that were passed on back to the kernel, once all of them were."""
        if self.ring is not None and not self.pending:
            self._safe_ns = max(self._safe_ns, self.pending.newest_ns)
            self.ring.release()

    # The interface.

    def look_after(self, *, at_once: bool = False) -> None:
        """Keep the counters, and the ring of an interface that comes and goes; does something once in a second."""
        now = time.monotonic()
        if not at_once and now < self._due:
            return
        self._due = now + LOOK_SECONDS
        if self.ring is None:
            self._attempt(self._open_again, now)
        elif self.ring.is_bound:
            self.tally.ask(self.ring)
            self._look()
        elif self.fanout is None:
            self._attempt(self._bind_again, now)
        else:
            self._drain(now)

    def had_error(self) -> None:
        """See why the socket reports an error."""
        if self.ring is not None and self.ring.clear_error():
            self.look_after(at_once=True)

    def count_rest(self) -> None:
        """Settle the counters: what was not read is lost."""
        if self.ring is not None:
            self.tally.settle(self.ring)

    def counts(self) -> InterfaceCounts:
        """Return what became of the frames."""
        walked = self.tally.walked(self.ring)
        return InterfaceCounts(
            name=self.name,
            is_up=self._is_up,
            problem=self._problem,
            frames=walked["number"],
            frame_bytes=walked["wire_bytes"],
            dropped_ring=self.tally.dropped,
            dropped_nic=self.tally.nic_dropped,
            duplicates=walked["duplicates"],
            unreadable=walked["unreadable"],
            freezes=self.tally.freezes,
            nic_frames=self.tally.nic_frames,
            is_filtered=bool(self._settings.filter.strip()),
            reopened=self._reopened,
            last_frame_ns=self.pending.newest_ns,
            fill=0.0 if self.ring is None else self.ring.fill,
        )

    def _open(self) -> None:
        """Make a ring with its gate closed."""
        check_interface(self.name)
        link = link_of(self.name)
        is_known = self._compiled is not None and self._compiled[0] == link
        plan = RingPlan(
            ring_bytes=self._arena.place_bytes,
            timeout_ns=self._settings.block_timeout_ns,
            promiscuous=self._settings.promiscuous,
            program=self._program(link),
        )
        spare = self._spares.pop() if self._spares and is_known else None
        self.ring = Ring(self.name, plan, self._arena, self._number, spare)
        self.ring.walk["interface"] = self._number
        self.pending.warm_up(self.ring)
        self.tally.begin(self.ring)
        self.interface = Interface(
            name=self.name,
            capture=self.name,
            link_type=link.link_type,
            snap_length=self._settings.snap_length,
        )
        self._look()

    def _program(self, link: Link) -> tuple[Instruction, ...]:
        """Return the filter; compiled once, as libpcap may not look at the interface later."""
        if self._compiled is None or self._compiled[0] != link:
            settings = self._settings
            program = program_of(settings.filter, link, self.name, settings.snap_length)
            self._compiled = link, tuple(program)
        return self._compiled[1]

    def _attempt(self, again: Callable[[], None], now: float) -> None:
        """Try to get a vanished interface back, ever more rarely."""
        self._is_up = False
        try:
            again()
        except (ValueError, OSError) as error:
            strerror = error.strerror if isinstance(error, OSError) else None
            self._problem = strerror or str(error)
            self._delay = min(2 * self._delay, LAST_DELAY_SECONDS)
            self._due = now + self._delay
        else:
            self._reopened += 1
            self._delay = FIRST_DELAY_SECONDS

    def _open_again(self) -> None:
        check_interface(self.name)
        if self.fanout is not None and not state_of(self.name).is_up:
            # Old kernels share only what is up, and an attempt costs a socket.
            raise ValueError(f"interface {self.name!r} is down; ip link set {self.name} up")
        with ExitStack() as undo:
            undo.callback(self._close_ring)
            self._open()
            if self.fanout is not None:
                self.join(self.fanout)
            self.start()
            undo.pop_all()

    def _bind_again(self) -> None:
        """Go on with the same ring; with a new one if frames begin with another header now."""
        if self.ring is None:
            return
        check_interface(self.name)
        if link_of(self.name) != self.ring.link:
            self._retire()
            self._open_again()
            return
        self.ring.bind(self.name, promiscuous=self._settings.promiscuous)
        self.tally.begin_nic(self.ring)
        self._look()

    def _drain(self, now: float) -> None:
        """Read what the ring of a vanished interface still has, then close it."""
        self._is_up, self._problem = False, f"interface {self.name!r} is gone"
        self._gone_since = self._gone_since or now
        self._due = now + FIRST_DELAY_SECONDS
        if self.is_drained or now - self._gone_since > DRAIN_SECONDS:
            self._retire()

    def _retire(self) -> None:
        if self.ring is not None:
            self.tally.end(self.ring)
        self.pending.drop()
        self._gone_since = 0.0
        self._close_ring()

    def _close_ring(self) -> None:
        if self.ring is not None:
            self.ring.close()
            self.ring = None

    def _look(self) -> None:
        """See whether the interface is up."""
        if self.ring is None:
            return
        try:
            state = state_of(self.ring.interface)
        except OSError:
            return
        self._is_up = state.is_up and state.has_carrier
        self._problem = ""
        if not state.is_up:
            self._problem = f"interface {self.name!r} is down; ip link set {self.name} up"
        elif not state.has_carrier:
            self._problem = f"interface {self.name!r} has no carrier: no cable, or the other end is down"

    @property
    def _has_unread(self) -> bool:
        """Whether frames are in the ring."""
        return self.ring is not None and (self.ring.is_ready or self.ring.is_filling)
