"""``umbilical replay``: captures in, alerts out."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from monitor.cli.failure import ExitStatus, quiet_pipe, told_plainly
from monitor.cli.progress import Bar, announced_compilation


def replay(
    captures: Annotated[
        list[str], typer.Argument(help="pcap or pcapng files, folders, globs, or - for a pipe")
    ],
    *,
    json: Annotated[bool, typer.Option("--json", help="one alert per line on stdout, nothing else")] = False,
    no_progress: Annotated[bool, typer.Option("--no-progress", help="no progress bar")] = False,
    workers: Annotated[int, typer.Option("--workers", min=1, help="processes that read and decode")] = 1,
    config: Annotated[Path | None, typer.Option("--config", help="umbilical.toml of the site")] = None,
) -> None:
    """Replay captures: which devices spoke to which module vendor, for what, where, and how much."""
    with told_plainly(), announced_compilation(quiet=no_progress):
        from monitor.export.jsonl import JsonLines
        from monitor.pipeline.back import Outputs
        from monitor.pipeline.replay import Replaying
        from monitor.pipeline.site import open_site

        site = open_site(config)
        lines = JsonLines(sys.stdout.buffer)
        running = Replaying(captures, site, Outputs(story=lines.publish if json else print), workers=workers)
    bar = Bar(running.stream, hidden=no_progress)
    with quiet_pipe():
        result = running.run(bar.move)
    bar.stop()
    if result.health.damage:
        sys.exit(ExitStatus.DAMAGED)
