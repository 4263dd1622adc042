"""Reads the file: all faults are found before one is reported, and nothing is guessed."""

import re
import tomllib
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from monitor.config.fault import Faults
from monitor.config.hint import record_of
from monitor.config.sensor import Sensor
from monitor.config.shape import NOT_READ
from monitor.config.site import Alerts, CatalogFolders, Databases, Site
from monitor.config.tree import ROOMS, Config, plugins, room_has_settings, settings_class
from monitor.model.errors import ConfigError, Location

FIXED_SECTIONS = {
    "site": Site,
    "alert": Alerts,
    "catalog": CatalogFolders,
    "geoip": Databases,
    "sensor": Sensor,
}
"""Sections that are always there; ``tree.Config`` has a field for each."""
_TOML_PLACE = re.compile(r"\s*\(at line (\d+), column \d+\)|\s*\(at end of document\)")


class Reading(NamedTuple):
    """A file as far as it could be read."""

    config: Config
    """What has a fault has its defaults; an output with one is not there."""
    faults: Faults
    text: str


class _Section(NamedTuple):
    name: str
    record: type
    table: object


def load(path: Path | None) -> Config:
    """Return the configuration of a file, or the defaults; raises ConfigError that names every fault."""
    reading = read(path)
    if reading.faults.found:
        raise reading.faults.error(str(path), reading.text)
    return reading.config


def read(path: Path | None) -> Reading:
    """Return what a file says and what is wrong with it; raises ConfigError where it cannot be read at all."""
    faults = Faults()
    if path is None:
        return Reading(Config(), faults, "")
    text = _text(path)
    return Reading(_config(path, _document(path, text), faults), faults, text)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise ConfigError("no such file; an empty file is a valid site", Location(str(path))) from error
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", Location(str(path))) from error
    except UnicodeDecodeError as error:
        raise ConfigError("not UTF-8 text", Location(str(path))) from error


def _document(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        problem = str(error)
        place = _TOML_PLACE.search(problem)
        line = int(place[1]) if place and place[1] else len(text.splitlines()) or 1
        raise ConfigError(f"not TOML: {_TOML_PLACE.sub('', problem)}", Location(str(path), line)) from error
    except RecursionError as error:
        raise ConfigError("lists or tables are nested too deeply", Location(str(path))) from error


def _config(path: Path, document: dict[str, Any], faults: Faults) -> Config:
    known = [*FIXED_SECTIONS, *filter(_has_sections, ROOMS)]
    for name in document:
        if name not in known:
            faults.unknown((name,), known)
    fixed = {
        name: record_of(record).read(document.get(name, {}), (name,), faults)
        for name, record in FIXED_SECTIONS.items()
    }
    sections = {
        section.name: record_of(section.record).read(section.table, tuple(section.name.split(".")), faults)
        for room in ROOMS
        if room in known and room in document
        for section in _sections(room, document[room], faults)
    }
    return Config(path=path, sections=MappingProxyType(_whole(sections)), **_whole(fixed))


def _whole(sections: dict[str, Any]) -> dict[str, Any]:
    return {name: section for name, section in sections.items() if section is not NOT_READ}


def _has_sections(room: str) -> bool:
    return room_has_settings(room) or bool(plugins(room))


def _has_settings(room: str, plugin: str) -> bool:
    return settings_class(f"{room}.{plugin}") is not None


def _sections(room: str, table: object, faults: Faults) -> Iterator[_Section]:
    """Yield what a room's table holds: its own settings and those of its plug-ins."""
    if not isinstance(table, dict):
        faults.expected((room,), "a table", table)
        return
    names = plugins(room)
    own = {key: value for key, value in table.items() if key not in names}
    record = settings_class(room) if room_has_settings(room) else None
    if record is not None and own:
        yield _Section(room, record, own)
    elif record is None:
        for key in own:
            faults.unknown((room, key), filter(partial(_has_settings, room), names))
    for name in filter(table.__contains__, names):
        yield from _plugin_section(f"{room}.{name}", table[name], faults)


def _plugin_section(name: str, table: object, faults: Faults) -> Iterator[_Section]:
    record = settings_class(name)
    if record is None:
        faults.add(tuple(name.split(".")), "there is nothing to set here")
    else:
        yield _Section(name, record, table)
