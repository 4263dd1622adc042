"""The same stream of observations out of several processes: each reads the captures and keeps its share of the flows.

All workers see the same batches of frames, so the parent merges batch by batch: by the packet that brought an
observation, and before that packet what was due, in order of due time. Processes, not threads: handing over the
interpreter lock costs more than a second thread gains.
"""

import multiprocessing
import pickle
from collections.abc import Iterator
from heapq import merge
from multiprocessing.connection import Connection
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from monitor.capture.replay import Replay
from monitor.model.observation import Observation
from monitor.pipeline.collector import calm_collector
from monitor.pipeline.front import Front, FrontHealth, Order, Plan, in_order
from monitor.pipeline.stream import StreamHealth

if TYPE_CHECKING:
    from monitor.model.frame import Interface

Told = list[tuple[Order, list[Observation]]]


class Report(NamedTuple):
    """What a worker sends for one batch."""

    told: Told
    bytes_read: int
    health: StreamHealth
    is_last: bool = False


class WorkerStream:
    """Reads captures with several workers."""

    def __init__(self, plan: Plan) -> None:
        source = Replay(plan.captures)  # finds wrong input before any process starts
        self.total_bytes = source.total_bytes
        source.close()
        self.interfaces: list[Interface] = []
        self.bytes_read = 0
        self._healths: list[StreamHealth] = []
        # A forked worker has the kernels loaded already; a spawned one takes a second to get there.
        methods = multiprocessing.get_all_start_methods()
        context: Any = multiprocessing.get_context("fork" if "fork" in methods else None)
        self._pipes: list[Connection] = []
        self._processes = []
        for worker in range(plan.workers):
            ours, theirs = context.Pipe(duplex=False)
            process = context.Process(target=_work, args=(theirs, plan, worker), daemon=True)
            process.start()
            theirs.close()
            self._pipes.append(ours)
            self._processes.append(process)

    def batches(self) -> Iterator[Iterator[Observation]]:
        """Yield the observations of each batch of frames, then those that the end brings."""
        is_last = False
        while not is_last:
            reports = [self._receive(pipe) for pipe in self._pipes]
            self.bytes_read = max(report.bytes_read for report in reports)
            self._healths = [report.health for report in reports]
            # In place, because others hold the list.
            self.interfaces[:] = self._healths[0].interfaces
            is_last = reports[0].is_last
            told = merge(*(report.told for report in reports), key=itemgetter(0))
            yield (observation for _, said in told for observation in said)

    def finish(self) -> Iterator[Observation]:
        """Yield nothing: workers that are stopped before their end take their open flows with them."""
        return iter(())

    def health(self) -> StreamHealth:
        """Return the sum of the workers' counters; what all of them see alike is taken from the first."""
        if not self._healths:
            return StreamHealth(interfaces=self.interfaces)
        first, *others = self._healths
        front = FrontHealth(
            decode=first.front.decode,
            flow=first.front.flow,
            malformed=first.front.malformed,
            unknown_link_types=first.front.unknown_link_types,
            given_up=sum(health.front.given_up for health in self._healths),
            clock_ns=first.front.clock_ns,
            frames=first.front.frames,
        )
        for other in others:
            front.flow.merge(other.front.flow)
            front.malformed.merge(other.front.malformed)
        return StreamHealth(front, first.capture, first.damage, first.skipped, self.interfaces)

    def close(self) -> None:
        """End the workers."""
        for pipe in self._pipes:
            pipe.close()
        for process in self._processes:
            process.terminate()
            process.join()

    @staticmethod
    def _receive(pipe: Connection) -> Report:
        try:
            report = pickle.loads(pipe.recv_bytes())  # noqa: S301 - from our own worker
        except EOFError:
            raise RuntimeError("a worker ended before its time") from None
        if isinstance(report, BaseException):
            raise report
        return report  # type: ignore[no-any-return]  # pickle gives what the worker sent


def _work(pipe: Connection, plan: Plan, worker: int) -> None:
    """Run one worker; what goes wrong is sent to the parent."""
    try:
        for report in _reports(plan, worker):
            pipe.send_bytes(pickle.dumps(report, pickle.HIGHEST_PROTOCOL))
    except (BrokenPipeError, KeyboardInterrupt):
        return  # the parent has gone or was told to stop
    except (ValueError, OSError) as error:
        pipe.send_bytes(pickle.dumps(error))


def _reports(plan: Plan, worker: int) -> Iterator[Report]:
    source = Replay(plan.captures)
    front = Front(plan, worker)
    calm_collector()

    def report(observations: Iterator[Observation], *, is_last: bool = False) -> Report:
        told = list(in_order(observations))
        health = StreamHealth(
            front.health(), source.tally, source.damage, source.skipped, list(source.interfaces)
        )
        return Report(told, source.bytes_read, health, is_last)

    for batch in source.batches():
        yield report(front.take(batch))
    yield report(front.finish(), is_last=True)
