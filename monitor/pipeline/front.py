"""From frames to observations: decode, flow, protocols. With workers, each takes its share of the flows."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from monitor.decode.decoder import Decoder
from monitor.flow.settings import Settings as FlowSettings
from monitor.flow.table import FlowTable
from monitor.model.flow import EndReason, FlowEvent
from monitor.model.frame import FrameBatch
from monitor.model.observation import Observation
from monitor.model.tally import Tally
from monitor.protocols._dispatch import Dispatcher
from monitor.registry import discover


class Order(NamedTuple):
    """Where an observation stands among those of all workers: what is due at a packet's time comes before the packet."""

    ordinal: int
    by_packet: bool
    due_ns: int
    last_ordinal: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be read and said, the same for every worker."""

    captures: tuple[str, ...]
    flow: FlowSettings
    wanted: frozenset[str]
    """Observation types that somebody listens to."""
    seed: int
    """Of the flow table's hash; all workers share it, so that they agree whose flow is whose."""
    workers: int = 1


@dataclass(slots=True)
class FrontHealth:
    """What the front saw, ignored, dropped and evicted."""

    decode: Tally = field(default_factory=Tally)
    flow: Tally = field(default_factory=Tally)
    malformed: Tally = field(default_factory=Tally)
    unknown_link_types: dict[int, int] = field(default_factory=dict)
    clock_ns: int = 0
    frames: int = 0


class Front:
    """Decode, flow and protocols in a row."""

    def __init__(self, plan: Plan, worker: int = 0) -> None:
        self._decoder = Decoder()
        self._table = FlowTable(plan.flow, seed=plan.seed, workers=plan.workers, worker=worker)
        self._dispatcher = Dispatcher(discover("monitor.protocols", "PARSER"), plan.wanted, self._table.sated)
        self._ordinal = 0

    def take(self, batch: FrameBatch) -> Iterator[Observation]:
        """Yield what the batch's frames bring, in order."""
        say = self._dispatcher.take
        for event in self._events(batch):
            yield from say(event)

    def take_ordered(self, batch: FrameBatch) -> Iterator[tuple[Order, list[Observation]]]:
        """Yield the same with its place among other workers' observations."""
        for event in self._events(batch):
            said = self._dispatcher.take(event)
            if said:
                yield order_of(event), said

    def finish(self) -> Iterator[Observation]:
        """End all flows: the capture is over."""
        for event in self._table.finish(self._ordinal):
            yield from self._dispatcher.take(event)

    def finish_ordered(self) -> Iterator[tuple[Order, list[Observation]]]:
        """End all flows and say where each stands."""
        for event in self._table.finish(self._ordinal):
            yield order_of(event), self._dispatcher.take(event)

    def health(self) -> FrontHealth:
        """Return the counters as they stand."""
        return FrontHealth(
            decode=self._decoder.tally,
            flow=self._table.tally,
            malformed=self._dispatcher.malformed,
            unknown_link_types=dict(self._decoder.unknown_link_types),
            clock_ns=self._table.clock_ns,
            frames=self._ordinal,
        )

    def _events(self, batch: FrameBatch) -> Iterator[FlowEvent]:
        for packets in self._decoder.decode(batch):
            yield from self._table.feed(packets)
        self._ordinal = batch.first_ordinal + len(batch.frames)


_BY_PACKET = {EndReason.REUSED, EndReason.EVICTED}


def order_of(event: FlowEvent) -> Order:
    """Return the place of what an event says."""
    totals = event.totals
    if totals is None or totals.reason in _BY_PACKET:
        return Order(event.ordinal, by_packet=True, due_ns=0, last_ordinal=0)
    # What the capture's end leaves open is ended in order of last use, whatever its time stamps say.
    due_ns = 0 if totals.reason is EndReason.CAPTURE_END else event.ts_ns
    return Order(event.ordinal, by_packet=False, due_ns=due_ns, last_ordinal=totals.last_ordinal)
