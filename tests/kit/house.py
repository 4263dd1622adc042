"""Captures through the whole house, as every law and case needs it: any batch size, any number of workers, one record.

What comes back is plain data under the published names, so that two runs can be compared byte by byte.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from monitor.enrich.alias import Aliases
from monitor.enrich.device import CAPACITY as DEVICES
from monitor.enrich.device import DeviceBook
from monitor.enrich.enricher import Enricher
from monitor.enrich.geoip import GeoIp
from monitor.enrich.home import HomeNetworks
from monitor.enrich.maker import Makers
from monitor.export.jsonl import alert_line, alert_record
from monitor.export.records import ObservationLines, flow_line, flow_row
from monitor.model.observation import FLOW_OBSERVATIONS
from monitor.pipeline.back import Outputs
from monitor.pipeline.replay import Replaying
from monitor.pipeline.site import Site, open_site
from monitor.pipeline.stream import LocalStream
from monitor.registry import discover

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from monitor.flow.settings import Settings as FlowSettings
    from monitor.model.alert import Alert
    from monitor.model.finding import Finding
    from monitor.model.observation import Observation
    from monitor.pipeline.replay import Result
    from monitor.pipeline.stream import StreamHealth

SEED = 20


@dataclass(slots=True)
class Seen:
    """What the front said of captures."""

    said: list[Observation]
    """Everything in stream order, the flows' own observations among it."""
    health: StreamHealth

    @property
    def observations(self) -> list[Observation]:
        return [one for one in self.said if one.type not in FLOW_OBSERVATIONS]

    @property
    def flows(self) -> list[Observation]:
        """The flows that ended."""
        return [one for one in self.said if one.type == "flow_end"]


@dataclass(slots=True)
class Run:
    """What the whole house said of captures."""

    result: Result
    site: Site
    alerts: list[Alert] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    observations: list[Observation] = field(default_factory=list)
    flows: list[tuple[Observation, str | None]] = field(default_factory=list)
    """Each with the vendor it was matched to."""

    @property
    def health(self) -> StreamHealth:
        return self.result.health

    def lines(self) -> dict[str, list[bytes]]:
        """Return everything as it would be printed."""
        write = ObservationLines().line
        return {
            "alerts": [alert_line(one) for one in self.alerts],
            "observations": [write(one) for one in self.observations],
            "flows": [flow_line(flow_row(one, vendor)) for one, vendor in self.flows],
        }


def observe(
    captures: Sequence[str | Path], *, batch_frames: int | None = None, flow: FlowSettings | None = None
) -> Seen:
    """Lead captures through the front with every observation wanted."""
    running = _running(captures, _with_flow(fresh_site(), flow), Outputs(observation=lambda _: None))
    _split(running, batch_frames)
    said = [observation for batch in running.stream.batches() for observation in batch]
    health = running.stream.health()
    running.stream.close()
    return Seen(said, health)


def run(
    captures: Sequence[str | Path],
    *,
    batch_frames: int | None = None,
    workers: int = 1,
    seed: int = SEED,
    flow: FlowSettings | None = None,
    config: Path | None = None,
    device_capacity: int | None = None,
    tell_all: bool = True,
) -> Run:
    """Lead captures through the whole house; without ``tell_all`` only what alerts need is parsed, as in a replay."""
    alerts: list[Alert] = []
    findings: list[Finding] = []
    observations: list[Observation] = []
    flows: list[tuple[Observation, str | None]] = []
    site = _overheard(_with_flow(fresh_site(config, device_capacity), flow), findings.append)
    outputs = Outputs(
        story=alerts.append,
        observation=observations.append if tell_all else None,
        flow=(lambda flow, matched: flows.append((flow, matched[0].vendor_id if matched else None)))
        if tell_all
        else None,
    )
    running = _running(captures, site, outputs, workers=workers, seed=seed)
    _split(running, batch_frames)
    return Run(running.run(), site, alerts, findings, observations, flows)


def fresh_site(config: Path | None = None, device_capacity: int | None = None) -> Site:
    """Return a site that has seen nothing; what is only read, catalog and makers, is read once for all tests."""
    site = _site(config)
    detectors = tuple(
        make(site.config.settings(f"detect.{name}"), site.catalog)
        for name, make in discover("monitor.detect", "DETECTOR").items()
    )
    return replace(
        site, detectors=detectors, new_enricher=lambda: _enricher(site, device_capacity or DEVICES)
    )


def alert_facts(alert: Alert) -> dict[str, Any]:
    """Return the published record with captures by their names alone: it reads the same from any folder."""
    record = alert_record(alert)
    for evidence in record["evidence"]:
        evidence["capture"] = Path(evidence["capture"]).name
    return record


@cache
def _site(config: Path | None) -> Site:
    return open_site(config)


@cache
def _makers() -> Makers:
    return Makers.load()


def _enricher(site: Site, device_capacity: int) -> Enricher:
    """Put an enricher together as the room's own ``load`` does, which takes longer than to replay a small case."""
    ours = site.config.site
    devices = DeviceBook(Aliases(ours.devices), _makers(), site.catalog.mac_vendor, device_capacity)
    return Enricher(HomeNetworks(ours.home_networks), GeoIp.load(site.config.database_paths), devices)


def _with_flow(site: Site, flow: FlowSettings | None) -> Site:
    if flow is None:
        return site
    return replace(site, config=replace(site.config, sections={**site.config.sections, "flow": flow}))


def _running(
    captures: Sequence[str | Path], site: Site, outputs: Outputs, *, workers: int = 1, seed: int = SEED
) -> Replaying:
    return Replaying([str(capture) for capture in captures], site, outputs, workers=workers, seed=seed)


def _split(running: Replaying, batch_frames: int | None) -> None:
    """Read in batches of so many frames; the command line has no word for it, because it must change nothing."""
    if batch_frames is not None:
        assert isinstance(running.stream, LocalStream)
        running.stream._source._batch_frames = batch_frames


class _Overheard:
    """A detector whose findings are heard on their way."""

    def __init__(self, detector: Any, hear: Callable[[Finding], None]) -> None:
        self._detector = detector
        self._hear = hear

    def __getattr__(self, name: str) -> Any:
        return getattr(self._detector, name)

    def judge(self, *shown: Any) -> list[Finding]:
        return self._heard(self._detector.judge(*shown))

    def due(self, now_ns: int) -> list[Finding]:
        return self._heard(self._detector.due(now_ns))

    def _heard(self, findings: list[Finding]) -> list[Finding]:
        for finding in findings:
            self._hear(finding)
        return findings


def _overheard(site: Site, hear: Callable[[Finding], None]) -> Site:
    return replace(site, detectors=tuple(_Overheard(one, hear) for one in site.detectors))
