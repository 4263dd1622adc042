"""Where the sensor writes: the folders it makes for itself, and those that outputs of the configuration name."""

from pathlib import Path

from monitor.config.tree import Config
from monitor.export.prometheus import parsed

_OUTPUTS = "export."
_FILE = "path"
"""The setting of an output that names a file to write to."""


def own_folders(config: Config) -> tuple[Path, ...]:
    """Return the folders that the sensor makes when they are missing."""
    return tuple(folder for folder in (config.state_folder, config.record_folder) if folder is not None)


def written_folders(config: Config) -> tuple[Path, ...]:
    """Return every folder in which files are made, replaced or removed while the sensor runs."""
    socket = parsed(config.settings("export.prometheus").listen or ":0").path
    files = written_files(config) if socket is None else (*written_files(config), socket)
    return tuple(dict.fromkeys((*own_folders(config), *(file.parent for file in files))))


def written_files(config: Config) -> tuple[Path, ...]:
    """Return the files that outputs append to."""
    beside = Path.cwd() if config.path is None else config.path.parent
    names = (
        getattr(settings, _FILE, None)
        for section, settings in config.sections.items()
        if section.startswith(_OUTPUTS)
    )
    return tuple(beside / name for name in names if isinstance(name, str) and name)
