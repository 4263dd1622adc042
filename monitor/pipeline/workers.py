"""The same stream of observations out of several processes: this one reads and decodes, each worker keeps its share of flows.

All workers see the same packets, laid out in memory that they share, so the parent merges order by order: by the packet
that brought an observation, and before that packet what was due, in order of due time. Processes, not threads: handing
over the interpreter lock costs more than a second thread gains.
"""

import multiprocessing
import pickle
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import chain, count
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

from monitor.capture.replay import Replay
from monitor.decode.decoder import Decoder, prepare
from monitor.model.observation import Observation
from monitor.model.packet import PacketBatch
from monitor.pipeline.collector import calm_collector
from monitor.pipeline.front import Flows, FrontHealth, Plan
from monitor.pipeline.stream import StreamHealth, StreamLost
from monitor.pipeline.trays import Laid, Trays
from monitor.pipeline.wire import merged, packed

ORDERS = 8
"""What the parent may be ahead of the slowest worker."""
TRAYS_OF_ORDER = 4
"""So many are given out at once, because each time costs as much as following some hundred packets."""
HEALTH_EVERY = 16
"""Orders between two reports that carry the counters."""
PIPE_BYTES = 1 << 20
"""What a worker may be ahead of the parent; Linux lets anybody have so much."""


class Order(NamedTuple):
    """What a worker is given."""

    trays: list[Laid]
    end: int | None = None
    """At the end, the ordinal that the next packet would have: end all flows."""


class Report(NamedTuple):
    """What a worker sends when it is done with an order."""

    told: bytes
    """Observations with their places, packed."""
    health: FrontHealth | None = None
    """The counters, now and then and at the end."""


class _Desk(NamedTuple):
    """What a worker has: the other ends of what the parent has, and what it inherits and has to close."""

    orders: Connection
    reports: Connection
    foreign: Sequence[Connection]


class _Worker(NamedTuple):
    """A worker as the parent sees it."""

    orders: Connection
    reports: Connection
    process: Any


class WorkerStream:
    """Reads captures with several workers."""

    def __init__(self, plan: Plan) -> None:
        methods = multiprocessing.get_all_start_methods()
        context: Any = multiprocessing.get_context("fork" if "fork" in methods else None)
        self._trays = Trays(context, ORDERS * TRAYS_OF_ORDER)
        self._source = Replay(
            plan.captures, memory=self._trays
        )  # finds wrong input before any process starts
        self._decoder = Decoder()
        prepare(every_frame=False)
        self.total_bytes = self._source.total_bytes
        self.interfaces = self._source.interfaces
        self._frames = 0
        self._order: list[Laid] = []
        """Trays that are laid and not given out yet."""
        self._under_way: deque[int] = deque()
        """Trays of each order that is given out."""
        self._is_torn = False
        """True when an interruption came in the middle of an exchange with the workers."""
        self._healths = [FrontHealth() for _ in range(plan.workers)]
        self._workers = _started(context, plan, self._trays)

    @property
    def bytes_read(self) -> int:
        """Bytes of the captures on disk that have been read."""
        return self._source.bytes_read

    def batches(self) -> Iterator[Iterator[Observation]]:
        """Yield the observations of some trays of packets each time, then those that the end brings."""
        for packets in self._packets():
            start = 0
            while start < len(packets.packets):
                if not self._order:
                    yield from self._reported(ORDERS - 1)
                laid = self._trays.lay(packets, start)
                start += laid.rows
                self._order.append(laid)
                if laid.loose is not None:  # a pipe takes so much only while somebody reads it
                    yield from self._reported(0)
                if laid.loose is not None or len(self._order) == TRAYS_OF_ORDER:
                    self._give_out()
        yield self.finish()

    def finish(self) -> Iterator[Observation]:
        """Yield what ending all flows brings, after what the workers are still at; nothing if they were torn from it."""
        if self._is_torn:
            return
        self._give_out()
        for observations in self._reported(0):
            yield from observations
        self._send(Order([], end=self._frames))
        yield from self._found()

    def health(self) -> StreamHealth:
        """Return the sum of the workers' counters with those of reading."""
        front, source = FrontHealth(), self._source
        for health in self._healths:
            front = front.plus(health)
        front.decode = self._decoder.tally
        front.unknown_link_types = dict(self._decoder.unknown_link_types)
        front.frames = self._frames
        return StreamHealth(front, source.tally, source.damage, source.skipped, source.interfaces)

    def close(self) -> None:
        """End the workers."""
        self._source.close()
        for worker in self._workers:
            worker.orders.close()
            worker.reports.close()
            worker.process.terminate()
        for worker in self._workers:
            worker.process.join()

    def _packets(self) -> Iterator[PacketBatch]:
        for batch in self._source.batches():
            yield from self._decoder.decode(batch)
            self._frames += len(batch.frames)

    def _reported(self, most: int) -> Iterator[Iterator[Observation]]:
        """Yield what is found by now, and wait until no more than so many orders are under way."""
        while len(self._under_way) > most or (self._under_way and self._is_ready()):
            observations = self._found()
            for _ in range(self._under_way.popleft()):
                self._trays.done()
            yield iter(observations)

    def _is_ready(self) -> bool:
        """Whether all workers are done with the oldest order."""
        return all(worker.reports.poll() for worker in self._workers)

    def _give_out(self) -> None:
        if self._order:
            self._send(Order(self._order))
            self._under_way.append(len(self._order))
            self._order = []

    def _send(self, order: Order) -> None:
        with self._exchange():
            for worker in self._workers:
                _send(worker.orders, order)

    def _found(self) -> list[Observation]:
        """Return what all workers found for the oldest order, or at the end."""
        for worker in self._workers:
            worker.reports.poll(None)  # an interruption while waiting tears nothing
        with self._exchange():
            reports = [_receive(worker.reports) for worker in self._workers]
        pairs = zip(reports, self._healths, strict=True)
        self._healths = [report.health or known for report, known in pairs]
        return merged([report.told for report in reports])

    @contextmanager
    def _exchange(self) -> Iterator[None]:
        self._is_torn = True
        yield
        self._is_torn = False


