"""``umbilical watch``: the sensor."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from monitor.cli import options
from monitor.cli.failure import guarded_output, told_plainly
from monitor.cli.kernels import announced_compilation, keep_kernels
from monitor.cli.wish import Wish

EXAMPLES = """\b
Examples:
  umbilical watch eth1                      alerts on the screen, metrics on 127.0.0.1:9777
  umbilical watch eth1 eth2 --config /etc/umbilical/umbilical.toml
  umbilical watch eth1 --filter 'not port 22' --workers 2
  umbilical watch eth1 --json | jq .title   one alert per line
  ssh router tcpdump -U -w - -i any | umbilical watch -
  curl -s 127.0.0.1:9777/metrics            what it counts; / shows it to people

\b
Signals: TERM and INT save and end; HUP reads the configuration anew, and a wrong one is refused.
Exit status: 0 ended as told, 2 wrong input, 3 a damaged pipe, 70 a worker was lost (start again).
"""


def watch(
    interfaces: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="INTERFACE",
            help="what to listen on, or - for a capture from a pipe; by default those of the configuration",
            show_default=False,
        ),
    ] = None,
    *,
    config: options.ConfigFile = None,
    signatures: options.SignatureFolder = None,
    home: options.Home = None,
    geoip: options.GeoIpFiles = None,
    kernel_filter: Annotated[
        str | None,
        typer.Option(
            "--filter",
            metavar="TEXT",
            help="take only these frames, in tcpdump's language",
            show_default=False,
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers", metavar="N", min=1, max=64, help="processes that listen", show_default=False
        ),
    ] = None,
    listen: Annotated[
        str | None,
        typer.Option(
            "--listen",
            metavar="ADDRESS",
            help="where metrics are served, '' for nowhere  [default: 127.0.0.1:9777]",
            show_default=False,
        ),
    ] = None,
    state: Annotated[
        Path | None,
        typer.Option(
            "--state",
            metavar="FOLDER",
            help="keep what was learnt, and alerts that wait, there",
            show_default=False,
        ),
    ] = None,
    record: Annotated[
        Path | None,
        typer.Option(
            "--record", metavar="FOLDER", help="keep the packets behind alerts there", show_default=False
        ),
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="one alert per line on stdout, nothing else there")
    ] = False,
    quiet: options.Quiet = False,
) -> None:
    """Listen to interfaces, for months: alerts as they happen, and metrics."""
    wish = Wish(
        interfaces=interfaces or [],
        config=config,
        signatures=signatures,
        home=home or [],
        geoip=geoip or [],
        filter=kernel_filter,
        workers=workers,
        listen=listen,
        state=state,
        record=record,
        json=json,
        quiet=quiet,
    )
    keep_kernels()
    with announced_compilation(hidden=quiet), told_plainly():
        from monitor.cli.privileges import close_inherited
        from monitor.cli.sensing import Sensing

        close_inherited()
        sensing = Sensing(wish)
    try:
        with guarded_output():
            status = sensing.run()
    finally:
        sensing.close()
    sys.exit(status)
