"""``umbilical doctor``: what is wrong with this host or this mirror port, and the command that mends it.

Looks and listens; changes nothing. What it looks at is one file each in ``checks/``.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from enum import IntEnum
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from monitor.cli import options
from monitor.cli.failure import guarded_output, say, told_plainly
from monitor.cli.kernels import announced_compilation, keep_kernels
from monitor.cli.words import safe

if TYPE_CHECKING:
    from monitor.cli.checks._subject import Level, Remark, Subject
    from monitor.config.tree import Config

EXAMPLES = """\b
Examples:
  umbilical doctor eth1                  the host, the interface, and five seconds of listening
  umbilical doctor eth1 --seconds 60     the longer, the surer about a one-way or doubled mirror
  umbilical doctor --config /etc/umbilical/umbilical.toml
  umbilical doctor eth1 --json | jq '.remarks[] | select(.level == "warning")'
Exit status: 0 nothing is wrong, 1 warnings (sees less), 2 wrong use, 3 faults (cannot work).
"""
DEFAULT_SECONDS = 5.0
MAX_SECONDS = 3600.0
HOST = "this host"
_STYLES = {"ok": "green", "note": "cyan", "warning": "yellow", "fault": "bold red"}
_LEVEL_COLUMNS, _TOPIC_COLUMNS = 8, 15


class Health(IntEnum):
    """What scripts can rely on; wrong use is told as everywhere, with 2."""

    WELL = 0
    WARNINGS = 1
    FAULTS = 3


class Told(NamedTuple):
    """A remark, and which check made it."""

    topic: str
    remark: "Remark"


def doctor(
    interfaces: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="INTERFACE",
            help="where to listen; by default the interfaces of the configuration",
            show_default=False,
        ),
    ] = None,
    *,
    seconds: Annotated[
        float,
        typer.Option(
            "--seconds", metavar="N", min=0, max=MAX_SECONDS, help="how long to listen; 0 for not at all"
        ),
    ] = DEFAULT_SECONDS,
    config: options.ConfigFile = None,
    signatures: options.SignatureFolder = None,
    as_json: options.AsJson = False,
) -> None:
    """Say what is wrong with this host or this mirror port, and how to mend it."""
    keep_kernels()
    with announced_compilation(hidden=as_json):
        subject = _subject(interfaces or [], seconds, config, signatures)
        told = list(_told(subject))
    health = health_of([one.remark.level for one in told])
    with guarded_output():
        if as_json:
            print(json.dumps(_record(told, health), ensure_ascii=False, indent=2))
        else:
            _show(told)
    sys.exit(health)


def health_of(levels: "Sequence[Level]") -> Health:
    """Return how the command ends."""
    from monitor.cli.checks._subject import Level

    worst = max(levels, default=Level.OK)
    return {Level.WARNING: Health.WARNINGS, Level.FAULT: Health.FAULTS}.get(worst, Health.WELL)


def _subject(names: list[str], seconds: float, file: Path | None, signatures: Path | None) -> "Subject":
    from monitor.cli.checks._subject import Subject
    from monitor.cli.config_check import checked
    from monitor.cli.hearing import hearing_at

    with told_plainly():
        result = checked(file, signatures)
    settings = result.config.settings("capture")
    wanted = dict.fromkeys(names or result.config.sensor.interfaces)
    if wanted and seconds and sys.stderr is not None and sys.stderr.isatty():
        say(f"listening for {seconds:g} s at each of: {', '.join(wanted)}")
    return Subject(
        checked=result,
        hearings=tuple(hearing_at(name, seconds, settings) for name in wanted),
        running=_running(result.config),
    )


def _running(config: "Config") -> Any:
    from monitor.cli.metrics_client import samples_at

    return samples_at(config.settings("export.prometheus").listen)


def _told(subject: "Subject") -> Iterator[Told]:
    """Ask every check; the interfaces come first, and of each what is worst."""
    from monitor.registry import discover

    told = [
        Told(name.replace("_", " "), remark)
        for name, check in discover("monitor.cli.checks", "CHECK").items()
        for remark in check(subject)
    ]
    order = {hearing.name: place for place, hearing in enumerate(subject.hearings)}
    yield from sorted(told, key=lambda one: (order.get(one.remark.interface, len(order)), -one.remark.level))


def _record(told: Sequence[Told], health: Health) -> dict[str, Any]:
    return {
        "status": int(health),
        "remarks": [
            {
                "level": one.remark.level.name.lower(),
                "topic": one.topic,
                "interface": one.remark.interface or None,
                "what": one.remark.what,
                "remedy": one.remark.remedy or None,
            }
            for one in told
        ],
    }


def _show(told: Sequence[Told]) -> None:
    from rich.text import Text

    from monitor.cli.screen import new_console

    console = new_console()
    margin = " " * (2 + _LEVEL_COLUMNS + 1 + _TOPIC_COLUMNS + 1)
    for interface, remarks in groupby(told, key=lambda one: one.remark.interface):
        console.print(Text(safe(interface or HOST), style="bold"))
        for topic, remark in remarks:
            level = remark.level.name.lower()
            line = Text(f"  {level:<{_LEVEL_COLUMNS}} ", style=_STYLES[level])
            line.append(f"{topic:<{_TOPIC_COLUMNS}} {safe(remark.what)}", style="default")
            console.print(line, soft_wrap=True)
            if remark.remedy:
                console.print(Text(f"{margin}mend: {safe(remark.remedy)}"), soft_wrap=True)
    console.print(_sum(told))


def _sum(told: Sequence[Told]) -> str:
    counts = {
        name: sum(one.remark.level.name.lower() == name for one in told)
        for name in ("fault", "warning", "note")
    }
    parts = [f"{amount} {name}{'' if amount == 1 else 's'}" for name, amount in counts.items() if amount]
    return ", ".join(parts) or "nothing is wrong"
