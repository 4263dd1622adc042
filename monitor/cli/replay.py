"""``umbilical replay``: captures in, alerts out."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from monitor.cli import options
from monitor.cli.failure import ExitStatus, guarded_output, told_plainly
from monitor.cli.output import check_target, data_output
from monitor.cli.running import Ran, Request, run, same_terminal, status_of, warn
from monitor.cli.words import as_typed

EXAMPLES = """\b
Examples:
  umbilical replay site.pcapng
  umbilical replay captures/ --home 10.20.0.0/16 --metrics site.prom
  umbilical replay --json site.pcap.gz | jq 'select(.severity == "high")'
  tcpdump -w - -i eth0 -c 10000 | umbilical replay -

\b
Exit status: 0 read to the end, 1 an alert as severe as --fail-on says, 2 wrong input,
3 a capture was damaged (all before the damage is reported), 70 a worker was killed,
130 interrupted.
"""

STDIN = "-"
MOST_NAMED = 3
"""Captures that a hint names."""
METRICS_MODE = 0o644
"""Who collects them is somebody else."""


def replay(
    captures: options.Captures,
    *,
    json: Annotated[
        bool, typer.Option("--json", help="one alert per line on stdout, nothing else there")
    ] = False,
    summary: Annotated[
        bool, typer.Option("--summary", help="with --json: the summary as well, on stderr")
    ] = False,
    metrics: Annotated[
        Path | None,
        typer.Option(
            "--metrics",
            metavar="FILE",
            help="write metrics there (OpenMetrics; .prom: textfile collector)",
            show_default=False,
        ),
    ] = None,
    fail_on: Annotated[
        options.SeverityWord | None,
        typer.Option("--fail-on", help="exit 1 when an alert is that severe or more", show_default=False),
    ] = None,
    config: options.ConfigFile = None,
    signatures: options.SignatureFolder = None,
    home: options.Home = None,
    geoip: options.GeoIpFiles = None,
    workers: options.Workers = 1,
    no_progress: options.NoProgress = False,
    quiet: options.Quiet = False,
) -> None:
    """Replay captures: which devices spoke to which module vendor, for what, where, and how much."""
    request = Request(
        captures=captures,
        config=config,
        signatures=signatures,
        home=home,
        geoip=geoip,
        workers=workers,
        no_progress=no_progress,
        quiet=quiet,
    )
    show = (summary or not json) and not quiet
    hints = _next_steps(request)
    sys.exit(replayed(request, json=json, show=show, metrics=metrics, fail_on=fail_on, hints=hints))


def replayed(
    request: Request,
    *,
    json: bool,
    show: bool,
    metrics: Path | None = None,
    fail_on: options.SeverityWord | None = None,
    names: list[str] | None = None,
    hints: Sequence[str] = (),
) -> ExitStatus:
    """Replay, tell, and return how the command ends; ``names`` are shown instead of the captures' own."""
    if metrics is not None:
        check_target(metrics)
    with guarded_output():
        ran = _read_as_json(request) if json else run(request)
        if show:
            from monitor.cli.screen import show_summary

            show_summary(ran, names or request.captures, hints, on_stderr=json)
        warn(ran, shown_already=show and not json and same_terminal())
    if metrics is not None:
        _write_metrics(metrics, ran)
    return ExitStatus.ALERTS if _is_alarming(ran, fail_on) else status_of(ran)


def _next_steps(request: Request) -> Sequence[str]:
    """Say how to go on with the same captures, if they can be named in a line; those of a pipe are gone."""
    names = request.captures
    if len(names) > MOST_NAMED or any(name == STDIN or _is_pipe(name) for name in names):
        return ()
    site = _options("--config", [request.config]) + _options("--signatures", [request.signatures])
    home = _options("--home", request.home or [])
    return (
        f"Next: umbilical explain {{alert}}{_options('--capture', names)}{site}{home}",
        f"Next: umbilical observations{_options('', names)}{site} lists all that was seen.",
    )


def _is_pipe(name: str) -> bool:
    try:
        return Path(name).is_fifo()
    except OSError:  # too long, or in a folder that is closed to us; reading it says so
        return False


def _options(option: str, values: Sequence[object]) -> str:
    return "".join(f"{option and ' '}{option} {as_typed(str(one))}" for one in values if one)


def _read_as_json(request: Request) -> Ran:
    from monitor.export.jsonl import JsonLines

    with data_output(None) as stream:
        return run(request, story=JsonLines(stream).publish)


def _write_metrics(path: Path, ran: Ran) -> None:
    from monitor.export.openmetrics import file_text
    from monitor.pipeline.metrics import snapshot_of

    text = file_text(snapshot_of(ran.result, ran.site, ran.stories), path)
    with told_plainly(), data_output(path, mode=METRICS_MODE) as stream:
        stream.write(text)


def _is_alarming(ran: Ran, fail_on: options.SeverityWord | None) -> bool:
    if fail_on is None or ran.stories.worst is None or ran.result.interrupted:
        return False
    from monitor.model.finding import Severity

    return ran.stories.worst.rank >= Severity(fail_on.value).rank
