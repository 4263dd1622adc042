"""What a person asked of ``umbilical watch``, and the configuration that follows from it."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # at run time they come when the command runs
    from monitor.config.tree import Config

PIPE = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """The command line; None and empty where nothing was said."""

    interfaces: list[str] = field(default_factory=list)
    config: Path | None = None
    signatures: Path | None = None
    home: list[str] = field(default_factory=list)
    geoip: list[str] = field(default_factory=list)
    filter: str | None = None
    workers: int | None = None
    listen: str | None = None
    state: Path | None = None
    record: Path | None = None
    json: bool = False
    quiet: bool = False

    def applied(self, config: "Config") -> "Config":
        """Return the configuration with what was said for this run; raises ValueError."""
        sensor = config.sensor
        if self.interfaces:
            sensor = replace(sensor, interfaces=tuple(self.interfaces))
        if self.workers is not None:
            sensor = replace(sensor, workers=self.workers)
        if self.state is not None:
            sensor = replace(sensor, state_folder=str(self.state.absolute()))
        if self.record is not None:
            sensor = replace(sensor, record_folder=str(self.record.absolute()))
        if not sensor.interfaces:
            raise ValueError(
                "no interface: name one (see: ip -brief link), or set sensor.interfaces in the configuration"
            )
        if PIPE in sensor.interfaces and (len(sensor.interfaces) > 1 or sensor.workers > 1):
            raise ValueError("a pipe is watched alone and by one worker")
        sections = dict(config.sections)
        if self.filter is not None:
            sections["capture"] = replace(_settings(config, "capture"), filter=self.filter)
        is_filtered = bool(sections.get("capture", _settings(config, "capture")).filter)
        if PIPE in sensor.interfaces and is_filtered:
            raise ValueError(
                "a pipe is not filtered here: give the filter to who writes it (tcpdump -U -w - 'port 53')"
            )
        if self.listen is not None:
            sections["export.prometheus"] = replace(
                _settings(config, "export.prometheus"), listen=self.listen
            )
        return replace(config, sensor=sensor, sections=MappingProxyType(sections))


def _settings(config: "Config", section: str) -> Any:
    return config.settings(section)
