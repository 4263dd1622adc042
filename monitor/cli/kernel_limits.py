"""The few calls of Linux by which a process gives rights away for ever: prctl(2) and capset(2), through ctypes.

Each takes away or states, none gives. A call the kernel refuses raises OSError; elsewhere than on Linux all do.
"""

import ctypes
import errno
import os
from pathlib import Path

PR_SET_DUMPABLE = 4
PR_CAPBSET_DROP = 24
PR_SET_NO_NEW_PRIVS = 38
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_CLEAR_ALL = 4
_CAPABILITY_VERSION_3 = 0x20080522
_LAST_CAPABILITY = Path("/proc/sys/kernel/cap_last_cap")
_STATUS = Path("/proc/self/status")


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Data(ctypes.Structure):
    """A third of the sets: 32 capabilities of each."""

    _fields_ = (
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    )


def forbid_new_privileges() -> None:
    """No program started from here on gains rights by its set-user-id bit or its file capabilities."""
    _prctl(PR_SET_NO_NEW_PRIVS, 1)


def forbid_dumps() -> None:
    """No core dump, and no other process of the same user looks into this one's memory."""
    _prctl(PR_SET_DUMPABLE, 0)


def shrink_bounding_set() -> None:
    """Take every capability from what could ever be regained; asks for CAP_SETPCAP."""
    for capability in range(int(_LAST_CAPABILITY.read_text("ascii")) + 1):
        _prctl(PR_CAPBSET_DROP, capability)


def give_up_capabilities() -> None:
    """Empty the effective, permitted, inheritable and ambient sets."""
    _prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
    header, data = _Header(_CAPABILITY_VERSION_3, 0), (_Data * 2)()
    if _libc().capset(ctypes.byref(header), ctypes.byref(data)):
        _raise("capset")


def capabilities() -> int:
    """Return the effective capabilities as bits."""
    return int(status_field("CapEff") or "0", 16)


def status_field(name: str) -> str | None:
    """Return a line of ``/proc/self/status`` (proc(5)), None where there is none."""
    try:
        lines = _STATUS.read_text("ascii", errors="replace").splitlines()
    except OSError:
        return None
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(f"{name}:")), None)


def system_call(number: int, *arguments: int | ctypes.Array[ctypes.c_char] | None) -> int:
    """Make a system call that the C library has no name for."""
    result: int = _libc().syscall(ctypes.c_long(number), *arguments)
    if result < 0:
        _raise(f"system call {number}")
    return result


def _prctl(option: int, argument: int) -> None:
    numbers = [ctypes.c_ulong(number) for number in (argument, 0, 0, 0)]
    if _libc().prctl(ctypes.c_int(option), *numbers):
        _raise(f"prctl {option}")


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _raise(what: str) -> None:
    number = ctypes.get_errno() or errno.ENOSYS
    raise OSError(number, f"{what}: {os.strerror(number)}")
