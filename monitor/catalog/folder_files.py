"""Tells the files of a signature folder apart: vendor files, plain lists, what is no matter of ours. Opens none of them.

Rule: what looks like signatures and is read by nothing is told, never passed over; a site would believe it in use.
"""

import os
from pathlib import Path
from typing import NamedTuple

from monitor.catalog.faults import Faults

VENDOR_SUFFIX = ".yaml"
LIST_SUFFIXES = (".txt", ".list")
DATA = "data"
"""The folder of the long tables."""

_FOLDERS_BESIDE = frozenset({DATA, "schema"})
_DOCUMENTS = frozenset({"README", "LICENSE", "COPYING", "NOTICE"})
_DOCUMENT_SUFFIX = ".md"
_LEFTOVER_MARKS = ("~", "#")
"""How the names of editors' backups end."""
_WRONG_NAME = "not read: signature files end in .yaml (lists in .txt or .list)"
_WRONG_PLACE = "not read: a folder; signature files stand beside it, not in it"
_LIST_ALONE = "not read: a list counts only among a site's own files (--local, or [catalog] folders)"


class FolderFiles(NamedTuple):
    """The names in a folder, sorted."""

    vendor_files: list[Path]
    lists: list[Path]
    strays: list[Path]
    """What nothing reads and nothing explains."""


def files_of(folder: Path) -> FolderFiles:
    """Return the files of a folder; raises OSError when it cannot be read."""
    found = FolderFiles([], [], [])
    for path in sorted(path for path in folder.iterdir() if not _is_set_aside(path.name)):
        if path.suffix == VENDOR_SUFFIX:
            found.vendor_files.append(path)
        elif path.name.partition(".")[0] in _DOCUMENTS or path.suffix == _DOCUMENT_SUFFIX:
            continue
        elif path.suffix in LIST_SUFFIXES:
            found.lists.append(path)
        elif path.name not in _FOLDERS_BESIDE or not _is_folder(path):
            found.strays.append(path)
    return found


def warn_of_strays(folder: Path, faults: Faults, *, local: bool) -> None:
    """Note what a load of the folder passes over."""
    files = files_of(folder)
    unread = [(path, _WRONG_PLACE if _is_folder(path) else _WRONG_NAME) for path in files.strays]
    unread += [] if local else [(path, _LIST_ALONE) for path in files.lists]
    for path, problem in unread:
        faults.warn(str(path), problem)
    if not (unread or files.vendor_files or files.lists):
        faults.warn(str(folder), "holds no signature files")


def is_readable(folder: Path, faults: Faults) -> bool:
    """Whether there is a folder that can be read; notes why not."""
    try:
        with os.scandir(folder):
            return True
    except FileNotFoundError:
        faults.add(str(folder), None, "no such folder")
    except NotADirectoryError:
        faults.add(str(folder), None, _not_a_folder(folder))
    except OSError as error:
        faults.add(str(folder), None, f"cannot be read: {error.strerror}")
    return False


def _not_a_folder(path: Path) -> str:
    is_file = os.path.isfile(path)  # noqa: PTH113 - pathlib raises where a link leads to what may not be entered
    return "is a file; name the folder that holds it" if is_file else "is no folder"


def _is_folder(path: Path) -> bool:
    return os.path.isdir(path)  # noqa: PTH112 - as above


def _is_set_aside(name: str) -> bool:
    return name.startswith(".") or name.endswith(_LEFTOVER_MARKS)
