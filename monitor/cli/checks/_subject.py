"""What checks are given, and what they say."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple

from monitor.capture.interface import InterfaceFacts
from monitor.capture.source import InterfaceCounts
from monitor.cli.config_check import Checked
from monitor.pipeline.listening import Heard

Samples = Mapping[str, list[tuple[Mapping[str, str], float]]]
"""Metrics by name: labels and value."""


class Level(IntEnum):
    """How bad it is."""

    OK = 0
    NOTE = 1
    """Worth knowing; nothing need be done."""
    WARNING = 2
    """The sensor would work, and see less or be less sure."""
    FAULT = 3
    """The sensor would not work, or see nothing."""


class Remark(NamedTuple):
    """One thing that was looked at."""

    level: Level
    what: str
    remedy: str = ""
    """The command that mends it, or the line of the configuration."""
    interface: str = ""
    """Empty for the host."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """An interface, and what was heard there."""

    name: str
    facts: InterfaceFacts | None = None
    """None when there is no such interface."""
    problem: str = ""
    """Why nothing could be heard; empty when listening went well."""
    seconds: float = 0.0
    """How long was listened; 0 for not at all."""
    heard: Heard = field(default_factory=Heard)
    counts: InterfaceCounts | None = None
    """What the socket and the interface counted meanwhile."""
    clock_jumps: int = 0

    @property
    def listened(self) -> bool:
        return self.seconds > 0 and not self.problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Everything that checks look at besides the host itself."""

    checked: Checked
    hearings: tuple[Hearing, ...] = ()
    running: Samples | None = None
    """Metrics of a sensor that runs on this host; None when none answers."""
    now_ns: int = field(default_factory=time.time_ns)


def ok(what: str, interface: str = "") -> Remark:
    return Remark(Level.OK, what, "", interface)


def note(what: str, remedy: str = "", interface: str = "") -> Remark:
    return Remark(Level.NOTE, what, remedy, interface)


def warning(what: str, remedy: str, interface: str = "") -> Remark:
    return Remark(Level.WARNING, what, remedy, interface)


def fault(what: str, remedy: str, interface: str = "") -> Remark:
    return Remark(Level.FAULT, what, remedy, interface)
