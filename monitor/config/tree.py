"""The whole configuration as one frozen tree, and where the sections of plug-ins are found.

``[flow]`` belongs to ``monitor/flow/settings.py``, ``[detect.watched_place]`` to ``monitor/detect/watched_place.py``:
each is the frozen dataclass ``Settings`` of that module. A module is imported when its section is asked for.
"""

import os
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, field, is_dataclass
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Any

from monitor.config.sensor import Sensor
from monitor.config.site import Alerts, CatalogFolders, Databases, Site
from monitor.enrich.geoip import EMBEDDED
from monitor.enrich.installed import databases_in

ROOMS = ("capture", "decode", "detect", "export", "flow", "protocols")
"""Rooms that may have settings: their own in ``settings.py``, or those of their plug-ins."""
PLUGIN_ROOMS = ("detect", "export", "protocols")
_SETTINGS_MODULE = "settings"
_PACKS = Path("umbilical", "signatures")
_DATABASES = Path("umbilical", "geoip")


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The configuration; without a file, the defaults."""

    path: Path | None = None
    site: Site = field(default_factory=Site)
    alert: Alerts = field(default_factory=Alerts)
    catalog: CatalogFolders = field(default_factory=CatalogFolders)
    geoip: Databases = field(default_factory=Databases)
    sensor: Sensor = field(default_factory=Sensor)
    sections: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    """Settings of rooms and plug-ins that the file has, by dotted name; an exporter runs when it is here."""

    def settings(self, section: str) -> Any:
        """Return the ``Settings`` of a room or plug-in, by default its own defaults; None when it has none."""
        given = self.sections.get(section)
        if given is not None:
            return given
        record = settings_class(section)
        return None if record is None else record()

    @property
    def signature_folders(self) -> tuple[Path, ...]:
        """Folders of the site's own signatures."""
        return tuple(self._beside(folder) for folder in self.catalog.folders)

    @property
    def pack_folder(self) -> Path | None:
        """Where signature packs are installed; None where there is no home to look in."""
        given = self.catalog.pack_folder
        if given is not None:
            return self._beside(given)
        home = data_home()
        return None if home is None else home / _PACKS

    @property
    def database_paths(self) -> tuple[str, ...] | None:
        """Geo-IP databases to open; None for the embedded one."""
        if self.geoip.database is None:
            return databases_in(self.geoip_folder)
        return tuple(name if name == EMBEDDED else str(self._beside(name)) for name in self.geoip.database)

    @property
    def geoip_folder(self) -> Path | None:
        """Where geo-IP databases are installed; None where there is no home to look in."""
        given = self.geoip.folder
        if given is not None:
            return self._beside(given)
        home = data_home()
        return None if home is None else home / _DATABASES

    @property
    def account_file(self) -> Path | None:
        """Where the key of the geo-IP provider is."""
        given = self.geoip.account_file
        return None if given is None else self._beside(given)

    @property
    def state_folder(self) -> Path | None:
        """Where the sensor keeps what must survive it; None for nowhere."""
        given = self.sensor.state_folder
        return _systemd_state_folder() if given is None else self._beside(given)

    @property
    def record_folder(self) -> Path | None:
        """Where the sensor keeps packets that mattered; None for nowhere."""
        given = self.sensor.record_folder
        return None if given is None else self._beside(given)

    def _beside(self, name: str) -> Path:
        """Relative paths start where the file stands, wherever the program was started."""
        return Path(name) if self.path is None else self.path.parent / name


def data_home() -> Path | None:
    """Return the folder for a user's data (XDG Base Directory 0.8), None for a user without a home to look into."""
    given = os.environ.get("XDG_DATA_HOME", "")
    if os.path.isabs(given):  # noqa: PTH117 - an empty text is no path; relative ones are to be ignored
        folder = Path(given)
    else:
        try:
            folder = Path.home() / ".local" / "share"
        except RuntimeError:
            return None
    return folder if _may_be_looked_into(folder) else None


def _may_be_looked_into(folder: Path) -> bool:
    """Whether a folder may be read; one that is not there may."""
    try:
        folder.stat()
    except PermissionError:
        return False
    except OSError:
        return True
    return True


def _systemd_state_folder() -> Path | None:
    """Return the first folder of the unit's ``StateDirectory=`` (systemd.exec(5)), None outside such a unit."""
    first = os.environ.get("STATE_DIRECTORY", "").partition(":")[0]
    return Path(first) if os.path.isabs(first) else None  # noqa: PTH117 - an empty text is no path


def settings_class(section: str) -> type | None:
    """Return the ``Settings`` of a section that exists, None when its module has none."""
    module = f"monitor.{section}" if "." in section else f"monitor.{section}.{_SETTINGS_MODULE}"
    record = getattr(import_module(module), "Settings", None)
    is_own = isinstance(record, type) and is_dataclass(record) and record.__module__ == module
    return record if is_own else None


def room_has_settings(room: str) -> bool:
    """Whether a room has settings of its own."""
    return _SETTINGS_MODULE in _public_modules(room)


def plugins(room: str) -> list[str]:
    """Return the names of a room's plug-ins without importing them."""
    return (
        [name for name in _public_modules(room) if name != _SETTINGS_MODULE] if room in PLUGIN_ROOMS else []
    )


def _public_modules(room: str) -> list[str]:
    package = import_module(f"monitor.{room}")
    return sorted(
        info.name for info in pkgutil.iter_modules(package.__path__) if not info.name.startswith("_")
    )
