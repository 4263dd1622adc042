"""Saves checkpoints in a forked child, so that capture does not wait while a state is gathered and written.

A fork is the one way to get all tables as they stand at one instant without stopping for longer than it takes to copy
the page tables. The parent has threads, and whatever lock one of them held stays locked in the child for ever. So the
child does nothing but gather, pack and write: no logging, no imports, no network, no JSON; it leaves by ``os._exit``. Should
it hang all the same, it is killed and counted, and the old checkpoint stays.

Rule: everything here is called from the main thread, and nothing waits but ``finish``, which waits for a bounded time.
"""

import gc
import os
import signal
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from monitor.export.checkpoint import put_in_place, remove_left_over, temporary, write, write_aside

PATIENCE_SECONDS = 60.0
"""A child that takes longer is killed."""
_MAX_REASON_BYTES = 512
_NICENESS = 10
"""The child gives way to capture."""
_LOOKS_PER_SECOND = 50
_LAST_SECONDS = 5.0
"""How long ``finish`` waits for a child that was killed: it may hang in the disk, where no signal reaches it."""
_SAVED, _FAILED = b"+", b"-"
_FIRST_INHERITED = 3
"""File descriptors below it are the standard streams."""


@dataclass(slots=True)
class SaverHealth:
    """What became of the checkpoints, for metrics."""

    saved: int = 0
    failures: int = 0
    """All that did not come to be: refused by the system, the disk or the state, or killed."""
    killed: int = 0
    """Those among them that took too long."""
    postponed: int = 0
    """Asked for while the one before was still being written."""
    bytes: int = 0
    """Size of the last one."""
    last_success_ns: int = 0
    """Wall clock; 0 before the first."""
    last_failure: str = ""
    """Why the last one that failed did."""


class _Child(NamedTuple):
    pid: int
    pipe: int
    deadline: float
    """On the monotonic clock."""
    is_killed: bool = False


class _Task(NamedTuple):
    """What a child is to do."""

    path: Path
    make_state: Callable[[], Any]
    parent: int


class Saver:
    """Writes one checkpoint at a time."""

    def __init__(self, path: Path, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self.path = path
        self.health = SaverHealth()
        self._patience_seconds = patience_seconds
        self._child: _Child | None = None
        remove_left_over(path)

    @property
    def is_saving(self) -> bool:
        """Whether a child is at work, as far as ``poll`` has seen."""
        return self._child is not None

    def save(self, make_state: Callable[[], Any]) -> bool:
        """Begin a checkpoint of what ``make_state`` returns, called in the child; False when none was begun."""
        self.poll()
        if self._child is not None:
            self.health.postponed += 1
            return False
        try:
            self._child = self._forked(make_state)
        except OSError as error:
            self._fail(f"cannot fork: {error.strerror}")
        return self._child is not None

    def fail(self, reason: str) -> None:
        """Count a checkpoint that could not even begin."""
        self._fail(reason)

    def poll(self) -> None:
        """See whether the child is done; kill it when it takes too long."""
        child = self._child
        if child is None:
            return
        if _is_over(child.pid):
            self._child = None
            self._settle(child)
        elif time.monotonic() > child.deadline:
            self._kill(child)

    def finish(self, state: Any) -> bool:
        """Wait for the child, then write the last checkpoint of a run here; False when that failed."""
        while self._child is not None and time.monotonic() < self._child.deadline + _LAST_SECONDS:
            time.sleep(1 / _LOOKS_PER_SECOND)
            self.poll()
        if self._child is not None:
            self._kill(self._child)
        try:
            self._succeed(write(self.path, state))
        except (OSError, ValueError, TypeError) as error:
            self._fail(_reason(error))
            return False
        return True

    def _forked(self, make_state: Callable[[], Any]) -> _Child:
        parent = os.getpid()
        pipe, told = os.pipe()
        os.set_blocking(pipe, False)
        with ExitStack() as undo:
            undo.callback(os.close, pipe)
            try:
                with _signals_held():
                    pid = _fork()
                    if pid == 0:
                        _save_and_exit(_Task(self.path, make_state, parent), told)
            finally:
                os.close(told)
            undo.pop_all()
        return _Child(pid, pipe, time.monotonic() + self._patience_seconds)

    def _kill(self, child: _Child) -> None:
        if not child.is_killed:
            self.health.killed += 1
            os.kill(child.pid, signal.SIGKILL)
            self._child = child._replace(is_killed=True)

    def _settle(self, child: _Child) -> None:
        """Take down how it went with a child that has ended."""
        result = _result(child.pipe)
        os.close(child.pipe)
        with suppress(OSError):
            temporary(self.path, child.pid).unlink(missing_ok=True)
        if result.startswith(_SAVED):
            self._succeed(int(result[1:]))
        elif child.is_killed:
            self._fail("it took too long and was killed")
        else:
            self._fail(result[1:].decode("utf-8", "replace") or "its writer ended before its time")

    def _succeed(self, size: int) -> None:
        self.health.saved += 1
        self.health.bytes = size
        self.health.last_success_ns = time.time_ns()

    def _fail(self, reason: str) -> None:
        self.health.failures += 1
        self.health.last_failure = reason


def _fork() -> int:
    with warnings.catch_warnings():
        # Python 3.12 warns of what the head of this file answers.
        warnings.filterwarnings("ignore", ".*multi-threaded, use of fork", DeprecationWarning)
        return os.fork()


@contextmanager
def _signals_held() -> Iterator[None]:
    """Hold back signals: the parent's handlers are not the child's. The child never lets them in again."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _save_and_exit(task: _Task, told: int) -> NoReturn:
    """Be the child: write the checkpoint, tell the parent how that went, and end without a trace."""
    status = 1
    try:
        gc.disable()  # to look for cycles is to touch, and so to copy, every page of the parent's
        _let_go_of_all_but(told)
        size = _written(task)
        os.write(told, _SAVED + str(size).encode("ascii"))
        status = 0
    except BaseException as error:  # noqa: BLE001 - nothing may leave the child, whatever it is
        with suppress(BaseException):
            os.write(told, _FAILED + _reason(error).encode("utf-8", "replace")[:_MAX_REASON_BYTES])
    finally:
        os._exit(status)


def _written(task: _Task) -> int:
    beside = temporary(task.path, os.getpid())
    try:
        size = write_aside(beside, task.make_state())
        _stop_without(task.parent)
        put_in_place(beside, task.path)
        return size
    finally:
        beside.unlink(missing_ok=True)  # nothing, once it is in its place


def _stop_without(parent: int) -> None:
    """Give up when the sensor has gone: one that began since may have written something newer."""
    if os.getppid() != parent:
        raise InterruptedError("the sensor has gone")


def _let_go_of_all_but(told: int) -> None:
    """Close what was inherited, so that no socket outlives the parent; and give way to it."""
    limit = os.sysconf("SC_OPEN_MAX")
    os.closerange(_FIRST_INHERITED, told)
    os.closerange(told + 1, limit if limit > 0 else 1 << 20)
    with suppress(OSError):
        os.nice(_NICENESS)


def _is_over(pid: int) -> bool:
    try:
        return os.waitpid(pid, os.WNOHANG)[0] != 0
    except ChildProcessError:  # somebody else has waited for it; what it told still says how it went
        return True


def _result(pipe: int) -> bytes:
    """Return what the child told; nothing when it was killed."""
    try:
        return os.read(pipe, _MAX_REASON_BYTES + 1)
    except BlockingIOError:  # nothing was told, and another process has inherited the other end
        return b""


def _reason(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    return f"{type(error).__name__}: {error}"
