"""The same stream of observations out of several processes: each reads the captures and keeps its share of the flows.

All workers see the same batches of frames, so the parent merges batch by batch: by the packet that brought an
observation, and before that packet what was due, in order of due time. Processes, not threads: handing over the
interpreter lock costs more than a second thread gains.
"""

import multiprocessing
import pickle
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any, NamedTuple

from monitor.capture.replay import Replay
from monitor.decode.decoder import prepare
from monitor.model.observation import Observation
from monitor.pipeline.collector import calm_collector
from monitor.pipeline.front import Front, FrontHealth, Plan
from monitor.pipeline.stream import StreamHealth
from monitor.pipeline.wire import merged, packed

if TYPE_CHECKING:
    from monitor.model.frame import Interface

HEALTH_EVERY = 32
"""Batches between two reports that carry the counters."""
PIPE_BYTES = 1 << 20
"""What a worker may be ahead of the parent; Linux lets anybody have so much."""


class Report(NamedTuple):
    """What a worker sends for one batch."""

    told: bytes
    """Observations with their places, packed."""
    bytes_read: int
    health: StreamHealth | None = None
    """The counters, now and then and at the end."""
    is_last: bool = False


class WorkerStream:
    """Reads captures with several workers."""

    def __init__(self, plan: Plan) -> None:
        source = Replay(plan.captures)  # finds wrong input before any process starts
        self.total_bytes = source.total_bytes
        source.close()
        self.interfaces: list[Interface] = []
        self.bytes_read = 0
        self._healths: list[StreamHealth] = [StreamHealth() for _ in range(plan.workers)]
        # A forked worker has this kernel loaded already; a spawned one takes a second to get there.
        prepare(every_frame=False)
        methods = multiprocessing.get_all_start_methods()
        context: Any = multiprocessing.get_context("fork" if "fork" in methods else None)
        self._pipes: list[Connection] = []
        self._processes = []
        for worker in range(plan.workers):
            ours, theirs = context.Pipe(duplex=False)
            _widen(theirs)
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
            self._healths = [
                report.health or known for report, known in zip(reports, self._healths, strict=True)
            ]
            # In place, because others hold the list.
            self.interfaces[:] = self._healths[0].interfaces
            is_last = reports[0].is_last
            yield iter(merged([report.told for report in reports]))

    def finish(self) -> Iterator[Observation]:
        """Yield nothing: workers that are stopped before their end take their open flows with them."""
        return iter(())

    def health(self) -> StreamHealth:
        """Return the sum of the workers' counters; what all of them see alike is taken from the first."""
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


def _widen(pipe: Connection) -> None:
    """Let a worker run ahead where the system can."""
    with suppress(ImportError, AttributeError, OSError):
        import fcntl  # noqa: PLC0415 - not everywhere

        fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, PIPE_BYTES)


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

    count = shown = 0

    def report(observations: Iterator[Observation], *, is_last: bool = False) -> Report:
        nonlocal count, shown
        told = packed(observations)
        health = None
        # An interface must be known before what was seen of it.
        if is_last or count % HEALTH_EVERY == 0 or len(source.interfaces) != shown:
            shown = len(source.interfaces)
            health = StreamHealth(
                front.health(), source.tally, source.damage, source.skipped, list(source.interfaces)
            )
        count += 1
        return Report(told, source.bytes_read, health, is_last)

    for batch in source.batches():
        yield report(front.take(batch))
    yield report(front.finish(), is_last=True)
