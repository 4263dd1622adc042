"""``umbilical demo``: the bundled case, for somebody who has never seen the program."""

import sys
from pathlib import Path
from typing import Annotated

import typer

import monitor
from monitor.cli import options
from monitor.cli.failure import fail, guarded_output
from monitor.cli.replay import replayed
from monitor.cli.running import Request

EXAMPLES = """\b
Examples:
  umbilical demo
  umbilical demo --json | jq .title
"""
_PACKAGE = Path(monitor.__file__).parent
CASE = "A made-up day at a small site"
INTRODUCTION = """\
Umbilical reads network captures and tells which devices phone home to the
makers of their cellular modules: for what, where to, and how much. A demo:"""
NEXT = "Next: umbilical explain {alert}, or umbilical replay YOUR.pcap"


def demo(
    *,
    json: Annotated[
        bool, typer.Option("--json", help="one alert per line on stdout, nothing else there")
    ] = False,
    no_progress: options.NoProgress = False,
) -> None:
    """Replay the bundled case: a day at a small site whose modules phone home."""
    request = demo_request(no_progress=no_progress)
    if not json:
        with guarded_output():
            print(INTRODUCTION, end="\n\n", flush=True)
    sys.exit(replayed(request, json=json, show=not json, names=[CASE], hints=[NEXT]))


def demo_request(*, no_progress: bool = False) -> Request:
    """Return what the demo replays, with the configuration of its site."""
    capture = demo_capture()
    config = capture.with_name("umbilical.toml")
    return Request(
        captures=[str(capture)], config=config if config.is_file() else None, no_progress=no_progress
    )


def demo_capture(package: Path = _PACKAGE) -> Path:
    """Return the case that came with the program: inside an installed package, else in a checkout."""
    installed = package / "_bundled" / "demo" / "capture.pcap"
    capture = installed if installed.is_file() else package.parent / "pcaps" / "demo" / "capture.pcap"
    if not capture.is_file():
        fail(f"{capture}: the demo is missing from this installation; install umbilical again")
    return capture
