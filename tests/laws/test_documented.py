"""What the program can do stands in its README: every command, protocol, detector, exporter, metric and observation type."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import typer

from monitor.cli.app import app
from monitor.export.openmetrics import SnapshotCollector
from monitor.model.observation import FIELDS, OBSERVATIONS
from monitor.registry import discover
from tests.laws.test_metrics import families

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
_WORD = re.compile(r"[a-z0-9_.]+")


def text() -> str:
    assert README.exists(), "the README is where a newcomer begins"
    return README.read_text("utf-8")


def commands() -> Iterator[tuple[str, Any]]:
    """Yield every command by its words, with what typer made of it."""
    root = typer.main.get_command(app)
    for name, command in root.commands.items():  # type: ignore[attr-defined]  # it is a group
        members = getattr(command, "commands", None)
        if members is None:
            yield name, command
        for member, inner in (members or {}).items():
            yield f"{name} {member}", inner


COMMANDS = dict(commands())


@pytest.mark.parametrize("name", COMMANDS)
def test_command_is_in_the_readme(name: str) -> None:
    """A member of a group may be listed after its group: ``umbilical signatures list``, `show`, ..."""
    group, _, member = name.partition(" ")
    assert f"umbilical {group}" in text()
    assert not member or f"`{member}`" in text() or f"umbilical {name}" in text()


@pytest.mark.parametrize("name", COMMANDS)
def test_command_and_its_options_have_help(name: str) -> None:
    command = COMMANDS[name]
    assert command.help
    without = [
        one.name for one in command.params if getattr(one, "help", None) in {None, ""} and one.name != "help"
    ]
    assert without == []


@pytest.mark.parametrize("kind", OBSERVATIONS)
def test_observation_type_is_in_the_readme(kind: str) -> None:
    assert kind in words()


@pytest.mark.parametrize("name", discover("monitor.detect", "DETECTOR"))
def test_detector_is_in_the_readme(name: str) -> None:
    assert name in words()


@pytest.mark.parametrize("name", discover("monitor.protocols", "PARSER"))
def test_protocol_is_in_the_readme(name: str) -> None:
    assert name in words()


@pytest.mark.parametrize("name", [family.name for family in families("demo")])
def test_metric_is_in_the_readme(name: str) -> None:
    assert {name, f"{name}_total", f"{name}_info"} & words()


def test_field_of_an_observation_says_what_it_means() -> None:
    assert [name for name, field in FIELDS.items() if not field.meaning] == []


@pytest.mark.parametrize("module", ["monitor.detect", "monitor.protocols"])
def test_plugin_says_what_it_is_for(module: str) -> None:
    name = "DETECTOR" if module == "monitor.detect" else "PARSER"
    assert [key for key, plugin in discover(module, name).items() if not (plugin.__doc__ or "").strip()] == []


def test_collector_says_what_it_is_for() -> None:
    assert SnapshotCollector.__doc__


def words() -> set[str]:
    return set(_WORD.findall(text().lower()))
