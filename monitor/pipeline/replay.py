"""A replay: captures through the whole house, and what it amounted to."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from monitor.model.alert import Alert
from monitor.pipeline.back import Back, Outputs
from monitor.pipeline.ledger import Ledger
from monitor.pipeline.planning import plan_of
from monitor.pipeline.site import Site
from monitor.pipeline.stream import LocalStream, StreamHealth
from monitor.pipeline.workers import WorkerStream


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a replay amounted to."""

    back: Back
    health: StreamHealth
    interrupted: bool = False

    @property
    def ledger(self) -> Ledger:
        """The sums."""
        return self.back.ledger


class Replaying:
    """A replay that can be watched while it runs."""

    def __init__(
        self,
        captures: Sequence[str],
        site: Site,
        outputs: Outputs,
        *,
        workers: int = 1,
        seed: int | None = None,
    ) -> None:
        plan = plan_of(site, outputs, captures, workers, seed)
        self.stream = LocalStream(plan) if workers == 1 else WorkerStream(plan)
        self._back = Back(site, outputs, self.stream.interfaces)

    def run(
        self,
        on_batch: Callable[[], None] = lambda: None,
        unbroken: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> Result:
        """Read to the end, or until the operator interrupts: then what was read is reported.

        ``unbroken`` makes what holds back an interruption while the observations of one batch are taken: a batch that
        is left in the middle would leave the tables at odds with each other.
        """
        take, interrupted = self._back.take, False
        try:
            for observations in self.stream.batches():
                with unbroken():
                    for observation in observations:
                        take(observation)
                on_batch()
        except KeyboardInterrupt:
            interrupted = True
            for observation in self.stream.finish():
                take(observation)
        finally:
            health = self.stream.health()
            self.stream.close()
        self._back.finish(health.front.clock_ns)
        return Result(back=self._back, health=health, interrupted=interrupted)


def replay(
    captures: Sequence[str], site: Site, *, workers: int = 1, seed: int | None = None
) -> tuple[Result, list[Alert]]:
    """Replay captures and return the result with the alerts, in the order in which their stories ended."""
    alerts: list[Alert] = []
    result = Replaying(captures, site, Outputs(story=alerts.append), workers=workers, seed=seed).run()
    return result, alerts