def _started(context: Any, plan: Plan, trays: Trays) -> list[_Worker]:
    """Start the workers; a forked one closes what it inherits of the others, so that each sees when the parent is gone."""
    pipes = [(context.Pipe(duplex=False), context.Pipe(duplex=False)) for _ in range(plan.workers)]
    every = [end for pair in pipes for pipe in pair for end in pipe]
    is_forked = context.get_start_method() == "fork"
    workers = []
    for number, ((taken, orders), (reports, given)) in enumerate(pipes):
        _widen(given)
        foreign = [end for end in every if end not in (taken, given)] if is_forked else []
        desk = _Desk(taken, given, foreign)
        process = context.Process(target=_work, args=(desk, trays, plan, number), daemon=True)
        process.start()
        workers.append(_Worker(orders, reports, process))
    for (taken, _), (_, given) in pipes:
        taken.close()
        given.close()
    return workers


def _send(pipe: Connection, order: Order) -> None:
    try:
        pipe.send(order)
    except BrokenPipeError:
        raise StreamLost("a worker ended before its time") from None


def _receive(pipe: Connection) -> Report:
    try:
        return pickle.loads(pipe.recv_bytes())  # type: ignore[no-any-return]  # noqa: S301 - from our own worker
    except EOFError:
        raise StreamLost("a worker ended before its time") from None


def _widen(pipe: Connection) -> None:
    """Let a worker run ahead where the system can."""
    with suppress(ImportError, AttributeError, OSError):
        import fcntl  # noqa: PLC0415 - not everywhere

        fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, PIPE_BYTES)


def _work(desk: _Desk, trays: Trays, plan: Plan, worker: int) -> None:
    """Run one worker until the end or until the parent has gone."""
    for connection in desk.foreign:
        connection.close()
    flows = Flows(plan, worker)
    calm_collector()
    with suppress(EOFError, BrokenPipeError, KeyboardInterrupt):
        for number in count():
            order: Order = desk.orders.recv()
            parts = [flows.take(trays.packets(laid)) for laid in order.trays]
            said = flows.finish(order.end) if order.end is not None else chain.from_iterable(parts)
            told = packed(said)
            is_due = order.end is not None or number % HEALTH_EVERY == 0
            report = Report(told, flows.health() if is_due else None)
            desk.reports.send_bytes(pickle.dumps(report, pickle.HIGHEST_PROTOCOL))
