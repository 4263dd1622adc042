"""Opens, one after the other, everything that a configuration names, so that all faults are known at once.

Rule: nothing is changed, made or connected to; what the sensor would only find out later is asked of the disk here.
"""

import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import MISSING, dataclass, field, fields, replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from monitor.capture.interface import interface_names
from monitor.cli.account import account_for
from monitor.cli.fitting import narrowness
from monitor.cli.folders import check_can_append, check_can_keep, written_files
from monitor.config.position import Path as Place
from monitor.config.reader import read
from monitor.config.tree import Config
from monitor.model.errors import ConfigError, LocatedError

if TYPE_CHECKING:
    from monitor.catalog.catalog import Catalog
    from monitor.enrich.geoip import GeoIp

_SECRET_FILES = ("password_file", "secret_file", "key_file")
_SECRET_TABLES = ("header_files",)
_SIMPLE_FILTER = "ip"
"""What cannot be compiled when nothing can."""


@dataclass(slots=True)
class Checked:
    """What a configuration amounts to, and what is wrong with what it names."""

    config: Config
    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What need not be wrong, but is worth a look."""
    catalog: "Catalog | None" = None
    signatures_day_ns: int | None = None
    """Of the pack in use, or of the newest signature."""
    geoip: "GeoIp | None" = None


def checked(file: Path | None, signatures: Path | None = None) -> Checked:
    """Open everything; raises ConfigError for a file that cannot be read as TOML."""
    return _Check(file, signatures).result


class _Check:
    def __init__(self, file: Path | None, signatures: Path | None) -> None:
        self._reading = read(file)
        self._faults = self._reading.faults
        self._config = self._reading.config
        self.result = Checked(self._config)
        self._signatures = signatures
        self._own_words: list[str] = []
        for check in [*self._of_what_is_whole(), self._sections]:
            check()
        self.result.faults = [*self._located(file), *self._own_words]

    def _of_what_is_whole(self) -> list[Callable[[], None]]:
        """Return the checks of which no section has a fault in itself: from its defaults nothing follows."""
        checks: dict[Callable[[], None], list[tuple[str, ...]]] = {
            self._catalog: [("catalog",)],
            self._geoip: [("geoip",)],
            self._detectors: [("detect",)],
            self._sensor: [("sensor",)],
            self._filter: [("capture",)],
            self._memory: [("sensor",), ("capture",), ("flow",), ("export", "recorder")],
        }
        whole = self._faults.is_whole
        return [check for check, sections in checks.items() if all(whole(*one) for one in sections)]

    def _located(self, file: Path | None) -> list[str]:
        if not self._faults.found:
            return []
        return str(self._faults.error(str(file or "defaults"), self._reading.text)).splitlines()

    @contextmanager
    def _caught(self, place: Place) -> Iterator[None]:
        """Keep what is wrong, at the line that named it; files with lines of their own are told by those."""
        try:
            yield
        except LocatedError as error:
            own = error.location is None or error.location.line is not None
            if own or "\n" in str(error):
                self._own_words += str(error).splitlines()
            else:
                self._faults.add(place, str(error))
        except OSError as error:
            self._faults.add(place, f"{error.filename}: {(error.strerror or str(error)).lower()}")
        except ValueError as error:
            self._faults.add(place, str(error))

    def _catalog(self) -> None:
        from monitor.catalog.catalog import Catalog
        from monitor.catalog.pack_in_use import pack_in_use, version_in_use
        from monitor.cli.mute_check import idle_mutes

        instead = self._signatures
        with self._caught(("catalog", "folders")):
            pack = None if instead is not None else pack_in_use(self._config.pack_folder)
            shipped = instead if pack is None else pack.signatures
            catalog = Catalog.load(
                None if shipped is None else [shipped], local=self._config.signature_folders
            )
            self.result.catalog = catalog
            self.result.signatures_day_ns = version_in_use(pack, catalog).day_ns
            self.result.notes += [*catalog.warnings, *idle_mutes(self._config, catalog)]

    def _geoip(self) -> None:
        from monitor.enrich.geoip import GeoIp

        paths = self._config.database_paths
        for place, path in enumerate(paths or ()):
            with self._caught(("geoip", "database", place)):
                GeoIp.load([path])
        with self._caught(("geoip", "database")):
            if self._faults.is_whole("geoip"):
                self.result.geoip = GeoIp.load(paths)

    def _detectors(self) -> None:
        from monitor.registry import discover

        if self.result.catalog is None:
            return
        for name, make in discover("monitor.detect", "DETECTOR").items():
            with self._caught(("detect", name)):
                make(self._config.settings(f"detect.{name}"), self.result.catalog)

    def _sensor(self) -> None:
        sensor, config = self._config.sensor, self._config
        for name in sorted({*sensor.interfaces} - {*interface_names()}):
            self.result.notes.append(f"there is no interface {name} on this host now (see: ip -brief link)")
        with self._caught(("sensor", "user")):
            account_for(sensor.user, sensor.group)
        for key, folder in (("state_folder", config.state_folder), ("record_folder", config.record_folder)):
            with self._caught(("sensor", key)):
                if folder is not None:
                    check_can_keep(folder)
        if config.state_folder is None:
            self.result.notes.append(
                "no state folder: a restart begins anew, and no alert waits for an output"
            )

    def _filter(self) -> None:
        from monitor.capture.filter import check

        with self._caught(("capture", "filter")):
            try:
                check(self._config.settings("capture").filter)
            except ValueError as error:
                if _can_compile_filters():
                    raise ValueError(str(error).removeprefix("filter ")) from None
                self.result.notes.append(f"capture.filter is not checked: {error}")

    def _memory(self) -> None:
        """Fit the tables, so that a budget which ``watch`` would refuse is refused here."""
        try:
            narrow = narrowness(self._config)
        except ValueError as error:
            self._faults.add(("sensor", "memory_budget"), str(error).removeprefix("memory_budget: "))
        else:
            self.result.notes += [narrow] if narrow else []

    def _sections(self) -> None:
        for path in written_files(self._config):
            with self._caught(("export", "jsonl", "path")):
                check_can_append(path)
        for section, settings in self._config.sections.items():
            place = tuple(section.split("."))
            if section == "export.prometheus":
                with self._caught((*place, "web_config")):
                    self._web(settings.web_config)
            elif place[0] == "export":
                with self._caught(place):
                    self._output(place, settings)
            self.result.notes += _told_to_everybody(settings, self._folder)

    def _web(self, name: str) -> None:
        from monitor.export.web_config import load as load_web_config

        if name:
            self.result.notes += load_web_config(self._folder / name).notices

    def _output(self, place: Place, settings: Any) -> None:
        """Make an output, which opens all its files, and let it go before it connects; again without what was wrong."""
        from monitor.export._origin import Origin

        exporter = getattr(import_module(f"monitor.{'.'.join(map(str, place))}"), "EXPORTER", None)
        origin = Origin(folder=self._folder, host="", version="")
        while exporter is not None and settings is not None:
            try:
                exporter(settings, origin).close()
            except ConfigError as error:
                settings = self._blamed(place, settings, error.problem)
            else:
                return

    def _blamed(self, place: Place, settings: Any, told: str) -> Any:
        """Keep what is wrong with an output; return its settings without that, None where that cannot be."""
        key, _, problem = told.partition(": ")
        if key.partition(".")[0] not in {one.name for one in fields(settings)}:
            self._faults.add(place, told)
            return None
        self._faults.add((*place, *key.split(".")), problem)
        return _without(key, settings)

    @property
    def _folder(self) -> Path:
        return Path.cwd() if self._config.path is None else self._config.path.parent


def _without(key: str, settings: Any) -> Any:
    """Return settings as if a key, or an entry of its table, were not given; None where that cannot be."""
    name, _, entry = key.partition(".")
    given = getattr(settings, name)
    one = next(one for one in fields(settings) if one.name == name)
    default = one.default if one.default_factory is MISSING else one.default_factory()
    if entry and isinstance(given, Mapping):
        default = {other: value for other, value in given.items() if other != entry}
    if default is MISSING or default == given:
        return None
    try:
        return replace(settings, **{name: default})
    except ValueError:  # what is left makes no sense without it
        return None


def _can_compile_filters() -> bool:
    from monitor.capture.filter import check

    try:
        check(_SIMPLE_FILTER)
    except ValueError:
        return False
    return True


def _told_to_everybody(settings: Any, folder: Path) -> Iterator[str]:
    """Yield the files with secrets that every account can read."""
    names = [getattr(settings, key, None) for key in _SECRET_FILES]
    for key in _SECRET_TABLES:
        names += dict(getattr(settings, key, None) or {}).values()
    for name in filter(None, names):
        path = folder / name
        if path.exists() and path.stat().st_mode & stat.S_IROTH:
            yield f"{path}: holds a secret and everybody may read it: chmod o= {path}"
