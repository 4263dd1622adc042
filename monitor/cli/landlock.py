"""Landlock: from here on nothing is written or made outside a few folders, whatever the file permissions say.

Linux keeps these numbers for ever (``linux/landlock.h``), and the calls are three; the binding on PyPI is an alpha.
Reading is left to the file permissions: the interpreter goes on loading modules and the operator's files. The limit
holds for the calling thread and all that it starts later, so it is set before there are others.
"""

import ctypes
import os
import sys
from collections.abc import Iterable
from pathlib import Path

from monitor.cli.kernel_limits import system_call

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_ASK_VERSION = 1
_PATH_BENEATH = 1

EXECUTE = 1 << 0
WRITE_FILE = 1 << 1
REMOVE_DIR = 1 << 4
REMOVE_FILE = 1 << 5
MAKE_CHAR = 1 << 6
MAKE_DIR = 1 << 7
MAKE_REG = 1 << 8
MAKE_SOCK = 1 << 9
MAKE_FIFO = 1 << 10
MAKE_BLOCK = 1 << 11
MAKE_SYM = 1 << 12
REFER = 1 << 13
TRUNCATE = 1 << 14
IOCTL_DEV = 1 << 15

_SINCE_ABI = {REFER: 2, TRUNCATE: 3, IOCTL_DEV: 5}
_LIMITED = (
    EXECUTE
    | WRITE_FILE
    | REMOVE_DIR
    | REMOVE_FILE
    | MAKE_CHAR
    | MAKE_DIR
    | MAKE_REG
    | MAKE_SOCK
    | MAKE_FIFO
    | MAKE_BLOCK
    | MAKE_SYM
    | REFER
    | TRUNCATE
    | IOCTL_DEV
)
_IN_A_FOLDER = WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | REFER | TRUNCATE
_OF_A_FILE = WRITE_FILE | TRUNCATE
_HARMLESS = (Path("/dev/null"), Path("/dev/full"), Path("/dev/tty"))


def landlock_version() -> int:
    """Return the kernel's version of the interface; 0 where there is none or it is switched off."""
    try:
        return system_call(_CREATE_RULESET, None, 0, _ASK_VERSION)
    except OSError:
        return 0


def write_only_beneath(places: Iterable[Path]) -> None:
    """Allow writing beneath these folders, and to these files, only; raises OSError when the kernel refuses.

    Folders that are not there are left out: nothing can be made in them. ``no_new_privs`` must be set.
    """
    version = landlock_version()
    limited = _known(_LIMITED, version)
    ruleset = _created(limited)
    try:
        for place in (*places, *_HARMLESS):
            _allow(ruleset, place, limited)
        system_call(_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


def _known(rights: int, version: int) -> int:
    """Leave out what this kernel does not know yet."""
    for right, since in _SINCE_ABI.items():
        if version < since:
            rights &= ~right
    return rights


def _created(limited: int) -> int:
    octets = limited.to_bytes(8, sys.byteorder)
    attributes = ctypes.create_string_buffer(octets, len(octets))
    return system_call(_CREATE_RULESET, attributes, len(octets), 0)


def _allow(ruleset: int, place: Path, limited: int) -> None:
    """Struct landlock_path_beneath_attr is packed: eight octets of rights, four of the descriptor."""
    try:
        handle = os.open(place, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        rights = limited & (_IN_A_FOLDER if place.is_dir() else _OF_A_FILE)
        octets = rights.to_bytes(8, sys.byteorder) + handle.to_bytes(4, sys.byteorder)
        rule = ctypes.create_string_buffer(octets, len(octets))
        system_call(_ADD_RULE, ruleset, _PATH_BENEATH, rule, 0)
    finally:
        os.close(handle)
