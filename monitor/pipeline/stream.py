"""A stream of observations out of captures, in one process; ``workers`` gives the very same stream out of several."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from monitor.capture.damage import Damage
from monitor.capture.replay import Replay
from monitor.model.frame import Interface
from monitor.model.observation import Observation
from monitor.model.tally import Tally
from monitor.pipeline.front import Front, FrontHealth, Plan


class StreamLost(RuntimeError):  # noqa: N818 - says what happened, as KeyboardInterrupt does
    """A part of the stream ended before its time, or hangs; there is no going on with the rest."""


@dataclass(slots=True)
class StreamHealth:
    """What reading gave besides observations."""

    front: FrontHealth = field(default_factory=FrontHealth)
    capture: Tally = field(default_factory=Tally)
    damage: list[Damage] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    interfaces: list[Interface] = field(default_factory=list)


class LocalStream:
    """Reads captures in this process."""

    def __init__(self, plan: Plan) -> None:
        self._source = Replay(plan.captures)
        self._front = Front(plan)
        self.interfaces = self._source.interfaces
        self.total_bytes = self._source.total_bytes

    @property
    def bytes_read(self) -> int:
        """Bytes of the captures on disk that have been read."""
        return self._source.bytes_read

    def batches(self) -> Iterator[Iterator[Observation]]:
        """Yield the observations of each batch of frames, then those that the end brings."""
        for batch in self._source.batches():
            yield self._front.take(batch)
        yield self.finish()

    def finish(self) -> Iterator[Observation]:
        """Yield what ending all flows brings: at the end of the captures, or where the operator stops."""
        return self._front.finish()

    def health(self) -> StreamHealth:
        """Return the counters as they stand."""
        source = self._source
        return StreamHealth(
            self._front.health(), source.tally, source.damage, source.skipped, source.interfaces
        )

    def close(self) -> None:
        """Close the captures."""
        self._source.close()
