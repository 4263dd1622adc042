"""How a command ends: exit statuses, and wrong input told in one line instead of a stack trace."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import NoReturn

from monitor.model.errors import LocatedError


class ExitStatus(IntEnum):
    """What scripts can rely on."""

    CLEAN = 0
    """Read to the end."""
    ALERTS = 1
    """Only with ``--fail-on``: an alert of that severity or worse."""
    WRONG_INPUT = 2
    """Nothing was processed; the message says why."""
    DAMAGED = 3
    """A capture was cut short or damaged; all before the damage is reported."""
    INTERRUPTED = 130
    """Ctrl-C; what was read until then is reported."""


def fail(message: str) -> NoReturn:
    """Say what is wrong and end with WRONG_INPUT."""
    print(f"umbilical: {message}", file=sys.stderr)
    sys.exit(ExitStatus.WRONG_INPUT)


@contextmanager
def told_plainly() -> Iterator[None]:
    """Turn wrong input into one line for the operator; only around code that opens and reads what a person named."""
    try:
        yield
    except LocatedError as error:
        fail(str(error))
    except FileNotFoundError as error:
        fail(f"{error.filename}: no such file or folder" if error.filename else str(error))
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}" if error.filename else str(error))
    except ValueError as error:
        fail(str(error))


@contextmanager
def quiet_pipe() -> Iterator[None]:
    """End quietly when the reader of our output has gone (``| head``)."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        # Python flushes stdout once more at exit; give it somewhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(ExitStatus.CLEAN)
