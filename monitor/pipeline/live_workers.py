"""The live stream out of several processes: each has its own ring of one fanout group and keeps its own flows.

There is no common order of frames, so the parent merges by event time: what a worker said waits until every worker's
clock has passed it. A worker that ends before its time takes its flows with it; the stream then fails, and who runs the
sensor starts it again from the checkpoint.
"""

import multiprocessing
import pickle
import signal
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from heapq import heappop, heappush
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING, Any

from monitor.capture.source import Source, summed
from monitor.model.flow import Flow
from monitor.model.observation import Observation
from monitor.pipeline.frame_ledger import merged
from monitor.pipeline.front import Plan
from monitor.pipeline.live import LiveHealth, State
from monitor.pipeline.live_worker import FOR_THE_PARENT, Report, Share, Ways, work
from monitor.pipeline.stream import StreamLost

if TYPE_CHECKING:
    from monitor.model.frame import Interface

REPORT_PATIENCE_SECONDS = 30.0
"""A worker that reports nothing for so long is lost: an idle one reports its clock several times a second."""
START_PATIENCE_SECONDS = 90.0
"""More for its first report: it takes back its flows."""
LAST_PATIENCE_SECONDS = 2.0
STOP_PATIENCE_SECONDS = 5.0
MAX_IN_FLIGHT = 32
"""Commands that a worker has not taken yet; so few that sending one never blocks."""
MAX_COMMANDS = 4096
"""Commands that wait for a worker; beyond, the oldest mark is dropped and counted."""
MAX_WAITING = 1 << 14
"""Observations of a worker that wait for the others' clocks; one that is further ahead is not heard until they follow."""


@dataclass(slots=True)
class _Worker:
    """What the parent knows of one."""

    process: Any
    pipe: Connection
    commands: deque[tuple[Any, ...]] = field(default_factory=lambda: deque(maxlen=MAX_COMMANDS))
    in_flight: int = 0
    waiting: deque[tuple[int, Observation]] = field(default_factory=deque)
    clock_ns: int = 0
    health: LiveHealth = field(default_factory=LiveHealth)
    state: State | None = None
    is_over: bool = False
    heard: float = field(default_factory=lambda: time.monotonic() + START_PATIENCE_SECONDS)
    """When it reported last."""


