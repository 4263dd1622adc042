"""Runs captures through the house for a command: opens what a person named, shows progress, says what went wrong."""

import sys
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from monitor.cli.catalog_words import tell_warnings
from monitor.cli.failure import ExitStatus, say, told_plainly
from monitor.cli.interrupt import ignored, unbroken
from monitor.cli.kernels import announced_compilation, keep_kernels
from monitor.cli.progress import Bar
from monitor.cli.words import some_of

if TYPE_CHECKING:  # at run time they come when a command needs them
    from monitor.model.alert import Alert
    from monitor.pipeline.replay import Result
    from monitor.pipeline.report import Stories
    from monitor.pipeline.site import Site

Listener = Callable[..., None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a person asked for."""

    captures: list[str]
    config: Path | None = None
    signatures: Path | None = None
    home: list[str] | None = None
    geoip: list[str] | None = None
    workers: int = 1
    no_progress: bool = False
    quiet: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What came of it."""

    result: "Result"
    site: "Site"
    stories: "Stories"


def run(
    request: Request,
    *,
    story: Listener | None = None,
    observation: Listener | None = None,
    flow: Listener | None = None,
) -> Ran:
    """Read the captures and tell the listeners of ``pipeline.back.Outputs``."""
    keep_kernels()
    hidden = request.quiet or request.no_progress
    with announced_compilation(hidden=hidden):
        with told_plainly():
            site = opened_site(request)
            tell_warnings(site.catalog)
            from monitor.pipeline.collector import calm_collector
            from monitor.pipeline.report import Stories
            from monitor.pipeline.stream import StreamLost

            stories = Stories()
            told = {"story": _both(stories.take, story), "observation": observation, "flow": flow}
            running = _replaying(request, site, told)
        calm_collector()
        bar = Bar(running.stream, hidden=hidden)
        try:
            result = running.run(bar.move, unbroken)
        except StreamLost as error:
            bar.stop()
            say(f"{error}: killed, perhaps for want of memory; --workers 1 needs the least")
            sys.exit(ExitStatus.BROKEN)
        finally:
            bar.stop()
    return Ran(result=result, site=site, stories=stories)


def opened_site(request: Request) -> "Site":
    """Open configuration, catalog and databases; raises ValueError."""
    from monitor.pipeline.site import Overrides, open_site

    overrides = Overrides(home_networks=request.home or (), databases=request.geoip or ())
    return open_site(request.config, request.signatures, overrides)


def warn(ran: Ran, *, shown_already: bool = False) -> None:
    """Say on stderr what of the captures could not be read; damage is left out where the terminal shows it already."""
    health = ran.result.health
    if not shown_already:
        for damage in health.damage:
            place = "" if "offset" in damage.reason else f" at offset {damage.offset}"
            say(f"{damage}{place}; everything before it was processed")
    if health.skipped:
        amount = len(health.skipped)
        say(
            f"{amount} {'file is no capture' if amount == 1 else 'files are no captures'}: {some_of(health.skipped)}"
        )
    if ran.result.interrupted:
        say("interrupted; this is what was read until then")


def status_of(ran: Ran) -> ExitStatus:
    """Return how the command ends."""
    if ran.result.interrupted:
        return ExitStatus.INTERRUPTED
    return ExitStatus.DAMAGED if ran.result.health.damage else ExitStatus.CLEAN


def same_terminal() -> bool:
    """Whether stdout and stderr end on the same screen."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdout, sys.stderr))


def _replaying(request: Request, site: "Site", listeners: dict[str, Any]) -> Any:
    from monitor.pipeline.back import Outputs
    from monitor.pipeline.replay import Replaying

    with ignored() if request.workers > 1 else nullcontext():
        return Replaying(request.captures, site, Outputs(**listeners), workers=request.workers)


def _both(keep: Listener, tell: Listener | None) -> Listener:
    def told(alert: "Alert") -> None:
        keep(alert)
        if tell is not None:
            tell(alert)

    return told
