"""What is wrong in a configuration, gathered so that the author sees all of it at once, each with its line."""

import difflib
import json
from collections.abc import Iterable
from typing import Any

from monitor.config.position import Path, lines_of
from monitor.model.errors import ConfigError, Location

_MAX_SHOWN = 60


class Faults:
    """The faults of one document."""

    def __init__(self) -> None:
        self.found: list[tuple[Path, str]] = []

    def add(self, path: Path, problem: str) -> None:
        self.found.append((path, problem))

    def is_whole(self, *section: str) -> bool:
        """Whether nothing was found in a section, nor wrong with all of it."""
        return not any(section[: len(path)] == path[: len(section)] for path, _ in self.found)

    def expected(self, path: Path, wanted: str, got: object, advice: str = "") -> None:
        self.add(path, f"expected {wanted}, got {shown(got)}" + (f" ({advice})" if advice else ""))

    def unknown(self, path: Path, known: Iterable[str]) -> None:
        """The last name of the path is not among the known ones."""
        names = sorted(known)
        near = difflib.get_close_matches(str(path[-1]), names, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(names) or 'none'}"
        self.add(path, f"unknown name; {hint}")

    def error(self, file: str, text: str) -> ConfigError:
        """Return all faults as one error, in the order of the file."""
        lines = lines_of(text)
        located = [(_line(path, lines), f"{dotted(path)}: {problem}") for path, problem in self.found]
        errors = [
            ConfigError(problem, Location(file, line))
            for line, problem in sorted(located, key=lambda fault: fault[0] or 0)
        ]
        return errors[0] if len(errors) == 1 else ConfigError("\n".join(map(str, errors)))


def dotted(path: Path) -> str:
    """Return a path as the author writes it; places in a list are left out, the line tells them."""
    return ".".join(part for part in path if isinstance(part, str))


def shown(value: object) -> str:
    """Return a value as it stands in the file, more or less, and not too long."""
    text = json.dumps(value, ensure_ascii=False, default=_plain)
    return text if len(text) <= _MAX_SHOWN else text[: _MAX_SHOWN - 3] + "..."


def _plain(value: Any) -> str:
    return str(value)


def _line(path: Path, lines: dict[Path, int]) -> int | None:
    """Return the line of the nearest thing that stands in the file: a missing key is reported at its table."""
    for length in range(len(path), 0, -1):
        if path[:length] in lines:
            return lines[path[:length]]
    return None