class LiveWorkers:
    """Listens with several workers."""

    def __init__(
        self, sources: Sequence[Source], plan: Plan, ways: Ways | None = None, states: Sequence[State] = ()
    ) -> None:
        """Start a worker for each source, which is its own from then on."""
        self.interfaces: list[Interface] = []
        self.marks_dropped = 0
        self._clock_ns = 0
        # Forked, because rings cannot be handed to a fresh interpreter and kernels are loaded already.
        context: Any = multiprocessing.get_context("fork")
        self._workers: list[_Worker] = []
        try:
            for number, source in enumerate(sources):
                ours, theirs = context.Pipe()
                others = [one for one in sources if one is not source]
                inherited = [worker.pipe for worker in self._workers] + [ours]
                state = list(states[number : number + 1]) if len(states) == len(sources) else []
                share = Share(number, source, plan.of(number), state)
                arguments = (theirs, (*inherited, *others), share, ways or Ways())
                process = context.Process(target=work, args=arguments, daemon=True, name=f"worker-{number}")
                with _held_back(FOR_THE_PARENT):  # until it has ways of its own to take them
                    process.start()
                theirs.close()
                self._workers.append(_Worker(process, ours))
        finally:
            for source in sources:
                source.close()

    @property
    def clock_ns(self) -> int:
        return self._clock_ns

    def batches(self) -> Iterator[Iterator[Observation]]:
        while not all(worker.is_over for worker in self._workers):
            self._receive()
            self._clock_ns = max(self._clock_ns, self._watermark())
            yield iter(self._ready())

    def finish(self) -> Iterator[Observation]:
        """Yield nothing: a worker that is told to stop ends its flows itself, unless its state is kept."""
        return iter(())

    def health(self) -> LiveHealth:
        healths = [worker.health for worker in self._workers]
        first, *others = (one.front for one in healths)
        for other in others:
            first = first.plus(other)
        return LiveHealth(
            front=first,
            interfaces=tuple(summed([one.interfaces for one in healths if one.interfaces])),
            outcomes=merged([one.outcomes for one in healths]),
            faults=_added(one.faults for one in healths),
            recorded=_added(one.recorded for one in healths),
            record_problem=next((one.record_problem for one in healths if one.record_problem), ""),
            workers_up=tuple(worker.process.is_alive() for worker in self._workers),
        )

    def reload(self, plan: Plan) -> None:
        self._send(("reload", plan))

    def mark(self, flow: Flow, names: Sequence[str], alert_id: str, title: str) -> None:
        # Its look-ups may be any worker's, so all of them are told.
        self._send(("mark", flow, tuple(names), alert_id, title))

    @property
    def is_exhausted(self) -> bool:
        return False

    def states(self) -> Callable[[], list[State]]:
        """Ask every worker what it remembers; what they say meanwhile waits."""
        for worker in self._workers:
            worker.state = worker.state if worker.is_over else None
        self._send(("state",))
        while any(worker.state is None and not worker.is_over for worker in self._workers):
            self._receive(is_urgent=True)
        states = [worker.state or {} for worker in self._workers]
        for worker in self._workers:
            worker.state = worker.state if worker.is_over else None  # they are large
        return lambda: states

    def stop(self) -> None:
        for worker in self._workers:
            if worker.process.pid is not None and worker.process.is_alive():
                worker.process.terminate()  # a signal, so that one that waits for frames hears it

    def close(self) -> None:
        self.stop()
        for worker in self._workers:
            worker.process.join(STOP_PATIENCE_SECONDS)
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join()
            worker.pipe.close()

    def _send(self, command: tuple[Any, ...]) -> None:
        for worker in self._workers:
            self.marks_dropped += len(worker.commands) == MAX_COMMANDS
            worker.commands.append(command)
            self._flush(worker)

    def _flush(self, worker: _Worker) -> None:
        while worker.commands and worker.in_flight < MAX_IN_FLIGHT and not worker.is_over:
            worker.pipe.send(worker.commands.popleft())
            worker.in_flight += 1

    def _receive(self, *, is_urgent: bool = False) -> None:
        """Take what has come; wait for something when there is nothing."""
        listening = [worker for worker in self._workers if not worker.is_over]
        # What the slowest one says is taken in any case: the others wait for its clock.
        slowest = min(listening, key=lambda worker: worker.clock_ns)
        pipes: dict[Any, _Worker] = {}
        for worker in listening:
            if is_urgent or worker is slowest or len(worker.waiting) < MAX_WAITING:
                pipes[worker.pipe] = worker
            else:
                worker.heard = time.monotonic()
        for pipe in wait(list(pipes), REPORT_PATIENCE_SECONDS):
            self._take(pipes[pipe])
        for worker in pipes.values():
            _check_heard(worker)

    def _take(self, worker: _Worker) -> None:
        try:
            report: Report = pickle.loads(worker.pipe.recv_bytes())  # noqa: S301 - from our own worker
        except (EOFError, OSError):
            raise StreamLost(f"{worker.process.name} ended before its time") from None
        worker.heard = time.monotonic()
        worker.waiting.extend(report.told)
        worker.clock_ns = max(worker.clock_ns, report.clock_ns)
        worker.is_over = report.is_last
        worker.health = report.health or worker.health
        worker.state = report.state or worker.state
        worker.in_flight -= report.handled
        self._flush(worker)
        for interface in report.interfaces[len(self.interfaces) :]:
            self.interfaces.append(interface)

    def _watermark(self) -> int:
        """Return the instant that every worker that still listens has reached."""
        clocks = [worker.clock_ns for worker in self._workers if not worker.is_over]
        return min(clocks) if clocks else max(worker.clock_ns for worker in self._workers)

    def _ready(self) -> list[Observation]:
        """Return what is not after the watermark, by time; of equals the first worker's."""
        heads: list[tuple[int, int]] = []
        queues = [worker.waiting for worker in self._workers]
        for number, queue in enumerate(queues):
            if queue and queue[0][0] <= self._clock_ns:
                heappush(heads, (queue[0][0], number))
        ready = []
        while heads:
            _, number = heappop(heads)
            queue = queues[number]
            ready.append(queue.popleft()[1])
            if queue and queue[0][0] <= self._clock_ns:
                heappush(heads, (queue[0][0], number))
        return ready


def _check_heard(worker: _Worker) -> None:
    if worker.is_over or time.monotonic() - worker.heard < REPORT_PATIENCE_SECONDS:
        return
    # All of us may have slept, and it woke up after us.
    if not worker.pipe.poll(LAST_PATIENCE_SECONDS):
        raise StreamLost(
            f"{worker.process.name} has reported nothing for {REPORT_PATIENCE_SECONDS:.0f} seconds"
        )


def _added(parts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for part in parts:
        total.update(part)
    return dict(total)


@contextmanager
def _held_back(signals: Sequence[signal.Signals]) -> Iterator[None]:
    """Let signals wait until what is inside is done."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
