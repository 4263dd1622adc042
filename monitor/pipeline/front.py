"""From frames to observations: decode, flow, protocols. With workers, each takes its share of the flows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from monitor.decode.decoder import Decoder
from monitor.flow.settings import Settings as FlowSettings
from monitor.flow.table import FlowTable
from monitor.model.frame import FrameBatch
from monitor.model.observation import Observation
from monitor.model.packet import PacketBatch
from monitor.model.tally import Tally
from monitor.protocols._dispatch import Dispatcher, News
from monitor.registry import discover


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be read and said, the same for every worker."""

    captures: tuple[str, ...]
    flow: FlowSettings
    wanted: frozenset[str]
    """Observation types that somebody listens to."""
    seed: int
    """Of the flow table's hash; all workers share it, so that they agree whose flow is whose."""
    news: News
    home: tuple[str, ...] = ()
    """Networks between which flows are only counted."""
    workers: int = 1
    share: float = 1.0
    """How much payload flows may hold, of what they may where memory is no matter."""
    first_ordinal: int = 0
    """Where a front that is not restored begins to count."""

    def of(self, worker: int) -> "Plan":
        """Return the plan of a worker that takes every packet of its own source: its ordinals are nobody else's."""
        return replace(self, workers=1, first_ordinal=worker << _WORKER_SHIFT)


_WORKER_SHIFT = 48
"""Packets of one worker in a life time, as bits."""


class Watcher(Protocol):
    """Who looks at what became of every frame."""

    def see(self, batch: FrameBatch, packets: PacketBatch) -> None:
        """Take the decoded part of a batch; both are valid during the call only."""
        ...


@dataclass(slots=True)
class FrontHealth:
    """What the front saw, ignored, dropped and evicted."""

    decode: Tally = field(default_factory=Tally)
    flow: Tally = field(default_factory=Tally)
    malformed: Tally = field(default_factory=Tally)
    unknown_link_types: dict[int, int] = field(default_factory=dict)
    given_up: int = 0
    """Flows that were read no further to make room for others."""
    clock_ns: int = 0
    frames: int = 0
    fills: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Entries and capacity of each table."""

    def plus(self, other: "FrontHealth") -> "FrontHealth":
        """Return the sum with another front, one that has frames of its own."""
        total = FrontHealth(
            given_up=self.given_up + other.given_up,
            clock_ns=max(self.clock_ns, other.clock_ns),
            frames=self.frames + other.frames,
        )
        for one in (self, other):
            total.decode.merge(one.decode)
            total.flow.merge(one.flow)
            total.malformed.merge(one.malformed)
            for number, frames in one.unknown_link_types.items():
                total.unknown_link_types[number] = total.unknown_link_types.get(number, 0) + frames
            for table, (entries, capacity) in one.fills.items():
                before = total.fills.get(table, (0, 0))
                total.fills[table] = (before[0] + entries, before[1] + capacity)
        return total


class Flows:
    """Flow and protocols in a row: packets in, observations out."""

    def __init__(self, plan: Plan, worker: int = 0) -> None:
        self._table: FlowTable[Observation] = FlowTable(
            plan.flow, seed=plan.seed, workers=plan.workers, worker=worker, home=plan.home
        )
        self._dispatcher = Dispatcher(
            discover("monitor.protocols", "PARSER"), plan.wanted, self._table, plan.news
        )
        self._table.listen(self._dispatcher)
        for room, limit in ((self._table, "most_waiting_bytes"), (self._dispatcher, "most_held_bytes")):
            setattr(room, limit, int(getattr(room, limit) * plan.share))

    @property
    def clock_ns(self) -> int:
        """The newest time seen."""
        return self._table.clock_ns

    def take(self, packets: PacketBatch) -> Iterator[Observation]:
        """Yield what the packets bring, in order."""
        return self._table.feed(packets)

    def finish(self, ordinal: int) -> Iterator[Observation]:
        """End all flows: the capture is over; ``ordinal`` is that of a packet that would come next."""
        return self._table.finish(ordinal)

    def reload(self, plan: Plan) -> None:
        """Go on by another plan after this batch; capacity, seed and workers stay what they are."""
        self._table.retell(plan.flow, plan.home)
        self._dispatcher.listen_for(discover("monitor.protocols", "PARSER"), plan.wanted, plan.news)

    def state(self) -> dict[str, Any]:
        """Return what is to be known after a restart."""
        dispatcher = self._dispatcher
        return {
            "malformed": dict(dispatcher.malformed.counts),
            "given_up": dispatcher.given_up,
            "flow": self._table.state(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on where others stopped; before the first packet."""
        malformed = self._dispatcher.malformed.counts
        malformed.update({name: state["malformed"].get(name, 0) for name in malformed})
        self._dispatcher.given_up = state["given_up"]
        self._table.restore(state["flow"])

    def health(self) -> FrontHealth:
        """Return the counters as they stand, those of frames left out."""
        return FrontHealth(
            flow=self._table.tally,
            malformed=self._dispatcher.malformed,
            given_up=self._dispatcher.given_up,
            clock_ns=self._table.clock_ns,
            fills=self._table.fills() | self._dispatcher.fills(),
        )


class Front:
    """Decode, flow and protocols in a row: frames in, observations out."""

    def __init__(self, plan: Plan, watchers: Sequence[Watcher] = ()) -> None:
        self._watchers = watchers
        self._decoder = Decoder()
        self._flows = Flows(plan)
        self._ordinal = plan.first_ordinal
        self._frames = 0

    @property
    def clock_ns(self) -> int:
        """The newest time seen."""
        return self._flows.clock_ns

    def take(self, batch: FrameBatch) -> Iterator[Observation]:
        """Yield what the batch's frames bring, in order."""
        start = self._ordinal - batch.first_ordinal
        for packets in self._decoder.decode(batch):
            for watcher in self._watchers:
                watcher.see(batch, packets)
            yield from self._flows.take(replace(packets, first_ordinal=packets.first_ordinal + start))
        self._ordinal += len(batch.frames)
        self._frames += len(batch.frames)

    def finish(self) -> Iterator[Observation]:
        """End all flows: the capture is over."""
        return self._flows.finish(self._ordinal)

    def reload(self, plan: Plan) -> None:
        """Go on by another plan after this batch; capacity, seed and workers stay what they are."""
        self._flows.reload(plan)

    def state(self) -> dict[str, Any]:
        """Return what is to be known after a restart, between two batches; datagrams in fragments are not."""
        return self._flows.state() | {
            "ordinal": self._ordinal,
            "frames": self._frames,
            "decode": dict(self._decoder.tally.counts),
            "unknown_link_types": dict(self._decoder.unknown_link_types),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on where another front stopped; before the first batch."""
        self._ordinal, self._frames = state["ordinal"], state["frames"]
        self._decoder.tally.counts.update(state["decode"])
        self._decoder.unknown_link_types.update(state["unknown_link_types"])
        self._flows.restore(state)

    def health(self) -> FrontHealth:
        """Return the counters as they stand."""
        health = self._flows.health()
        health.decode = self._decoder.tally
        health.unknown_link_types = dict(self._decoder.unknown_link_types)
        health.frames = self._frames
        health.fills |= self._decoder.fills()
        return health
