"""What a replay shows on a terminal."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from monitor.cli.running import Ran

if TYPE_CHECKING:
    from rich.console import Console

PAPER_COLUMNS = 100
"""Width where there is no terminal to ask."""
NAME_COLUMNS = 46
"""Room for the name of a capture; of a longer one the end is shown, where the file name stands."""


def show_summary(
    ran: Ran, captures: Sequence[str], hints: Sequence[str] = (), *, on_stderr: bool = False
) -> None:
    """Print the summary of a replay.

    ``{alert}`` in a hint becomes the id of an alert worth a look; a hint without it is for when there is no alert.
    """
    from monitor.export.summary import print_summary
    from monitor.pipeline.report import summary_of

    example = ran.stories.example
    told = [
        hint.replace("{alert}", example or "")
        for hint in hints
        if ("{alert}" in hint) == (example is not None)
    ]
    if ran.result.interrupted:
        told.insert(0, "Interrupted: this is what was read until then.")
    thanks = [f"Countries and networks: {credit}" for credit in ran.site.credits]
    names = [name if len(name) <= NAME_COLUMNS else f"…{name[1 - NAME_COLUMNS :]}" for name in captures]
    summary = summary_of(ran.result, ran.site, ran.stories, names, (*told, *thanks))
    print_summary(summary, new_console(on_stderr=on_stderr))


def new_console(*, on_stderr: bool = False, paper_columns: int = PAPER_COLUMNS) -> "Console":
    """Return a console that is as wide as the terminal, or as paper where there is none."""
    from rich.console import Console

    class Screen(Console):
        """Lets ``failure.guarded_output`` decide what a closed pipe means."""

        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

    return Screen(stderr=on_stderr, width=None if _is_terminal(on_stderr=on_stderr) else paper_columns)


def _is_terminal(*, on_stderr: bool) -> bool:
    stream = sys.stderr if on_stderr else sys.stdout
    return stream is not None and stream.isatty()
