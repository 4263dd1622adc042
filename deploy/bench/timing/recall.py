"""Which of the names that are visible in one protocol only a contender reports, by protocol."""

import re
import tempfile
from pathlib import Path

from timing.captures import Capture
from timing.contender import Contender
from timing.measure import measure

NAME = re.compile(rb"(?:[a-z0-9_-]+\.)+[a-z]{2,}")

Recall = dict[str, float]
"""By protocol, the share of names found."""


def recall_of(contender: Contender, capture: Capture, folder: Path) -> Recall | None:
    """Return the shares; None when the program cannot say, or did not read the whole capture."""
    if contender.packets_at_most is not None:
        return None
    if contender.names_from is None:
        return _shares(capture, _names_in(folder))
    with tempfile.TemporaryDirectory(prefix="bench-") as other:
        command = contender.filled(contender.names_from, capture.path, Path(other))
        if measure(command, Path(other)).status != 0:
            return None
        return _shares(capture, _names_in(Path(other)))


def _shares(capture: Capture, found: set[bytes]) -> Recall:
    return {
        protocol: sum(name.encode() in found for name in names) / len(names)
        for protocol, names in capture.names_only_in.items()
        if names
    }


def _names_in(folder: Path) -> set[bytes]:
    found: set[bytes] = set()
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as stream:
                for line in stream:
                    found.update(NAME.findall(line))
    return found
