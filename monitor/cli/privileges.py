"""Gives away, once the sockets are open, every right that listening no longer needs; nothing of it can be taken back.

The order matters and is the only thing decided here: what needs rights comes first, what forbids comes last. It is for
the main thread before there are others: Linux keeps capabilities and Landlock by thread. Kernels must be compiled
and loaded before, and whatever starts a program.
"""

import os
import resource
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monitor.cli import kernel_limits
from monitor.cli.account import Account
from monitor.cli.kernels import keep_no_more
from monitor.cli.landlock import landlock_version, write_only_beneath
from monitor.cli.seccomp import refuse_system_calls, seccomp_library

_OWN_DESCRIPTORS = Path("/proc/self/fd")
_PRIVATE = 0o077
_FIRST_OTHER = 3
"""After stdin, stdout and stderr."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """What is in force now, in words for people."""

    account: str
    limits: tuple[str, ...]
    missing: tuple[str, ...] = ()
    """What this host cannot give, and how it could."""


def close_inherited(keep: Collection[int] = ()) -> tuple[int, ...]:
    """Close what the caller of this program left open; done first, before anything of ours is.

    Python marks what it opens as not to be inherited, so what has no mark came from outside.
    """
    strays = tuple(number for number in _descriptors() if number not in keep and _was_inherited(number))
    for number in strays:
        os.close(number)
    return strays


def drop_privileges(account: Account | None, writable: Sequence[Path] = ()) -> Dropped:
    """Become the account and forbid ourselves the rest; raises OSError when a right could not be given away.

    ``writable`` are the folders, and files, in which something may still be written or made.
    """
    keep_no_more()
    os.umask(_PRIVATE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if not sys.platform.startswith("linux"):
        _become(account)
        return Dropped(account=_who(account), limits=(), missing=("no limits: only Linux has them",))
    library = _library()
    if os.geteuid() == 0:
        kernel_limits.shrink_bounding_set()
    _become(account)
    kernel_limits.give_up_capabilities()
    kernel_limits.forbid_new_privileges()
    kernel_limits.forbid_dumps()
    _verify(account)
    return _sandboxed(account, writable, library)


def _descriptors() -> list[int]:
    try:
        numbers = [int(name) for name in os.listdir(_OWN_DESCRIPTORS)]  # noqa: PTH208 - names are all there is
    except OSError:
        return []
    return sorted(number for number in numbers if number >= _FIRST_OTHER)


def _was_inherited(number: int) -> bool:
    try:
        return os.get_inheritable(number)
    except OSError:  # the one that listed the folder
        return False


def _become(account: Account | None) -> None:
    if account is None:
        return
    os.initgroups(account.name, account.gid)
    os.setresgid(account.gid, account.gid, account.gid)
    os.setresuid(account.uid, account.uid, account.uid)


def _verify(account: Account | None) -> None:
    """Believe nothing that was not seen to be so."""
    if account is not None and {*os.getresuid(), account.uid} != {account.uid}:
        raise PermissionError(f"could not become {account.name}")
    if account is not None and {*os.getresgid(), account.gid} != {account.gid}:
        raise PermissionError(f"could not leave the group of {_who(None)}")
    if kernel_limits.capabilities():
        raise PermissionError("could not give up the capabilities")
    if os.geteuid() and _can_return():
        raise PermissionError("could become root again")


def _can_return() -> bool:
    try:
        os.setresuid(0, 0, 0)
    except OSError:
        return False
    return True


def _library() -> Any:
    """Return what sets filters of system calls, or why there is none; finding it starts programs."""
    try:
        return seccomp_library()
    except ImportError as error:
        return str(error)


def _sandboxed(account: Account | None, writable: Sequence[Path], library: Any) -> Dropped:
    limits = ["no capabilities", "no new privileges", "no core dumps"]
    missing = [account.problem] if account is not None and account.problem else []
    if landlock_version():
        write_only_beneath(writable)
        limits.append("writes only to its own folders (Landlock)")
    else:
        missing.append("no Landlock: it takes Linux 5.13 with landlock among its security modules")
    if isinstance(library, str):
        missing.append(f"no filter of system calls: {library}")
    else:
        refuse_system_calls(library)
        limits.append("no programs, mounts, tracing or packet sockets (seccomp)")
    return Dropped(account=_who(account), limits=tuple(limits), missing=tuple(missing))


def _who(account: Account | None) -> str:
    return f"user {os.geteuid()}" if account is None else account.name
