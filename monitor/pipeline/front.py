"""From frames to observations: decode, flow, protocols. With workers, each takes its share of the flows."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from monitor.decode.decoder import Decoder
from monitor.flow.settings import Settings as FlowSettings
from monitor.flow.table import FlowTable
from monitor.model.flow import EndReason, FlowTotals
from monitor.model.frame import FrameBatch
from monitor.model.observation import Observation
from monitor.model.tally import Tally
from monitor.protocols._dispatch import Dispatcher, News
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
    news: News
    home: tuple[str, ...] = ()
    """Networks between which flows are only counted."""
    workers: int = 1


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


class Front:
    """Decode, flow and protocols in a row."""

    def __init__(self, plan: Plan, worker: int = 0) -> None:
        self._decoder = Decoder()
        self._table: FlowTable[Observation] = FlowTable(
            plan.flow, seed=plan.seed, workers=plan.workers, worker=worker, home=plan.home
        )
        self._dispatcher = Dispatcher(
            discover("monitor.protocols", "PARSER"), plan.wanted, self._table, plan.news
        )
        self._table.listen(self._dispatcher)
        self._ordinal = 0

    def take(self, batch: FrameBatch) -> Iterator[Observation]:
        """Yield what the batch's frames bring, in order."""
        for packets in self._decoder.decode(batch):
            yield from self._table.feed(packets)
        self._ordinal = batch.first_ordinal + len(batch.frames)

    def finish(self) -> Iterator[Observation]:
        """End all flows: the capture is over."""
        return self._table.finish(self._ordinal)

    def health(self) -> FrontHealth:
        """Return the counters as they stand."""
        return FrontHealth(
            decode=self._decoder.tally,
            flow=self._table.tally,
            malformed=self._dispatcher.malformed,
            unknown_link_types=dict(self._decoder.unknown_link_types),
            given_up=self._dispatcher.given_up,
            clock_ns=self._table.clock_ns,
            frames=self._ordinal,
        )


_BY_PACKET = {EndReason.REUSED, EndReason.EVICTED}


def in_order(observations: Iterable[Observation]) -> Iterator[tuple[Order, list[Observation]]]:
    """Yield observations of one worker with their place among those of the others.

    What a flow's end sets free comes before its ``flow_end`` and shares its place.
    """
    held: list[Observation] = []
    for observation in observations:
        held.append(observation)
        if observation.number or observation.totals is not None:
            yield _order(observation), held
            held = []


def _order(observation: Observation) -> Order:
    totals: FlowTotals | None = observation.totals
    if totals is None or totals.reason in _BY_PACKET:
        return Order(observation.ordinal, by_packet=True, due_ns=0, last_ordinal=0)
    # What the capture's end leaves open is ended in order of last use, whatever its time stamps say.
    due_ns = 0 if totals.reason is EndReason.CAPTURE_END else observation.ts_ns
    return Order(observation.ordinal, by_packet=False, due_ns=due_ns, last_ordinal=totals.last_ordinal)
