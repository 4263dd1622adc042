"""What one process of ``live_workers`` does: it listens, reports after each batch, and does what the parent asks in between."""

import pickle
import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

from monitor.capture.source import Source
from monitor.model.frame import Interface
from monitor.model.observation import Observation
from monitor.pipeline.collector import calm_collector
from monitor.pipeline.front import Plan
from monitor.pipeline.live import LiveHealth, LocalLive, State

HEALTH_EVERY = 16
"""Reports between two that carry the counters."""
FOR_THE_PARENT = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Signals that are for the parent; they come to all processes of a terminal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """How every worker works."""

    keeps_flows: bool = False
    """When told to stop, flows are not ended but stay in the state."""
    prepare: Callable[[], object] = lambda: None
    """The first that it does: it gives away its rights."""
    restored: Callable[[], object] = lambda: None
    """Called when its state is in use: what the parent read of it can be forgotten."""
    recorder: Callable[[int, Source], Any] = lambda _number, _source: None
    """Makes who keeps packets that matter, if somebody does."""
    say: Callable[[str], None] = lambda _: None
    """Takes a line for the log."""


class Report(NamedTuple):
    """What a worker sends for one batch."""

    told: list[tuple[int, Observation]]
    """Each with the worker's clock at that moment, which never goes back."""
    clock_ns: int
    interfaces: tuple[Interface, ...] = ()
    handled: int = 0
    """Commands that were done since the last report."""
    health: LiveHealth | None = None
    state: State | None = None
    is_last: bool = False


class Share(NamedTuple):
    """What is one worker's own."""

    number: int
    source: Source
    plan: Plan
    state: list[State]


def work(pipe: Connection, strays: Sequence[Connection | Source], share: Share, ways: Ways) -> None:
    """Run one worker."""
    for stray in strays:
        stray.close()
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # Ctrl-C goes to the parent too, which tells us
    signal.signal(signal.SIGTERM, lambda *_: share.source.stop())
    signal.pthread_sigmask(signal.SIG_UNBLOCK, FOR_THE_PARENT)
    ways.prepare()
    calm_collector()
    stream = _restored(share, ways)
    try:
        for report in _reports(stream, pipe, keeps_flows=ways.keeps_flows):
            pipe.send_bytes(pickle.dumps(report, pickle.HIGHEST_PROTOCOL))
    except (BrokenPipeError, ConnectionResetError):
        return  # the parent has gone
    finally:
        stream.close()


def _restored(share: Share, ways: Ways) -> LocalLive:
    """Return the stream that goes on where its flows were; that begins anew when they are of no use."""
    recorder = ways.recorder(share.number, share.source)
    try:
        return LocalLive(share.source, share.plan, recorder, share.state, ways.say)
    except ValueError:
        return LocalLive(share.source, share.plan, recorder, say=ways.say)
    finally:
        ways.restored()


def _reports(stream: LocalLive, pipe: Connection, *, keeps_flows: bool) -> Iterator[Report]:
    """Yield a report for each batch, and do what the parent asks in between."""
    clock_ns = 0
    for count, observations in enumerate(stream.batches()):
        told, clock_ns = _timed(observations, clock_ns)
        clock_ns = max(clock_ns, stream.clock_ns)
        handled, state = _obeyed(stream, pipe)
        health = stream.health() if count % HEALTH_EVERY == 0 or state is not None else None
        yield Report(told, clock_ns, tuple(stream.interfaces), handled, health, state)
    told, clock_ns = _timed(iter(()) if keeps_flows else stream.finish(), clock_ns)
    state = stream.states()()[0] if keeps_flows else None
    yield Report(told, clock_ns, tuple(stream.interfaces), 0, stream.health(), state, is_last=True)


def _timed(observations: Iterator[Observation], clock_ns: int) -> tuple[list[tuple[int, Observation]], int]:
    """Return observations with the clock at each, and the clock after them."""
    told = []
    for observation in observations:
        clock_ns = max(clock_ns, observation.ts_ns)
        told.append((clock_ns, observation))
    return told, clock_ns


def _obeyed(stream: LocalLive, pipe: Connection) -> tuple[int, State | None]:
    """Do what was asked; return how many commands that were, and the state if it was asked for."""
    handled, state = 0, None
    while pipe.poll():
        match pipe.recv():
            case ("reload", plan):
                stream.reload(plan)
            case ("mark", flow, names, alert_id, title):
                stream.mark(flow, names, alert_id, title)
            case ("state",):
                (state,) = stream.states()()
        handled += 1
    return handled, state
