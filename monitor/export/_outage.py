"""What the log says of an output that fails: when it began, another reason, and the end with how many attempts it took.

The reason changes while somebody mends the far end: refused, then 500, then 401. A reason that differs each time says
itself once a minute at most.
"""

import math
from collections.abc import Callable

QUIET_SECONDS = 60.0
"""Between two lines of one outage."""


class Outage:
    """The failures of one output, from the first to the next success."""

    def __init__(self, name: str, say: Callable[[str], None]) -> None:
        self.attempts = 0
        """That failed since the last success, whatever was exchanged meanwhile."""
        self._name = name
        self._say = say
        self._reason = ""
        """The last one that was said."""
        self._said = -math.inf

    def note(self, reason: str, now: float) -> None:
        """Take a failure, at an instant of the monotonic clock."""
        self.attempts += 1
        if self.attempts == 1:
            self._tell(f"{reason}; alerts wait in the spool", reason, now)
        elif reason != self._reason and now - self._said >= QUIET_SECONDS:
            self._tell(f"still fails, after {self.attempts} attempts, now with: {reason}", reason, now)

    def say_next(self) -> None:
        """Say the next failure whatever it is: somebody has changed something and waits for the outcome."""
        self._reason, self._said = "", -math.inf

    def end(self) -> None:
        """Take a success."""
        if self.attempts:
            self._say(f"{self._name}: delivers again, after {self.attempts} failed attempts")
        self.attempts = 0

    def _tell(self, line: str, reason: str, now: float) -> None:
        self._reason, self._said = reason, now
        self._say(f"{self._name}: {line}")
