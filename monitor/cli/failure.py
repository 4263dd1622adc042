"""How a command ends: exit statuses, and wrong input told in one line instead of a stack trace."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import IntEnum
from typing import NoReturn

from monitor.cli.words import safe


class ExitStatus(IntEnum):
    """What scripts can rely on."""

    CLEAN = 0
    """Read to the end."""
    ALERTS = 1
    """Only with ``--fail-on``: an alert of that severity or worse. Comes before DAMAGED."""
    WRONG_INPUT = 2
    """Nothing was processed; the message says why."""
    DAMAGED = 3
    """A capture, or a pipe under watch, was cut short or damaged; all before the damage is reported."""
    TRY_LATER = 75
    """It could not be done now and may go well another time, such as when the network is there (sysexits.h)."""
    BROKEN = 70
    """A part of the program ended before its time; whoever watches over it may start it again (sysexits.h)."""
    INTERRUPTED = 130
    """Ctrl-C; what was read until then is reported."""


def fail(message: str) -> NoReturn:
    """Say what is wrong and end with WRONG_INPUT."""
    say(message)
    sys.exit(ExitStatus.WRONG_INPUT)


def say(message: str) -> None:
    """Tell people something beside the data: one line on stderr, or several when there are several faults.

    Threads speak at the same time, so it is written at once; where nobody can be told, nothing is lost but words.
    """
    told = "".join(f"umbilical: {safe(line)}\n" for line in message.splitlines() or [""])
    if sys.stderr is not None:
        with suppress(OSError, ValueError):
            sys.stderr.write(told)
            sys.stderr.flush()


@contextmanager
def told_plainly() -> Iterator[None]:
    """Turn wrong input into one line for the operator; only around code that opens and reads what a person named."""
    try:
        yield
    except ValueError as error:  # also the house's own, whose text names file and line
        fail(str(error))
    except OSError as error:
        fail(_reason(error))


@contextmanager
def guarded_output() -> Iterator[None]:
    """End quietly when the reader of our output has gone (``| head``), and plainly when it cannot be written."""
    try:
        yield
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        _abandon_stdout()
        sys.exit(ExitStatus.CLEAN)
    except OSError as error:
        _abandon_stdout()
        fail(_reason(error))


def _reason(error: OSError) -> str:
    if isinstance(error, FileNotFoundError) and error.filename:
        return f"{os.fsdecode(error.filename)}: no such file or folder"
    words = error.strerror or str(error)
    if error.errno is None or words != os.strerror(error.errno):  # our own words say it all
        return f"{os.fsdecode(error.filename)}: {words}" if error.filename else words
    words = words.lower()
    return f"{os.fsdecode(error.filename)}: {words}" if error.filename else f"cannot write: {words}"


def _abandon_stdout() -> None:
    """Python flushes stdout once more at exit; give it somewhere to go."""
    try:
        number = sys.stdout.fileno()
    except (OSError, ValueError, AttributeError):  # a test's, or closed
        return
    os.dup2(os.open(os.devnull, os.O_WRONLY), number)
