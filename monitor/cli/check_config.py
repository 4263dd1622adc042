"""``umbilical check-config``: opens everything the sensor would, tells every fault, and what it understood.

The service runs it before each start, so that a wrong configuration never replaces a sensor that works.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from monitor.cli import options
from monitor.cli.failure import ExitStatus, guarded_output, say, told_plainly
from monitor.cli.kernels import keep_kernels
from monitor.cli.words import safe, some_of

if TYPE_CHECKING:
    from monitor.cli.config_check import Checked

EXAMPLES = """\b
Examples:
  umbilical check-config /etc/umbilical/umbilical.toml
  umbilical check-config --quiet umbilical.toml && systemctl reload umbilical
  umbilical check-config --example > umbilical.toml    to begin with: every key and its default
Exit status: 0 nothing is wrong, 2 something is; each fault is told with its file and line.
"""
_NAME_COLUMNS = 11


class _Line(NamedTuple):
    name: str
    text: str


def check_config(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="FILE", help="umbilical.toml; without one, the defaults", show_default=False),
    ] = None,
    *,
    signatures: options.SignatureFolder = None,
    quiet: options.Quiet = False,
    example: Annotated[
        bool, typer.Option("--example", help="print a configuration with every key instead")
    ] = False,
) -> None:
    """Check a configuration and every file that it names, and say what the sensor would do."""
    keep_kernels()  # every plug-in is imported for its settings
    if example:
        from monitor.config.example import example_toml

        with guarded_output():
            print(example_toml(), end="")
        return
    with told_plainly():
        from monitor.cli.config_check import checked

        result = checked(file, signatures)
    for fault in result.faults:
        say(fault)
    if not quiet:
        for note in result.notes:
            say(f"note: {note}")
    if result.faults:
        sys.exit(ExitStatus.WRONG_INPUT)
    if not quiet:
        with guarded_output():
            print(f"{safe(str(file or 'defaults'))}: nothing is wrong")
            for line in _understood(result):
                print(f"  {line.name:<{_NAME_COLUMNS}} {safe(line.text)}")


def _understood(result: "Checked") -> Iterator[_Line]:
    from monitor.cli.mute_check import groups_of
    from monitor.model.size import size_text

    config = result.config
    sensor, site = config.sensor, config.site
    watched = some_of(list(sensor.interfaces)) or "the interfaces that the command line names"
    workers = "1 worker" if sensor.workers == 1 else f"{sensor.workers} workers"
    yield _Line("watches", f"{watched}, {workers}, at most {size_text(sensor.memory_budget_bytes)}")
    yield _Line(
        "site",
        f"{_some(len(site.home_networks), 'home network')}, {_some(len(site.resolvers), 'resolver')},"
        f" {_some(len(site.devices), 'device')}, {_some(len(groups_of(config)), 'group')},"
        f" {_some(len(config.alert.mute), 'mute')}",
    )
    if result.catalog is not None:
        catalog = result.catalog
        yield _Line(
            "signatures",
            f"{len(catalog.signatures)} of {len(catalog.vendors)} vendors, digest {catalog.digest[:16]}",
        )
    if result.geoip is not None:
        infos = result.geoip.info()
        yield _Line("geo-IP", ", ".join(f"{info.type} of {info.built[:10]}" for info in infos) or "none")
    outputs = [name.partition(".")[2] for name in config.sections if name.startswith("export.")]
    yield _Line("outputs", ", ".join(outputs) or "none but the metrics")
    yield _Line("state", str(config.state_folder or "kept nowhere"))


def _some(amount: int, word: str) -> str:
    return f"{amount} {word}" if amount == 1 else f"{amount} {word}s"
