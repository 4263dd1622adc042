"""What takes part: a name and a command in which the capture and an empty folder are filled in."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from timing.captures import BENCH, REPOSITORY

OURS = "umbilical"
SITE = BENCH / "site.toml"
"""Switches on what is off without a configuration, so that every detector works."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """A program that reads a capture."""

    name: str
    command: tuple[str, ...]
    """``{capture}`` and ``{folder}`` are filled in."""
    names_from: tuple[str, ...] | None = None
    """The command whose output says which names were seen, when it is another."""
    packets_at_most: int | None = None
    """So slow that the first packets must do."""

    def filled(self, command: tuple[str, ...], capture: Path, folder: Path) -> list[str]:
        """Return a command for a run."""
        return [part.format(capture=capture, folder=folder) for part in command]


def program(*arguments: str) -> tuple[str, ...]:
    """Return a command that runs the program out of this tree."""
    return ("env", f"PYTHONPATH={REPOSITORY}", sys.executable, "-m", "monitor", *arguments)


def ours(workers: int = 1) -> Contender:
    """Return our own command."""
    options = ("--config", str(SITE), "--workers", str(workers), "--no-progress")
    return Contender(
        name=OURS if workers == 1 else f"{OURS} --workers {workers}",
        command=program("replay", "{capture}", "--json", *options),
        names_from=program("observations", "{capture}"),
    )


def peers_root() -> Path:
    """Return the folder of peers that are not in PATH."""
    return Path(os.environ.get("PEERS_ROOT", REPOSITORY / "bench" / "peers"))
