"""Where the sensor writes: the folders it makes for itself, and those that outputs of the configuration name.

What no account could write to is refused when it is asked for, with the reason: giving it away would not help.
"""

import os
from pathlib import Path

from monitor.config.tree import Config
from monitor.export.prometheus import parsed

_OUTPUTS = "export."
_FILE = "path"
"""The setting of an output that names a file to write to."""


def own_folders(config: Config) -> tuple[Path, ...]:
    """Return the folders that the sensor makes when they are missing; raises ValueError where none can be."""
    named = (config.state_folder, config.record_folder)
    return tuple(_possible(folder) for folder in named if folder is not None)


def written_folders(config: Config) -> tuple[Path, ...]:
    """Return every folder in which files are made, replaced or removed; raises ValueError where none can be."""
    socket = parsed(config.settings("export.prometheus").listen or ":0").path
    files = written_files(config) if socket is None else (*written_files(config), socket)
    return tuple(dict.fromkeys((*own_folders(config), *(_possible(file.parent) for file in files))))


def written_files(config: Config) -> tuple[Path, ...]:
    """Return the files that outputs append to."""
    beside = Path.cwd() if config.path is None else config.path.parent
    names = (
        getattr(settings, _FILE, None)
        for section, settings in config.sections.items()
        if section.startswith(_OUTPUTS)
    )
    return tuple(beside / name for name in names if isinstance(name, str) and name)


def check_can_append(path: Path) -> None:
    """Raise ValueError for a file that this account cannot write to, nor make."""
    if path.is_dir():
        raise ValueError(f"{path}: is a folder, not a file to write to")
    if not path.parent.is_dir():
        raise ValueError(f"{path.parent}: no such folder; make it: mkdir -p {path.parent}")
    check_can_keep(path.parent)
    if path.exists() and not os.access(path, os.W_OK):
        raise ValueError(f"{path}: cannot be written")


def check_can_keep(folder: Path) -> None:
    """Raise ValueError for a folder in which this account can keep nothing, nor make it where it is missing."""
    nearest = _nearest(_possible(folder))
    if not os.access(nearest, os.W_OK | os.X_OK):
        what = "cannot be written" if nearest == folder else f"is missing, and {nearest} cannot be written"
        raise ValueError(f"{folder}: {what}; make it: install -d -o {os.geteuid()} {folder}")


def _possible(folder: Path) -> Path:
    """Return a folder; raises ValueError for one that no account can write to or make."""
    nearest = _nearest(folder)
    if not nearest.is_dir():
        raise ValueError(f"{nearest}: is no folder; name another, or move it away")
    if os.statvfs(nearest).f_flag & os.ST_RDONLY:
        raise ValueError(f"{folder}: the file system is read-only here; name a folder on another")
    return folder


def _nearest(folder: Path) -> Path:
    """Return the folder, or what is there of the way to it."""
    return next(one for one in (folder, *folder.absolute().parents) if one.exists())
