"""A stream of observations out of a live source, in one process; ``live_workers`` gives the same out of several.

What a capture file and an interface have in common is in ``front``; here is what only the sensor needs: what became of
every frame, by interface, and commands between two batches.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from monitor.capture.source import InterfaceCounts, Source
from monitor.model.flow import Flow
from monitor.model.frame import Interface
from monitor.model.observation import Observation
from monitor.pipeline.checkpoint import restored_front
from monitor.pipeline.faults import Faults
from monitor.pipeline.frame_ledger import FrameLedger, Outcomes
from monitor.pipeline.front import Front, FrontHealth, Plan

State = dict[str, Any]


class Recorder(Protocol):
    """Who keeps the packets of flows that matter."""

    def mark(self, flow: Flow, names: Sequence[str], alert_id: str, title: str) -> None:
        """Keep what was and will be seen of a flow, and the look-ups of its names."""
        ...

    def counts(self) -> Mapping[str, int]: ...

    @property
    def problem(self) -> str | None:
        """Why nothing is kept at the moment; None when all is well."""
        ...

    def close(self) -> None: ...


@dataclass(slots=True)
class LiveHealth:
    """What listening gave besides observations."""

    front: FrontHealth = field(default_factory=FrontHealth)
    interfaces: tuple[InterfaceCounts, ...] = ()
    """By interface, what the source knows: received, lost before us."""
    outcomes: Mapping[str, Outcomes] = field(default_factory=dict)
    """By interface, what became of the frames that reached us."""
    faults: Mapping[str, int] = field(default_factory=dict)
    """Faults of our own, by room."""
    recorded: Mapping[str, int] = field(default_factory=dict)
    """What was kept of the packets that matter, and what was not; empty where nobody keeps any."""
    record_problem: str = ""
    """Why nothing is kept at the moment."""
    workers_up: tuple[bool, ...] = (True,)


class LiveStream(Protocol):
    """What the sensor listens to."""

    interfaces: list[Interface]
    """Grows where interfaces are met only when their first frame comes."""

    @property
    def clock_ns(self) -> int:
        """Everything up to this instant has been told."""
        ...

    def batches(self) -> Iterator[Iterator[Observation]]:
        """Yield the observations of each batch of frames, and an empty one now and then; ends when stopped."""
        ...

    def finish(self) -> Iterator[Observation]:
        """End all flows: nobody will go on with them."""
        ...

    def health(self) -> LiveHealth: ...

    def reload(self, plan: Plan) -> None:
        """Go on by another plan after this batch."""
        ...

    def mark(self, flow: Flow, names: Sequence[str], alert_id: str, title: str) -> None: ...

    def states(self) -> Callable[[], list[State]]:
        """Return who returns what the fronts remember now, one for each worker; may be called in a forked child."""
        ...

    @property
    def is_exhausted(self) -> bool:
        """The source ended by itself: nobody will go on with the flows."""
        ...

    def stop(self) -> None:
        """Let ``batches`` end soon; safe in a signal handler."""
        ...

    def close(self) -> None: ...


class LocalLive:
    """Listens in this process."""

    def __init__(
        self,
        source: Source,
        plan: Plan,
        recorder: Any = None,
        states: Sequence[State] = (),
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Raise ValueError when the state is of no use; the source can then be given to another stream."""
        self._source = source
        self.interfaces: list[Interface] = list(source.interfaces)
        """Grows where interfaces are met only when their first frame comes."""
        self._frames = FrameLedger(self.interfaces)
        self._recorder = recorder
        self._faults = Faults(say)
        watchers = (self._frames,) if recorder is None else (self._frames, recorder)
        self._front = Front(plan, watchers=watchers)
        self._is_over = self._is_stopped = False
        if states:
            restored_front(self._front, states[0])

    @property
    def clock_ns(self) -> int:
        return self._front.clock_ns

    def batches(self) -> Iterator[Iterator[Observation]]:
        for batch in self._source.batches():
            met = len(self.interfaces)
            self.interfaces += self._source.interfaces[met:]
            yield self._guarded(self._front.take(batch))
        self._is_over = True

    def finish(self) -> Iterator[Observation]:
        return self._guarded(self._front.finish())

    def _guarded(self, observations: Iterator[Observation]) -> Iterator[Observation]:
        """Yield what there is; a fault of ours costs the rest of the batch, and is counted."""
        try:
            yield from observations
        except Exception as error:  # noqa: BLE001 - the sensor must go on
            self._faults.note(error)

    def health(self) -> LiveHealth:
        return LiveHealth(
            front=self._front.health(),
            interfaces=tuple(self._source.counts()),
            outcomes=self._frames.outcomes(),
            faults=dict(self._faults.by_room),
            recorded={} if self._recorder is None else dict(self._recorder.counts()),
            record_problem=(self._recorder and self._recorder.problem) or "",
        )

    def reload(self, plan: Plan) -> None:
        self._front.reload(plan)

    def mark(self, flow: Flow, names: Sequence[str], alert_id: str, title: str) -> None:
        if self._recorder is not None:
            self._recorder.mark(flow, names, alert_id, title)

    def states(self) -> Callable[[], list[State]]:
        return lambda: [self._front.state()]

    @property
    def is_exhausted(self) -> bool:
        return self._is_over and not self._is_stopped

    def stop(self) -> None:
        self._is_stopped = True
        self._source.stop()

    def close(self) -> None:
        self._source.close()
        if self._recorder is not None:
            self._recorder.close()
