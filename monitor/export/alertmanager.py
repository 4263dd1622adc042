"""Alerts to Prometheus's Alertmanager, API v2: firing ones again and again, resolved ones with their end.

Alertmanager keeps no alert over a restart and ends one that it no longer hears of, so everything that fires is sent again
every ``resend_every``. Each time the end of an alert is set to ``hold_for`` from now: that long it goes on when this
sensor is silent, whatever ``resolve_timeout`` says. All Alertmanagers of a cluster get everything.

Labels come from closed sets, with ``alert_id`` as the one exception that makes two alerts two; what a packet can choose
stands in annotations.
"""

import re
import time
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple

import orjson

from monitor.export._http import Target, Way, post, target
from monitor.export._origin import Origin
from monitor.export._tls import TlsFiles, check_files, client_context
from monitor.model.alert import AlertState, Rejected
from monitor.model.instant import SECOND_NS, rfc3339

PATH = "/api/v2/alerts"
MAX_FIRING = 20_000
"""Firing alerts that are sent again; beyond that the one told longest ago is left to end."""
MOST_AT_ONCE = 200
LABELS = ("detector", "vendor", "purpose", "signature", "severity", "alert_id")
"""Names of a record that become labels where they are known."""
ANNOTATIONS = ("device", "device_ip", "remote_name", "remote_ip", "country", "organisation", "confidence")
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Section ``[export.alertmanager]``: alerts to Prometheus's Alertmanager (API v2)."""

    urls: tuple[str, ...] = ("http://127.0.0.1:9093",)
    """All Alertmanagers of the cluster; each gets everything. Write the prefix too, where there is one."""
    labels: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Further labels of every alert: { site = "north" }."""
    runbook_url: str | None = None
    """Page that explains an alert; ``{detector}`` in it stands for the detector."""
    resend_every_ns: int = 60 * SECOND_NS
    """How often what fires is sent again; less than Alertmanager's ``resolve_timeout`` (5 minutes) and ``hold_for``."""
    hold_for_ns: int = 15 * 60 * SECOND_NS
    """How long an alert goes on firing when nothing is heard of this sensor."""
    forget_after_ns: int = 48 * 3600 * SECOND_NS
    """An alert that was not told again for so long is no longer sent; longer than ``resolve_after`` in [alert]."""
    header_files: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Headers whose values are secrets, each in a file: { Authorization = "token" }."""
    timeout_ns: int = 10 * SECOND_NS
    """How long one request may take in all."""
    ca_file: str | None = None
    """Authorities to trust, PEM; by default those of the system."""
    certificate_file: str | None = None
    """Certificate to show to the far end, PEM."""
    key_file: str | None = None
    """Its key, where it is not in the same file."""

    def __post_init__(self) -> None:
        if not self.urls:
            raise ValueError("urls: give at least one")
        for url in self.urls:
            _check_url(url)
        for name in self.labels:
            if not _LABEL.fullmatch(name) or name in {"alertname", *LABELS}:
                raise ValueError(f"labels: {name!r} is no name for a label, or umbilical sets it itself")
        if not 0 < self.resend_every_ns < self.hold_for_ns:
            raise ValueError("resend_every: give a duration above 0 and below hold_for")
        if self.timeout_ns <= 0:
            raise ValueError("timeout: give a duration above 0")
        check_files(TlsFiles(self.ca_file, self.certificate_file, self.key_file))


class _Firing(NamedTuple):
    """What Alertmanager was told of a story."""

    labels: dict[str, str]
    annotations: dict[str, str]
    starts_at: str
    told_ns: int
    """By the clock on the wall."""


class Alertmanager:
    """Sends, and remembers what fires so that it can send it again."""

    batch_size = MOST_AT_ONCE

    def __init__(self, settings: Settings, origin: Origin) -> None:
        files = TlsFiles(settings.ca_file, settings.certificate_file, settings.key_file)
        self.refresh_every_seconds = settings.resend_every_ns / SECOND_NS
        self.evicted = 0
        """Firing alerts that are no longer sent again because there were too many."""
        self.failures = 0
        """Requests that failed at one Alertmanager while another took them."""
        self._settings = settings
        self._targets = [_api(url) for url in settings.urls]
        is_tls = any(one.scheme == "https" for one in self._targets)
        self._way = Way(settings.timeout_ns / SECOND_NS, client_context(files, origin) if is_tls else None)
        self._headers = {
            "Content-Type": "application/json",
            "User-Agent": f"umbilical/{origin.version}",
            **{
                name: origin.secret(file, f"header_files.{name}").decode("latin-1")
                for name, file in settings.header_files.items()
            },
        }
        self._firing: OrderedDict[str, _Firing] = OrderedDict()

    def recall(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Take what was told before this exporter was made: it may still fire."""
        for record in records:
            self._remember(record, _ns(record["last_seen"]))

    def deliver(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Tell every Alertmanager; one that takes them is enough, the others hear of them with the next refresh."""
        now_ns = time.time_ns()
        told: list[dict[str, Any]] = []
        changed: dict[str, _Firing] = {}
        for record in records:
            alert_id = record["alert_id"]
            following = self._made(record, now_ns)
            told += self._alerts(record, following, changed.get(alert_id) or self._firing.get(alert_id))
            changed[alert_id] = following
        self._send(told)
        for record in records:
            self._remember(record, now_ns)

    def refresh(self) -> None:
        """Send everything that fires again."""
        now_ns = time.time_ns()
        while self._firing:
            alert_id, oldest = next(iter(self._firing.items()))
            if now_ns - oldest.told_ns <= self._settings.forget_after_ns:
                break
            del self._firing[alert_id]
        told = [_alert(one, self._held_until(now_ns)) for one in self._firing.values()]
        for start in range(0, len(told), MOST_AT_ONCE):
            self._send(told[start : start + MOST_AT_ONCE])

    def close(self) -> None:
        """Nothing stays open; what fires goes on for ``hold_for``."""

    def _alerts(
        self, record: Mapping[str, Any], told: _Firing, before: _Firing | None
    ) -> Iterator[dict[str, Any]]:
        """Yield what tells of a record; a story whose labels changed ends under the old ones."""
        if before is not None and before.labels != told.labels:
            yield _alert(before, rfc3339(told.told_ns))
        is_firing = record["state"] == AlertState.FIRING
        yield _alert(told, self._held_until(told.told_ns) if is_firing else _end(record, told.told_ns))

    def _made(self, record: Mapping[str, Any], now_ns: int) -> _Firing:
        labels = {
            **self._settings.labels,
            "alertname": _alert_name(record["detector"]),
            **{name: str(record[name]) for name in LABELS if record.get(name)},
        }
        annotations = {
            "summary": record["title"],
            "description": record["why"],
            **{name: str(record[name]) for name in ANNOTATIONS if record.get(name)},
        }
        if self._settings.runbook_url is not None:
            annotations["runbook_url"] = self._settings.runbook_url.replace("{detector}", record["detector"])
        return _Firing(labels, annotations, record["first_seen"], now_ns)

    def _remember(self, record: Mapping[str, Any], told_ns: int) -> None:
        alert_id = record["alert_id"]
        self._firing.pop(alert_id, None)
        if record["state"] != AlertState.FIRING:
            return
        self._firing[alert_id] = self._made(record, told_ns)
        if len(self._firing) > MAX_FIRING:
            self._firing.popitem(last=False)
            self.evicted += 1

    def _held_until(self, now_ns: int) -> str:
        return rfc3339(now_ns + self._settings.hold_for_ns)

    def _send(self, alerts: Sequence[Mapping[str, Any]]) -> None:
        if not alerts:
            return
        body = orjson.dumps(alerts)
        problems: list[OSError | Rejected] = []
        for one in self._targets:
            try:
                post(one, body, self._headers, self._way)
            except (OSError, Rejected) as error:
                problems.append(error)
        if len(problems) == len(self._targets):
            raise next((one for one in problems if isinstance(one, OSError)), problems[0])
        self.failures += len(problems)


EXPORTER = Alertmanager


def _check_url(url: str) -> None:
    try:
        _api(url)
    except ValueError as error:
        raise ValueError(f"urls: {error}") from None


def _api(url: str) -> Target:
    base = target(url)
    if "?" in base.path:
        raise ValueError("give an address without a query")
    return base._replace(path=base.path.rstrip("/").removesuffix(PATH) + PATH)


def _alert_name(detector: str) -> str:
    """``vendor_contact`` is ``UmbilicalVendorContact``."""
    return "Umbilical" + "".join(word.capitalize() for word in detector.split("_"))


def _alert(firing: _Firing, ends_at: str) -> dict[str, Any]:
    return {
        "labels": firing.labels,
        "annotations": firing.annotations,
        "startsAt": firing.starts_at,
        "endsAt": max(ends_at, firing.starts_at),
    }


def _end(record: Mapping[str, Any], now_ns: int) -> str:
    """When it was resolved; not in the future, until when Alertmanager would let it fire."""
    return min(str(record["time"]), rfc3339(now_ns))


def _ns(text: str) -> int:
    return int(datetime.fromisoformat(f"{text[:26]}+00:00").timestamp()) * SECOND_NS
