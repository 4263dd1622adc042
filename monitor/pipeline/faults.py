"""Faults of our own while the sensor runs: counted by room, said once for each place, never the end of the sensor."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from traceback import extract_tb

MAX_PLACES = 100
"""Places that are said; there are no more in the program than somebody could mend."""
_ELSEWHERE = "pipeline"


class Faults:
    """Counts exceptions that should not be."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.by_room: Counter[str] = Counter()
        self._say = say
        self._places: set[str] = set()

    def note(self, error: Exception) -> None:
        """Count a fault, and say the first of its place."""
        room, place = _whereabouts(error)
        self.by_room[room] += 1
        if place in self._places or len(self._places) >= MAX_PLACES:
            return
        self._places.add(place)
        self._say(
            f"internal error in {place}: {type(error).__name__}: {error}"
            " (what brought it is skipped; please report this line)"
        )


def _whereabouts(error: Exception) -> tuple[str, str]:
    """Return the room and the line of ours where an exception arose."""
    for frame in reversed(extract_tb(error.__traceback__)):
        parts = Path(frame.filename).parts
        if "monitor" in parts[:-2]:
            room, name = parts[-2], parts[-1]
            return room, f"{room}/{name}:{frame.lineno}"
    return _ELSEWHERE, _ELSEWHERE
