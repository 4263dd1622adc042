from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import ProcessCollector
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from prometheus_client.parser import text_string_to_metric_families as parse_text

from monitor.export import _labels
from monitor.export._labels import OTHER, STATUSES, UNLISTED, labels_of
from monitor.export.openmetrics import file_text, max_series, registry, render
from monitor.export.sensor_counts import SensorCounts
from monitor.export.snapshot import ContactBytes, FindingLabels, FrameCounts, Snapshot
from monitor.model.finding import Purpose, Severity
from monitor.model.instant import SECOND_NS
from tests.export._states import BUSY, FINDING, KNOWN, NOW_NS, QUIET, SENSOR

REPLAYED = replace(BUSY, sensor=None, created_ns=None, exemplars={})
"""As a replay makes it."""

Samples = dict[tuple[str, tuple[str, ...]], float]


def families(snapshot: Snapshot) -> list[Metric]:
    text = render(snapshot).decode()
    return list(text_string_to_metric_families(text))  # type: ignore[no-untyped-call]  # the library has none


LABELS = {
    "umbilical_findings_total": ("detector", "vendor", "signature", "purpose", "severity"),
    "umbilical_alerts_total": ("detector", "vendor", "severity"),
    "umbilical_alerts_firing": ("detector", "vendor", "severity", "device"),
    "umbilical_contact_bytes_total": ("vendor", "purpose", "direction"),
    "umbilical_contact_last_seen_timestamp_seconds": ("vendor", "purpose"),
    "umbilical_devices": ("vendor",),
    "umbilical_frames_total": ("interface",),
    "umbilical_frame_bytes_total": ("interface",),
    "umbilical_frames_dropped_total": ("interface", "reason"),
    "umbilical_malformed_total": ("room", "protocol"),
    "umbilical_internal_errors_total": ("room",),
    "umbilical_flows_active": (),
    "umbilical_table_evictions_total": ("table",),
    "umbilical_catalog_signatures": ("vendor", "status"),
    "umbilical_catalog_pack_timestamp_seconds": (),
    "umbilical_catalog_info": ("digest",),
    "umbilical_capture_lag_seconds": (),
    "umbilical_plugin_seconds_total": ("room", "plugin"),
    "umbilical_build_info": ("version",),
}
"""The published names; the text has the labels in alphabetical order."""


def samples(snapshot: Snapshot) -> Samples:
    return {
        (sample.name, tuple(sample.labels[name] for name in LABELS[sample.name])): sample.value
        for family in families(snapshot)
        for sample in family.samples
    }


def test_counts_are_told_under_the_published_names_and_labels() -> None:
    told = samples(REPLAYED)
    expected = {
        ("umbilical_findings_total", tuple(FINDING)): 4,
        ("umbilical_findings_total", ("watched_place", "", "", "", "medium")): 0,
        ("umbilical_alerts_total", ("vendor_contact", "acme", "low")): 2,
        ("umbilical_alerts_total", ("watched_place", "", "medium")): 0,
        ("umbilical_alerts_firing", ("vendor_contact", "acme", "low", "meter-17")): 1,
        ("umbilical_alerts_firing", ("vendor_contact", "acme", "low", "unlisted")): 0,
        ("umbilical_alerts_firing", ("watched_place", "", "medium", "meter-17")): 0,
        ("umbilical_alerts_firing", ("watched_place", "", "medium", "unlisted")): 0,
        ("umbilical_contact_bytes_total", ("acme", "firmware-update", "uplink")): 10,
        ("umbilical_contact_bytes_total", ("acme", "firmware-update", "downlink")): 20,
        ("umbilical_contact_last_seen_timestamp_seconds", ("acme", "firmware-update")): 1_800_000_000,
        ("umbilical_devices", ("",)): 0,
        ("umbilical_devices", ("acme",)): 1,
        ("umbilical_frames_total", ("eth1",)): 100,
        ("umbilical_frame_bytes_total", ("eth1",)): 64_000,
        ("umbilical_frames_dropped_total", ("eth1", "nic")): 0,
        ("umbilical_frames_dropped_total", ("eth1", "malformed")): 3,
        ("umbilical_capture_lag_seconds", ()): 0.25,
        ("umbilical_malformed_total", ("protocols", "dns")): 5,
        ("umbilical_malformed_total", ("decode", "frame")): 0,
        ("umbilical_internal_errors_total", ("detect",)): 0,
        ("umbilical_flows_active", ()): 7,
        ("umbilical_table_evictions_total", ("flow",)): 1,
        ("umbilical_plugin_seconds_total", ("protocols", "dns")): 1.5,
        ("umbilical_catalog_signatures", ("acme", "experimental")): 0,
        ("umbilical_catalog_signatures", ("acme", "test")): 3,
        ("umbilical_catalog_pack_timestamp_seconds", ()): 1_799_913_600,
        ("umbilical_catalog_info", ("ab12",)): 1,
        ("umbilical_build_info", ("0.1.0",)): 1,
    }
    assert {key: told[key] for key in expected} == expected


def test_a_sensor_tells_of_itself_too() -> None:
    told = {
        (sample.name, *sample.labels.values()): sample.value
        for one in families(BUSY)
        for sample in one.samples
    }
    assert {name for name, *_ in told} - set(LABELS) == {
        *SENSOR_ONLY,
        *(
            name.removesuffix("_total") + "_created"
            for name in (*LABELS, *SENSOR_ONLY)
            if name.endswith("_total")
        ),
        *("umbilical_alert_delay_seconds" + suffix for suffix in ("_bucket", "_count", "_sum", "_created")),
    }
    assert told["umbilical_alert_delay_seconds_bucket", "0.2"] == 3
    assert told["umbilical_alert_delay_seconds_count",] == 4
    assert told["umbilical_findings_created", *sorted_values(FINDING)] == NOW_NS / SECOND_NS - 3600


def sorted_values(finding: FindingLabels) -> list[str]:
    """Return the labels in the order of their names, as the text has them."""
    return [getattr(finding, name) for name in sorted(finding._fields)]


SENSOR_ONLY = {
    "umbilical_capture_up",
    "umbilical_capture_last_frame_timestamp_seconds",
    "umbilical_capture_completeness_ratio",
    "umbilical_capture_one_way_ratio",
    "umbilical_frames_ignored_total",
    "umbilical_worker_up",
    "umbilical_config_last_reload_successful",
    "umbilical_config_last_reload_success_timestamp_seconds",
    "umbilical_checkpoint_last_success_timestamp_seconds",
    "umbilical_checkpoint_bytes",
    "umbilical_checkpoint_failures_total",
    "umbilical_geoip_build_timestamp_seconds",
    "umbilical_memory_budget_bytes",
    "umbilical_table_entries",
    "umbilical_table_capacity",
    "umbilical_spool_bytes",
    "umbilical_spool_limit_bytes",
    "umbilical_spool_write_failures_total",
    "umbilical_spool_pending_alerts",
    "umbilical_spool_dropped_total",
    "umbilical_deliveries_total",
    "umbilical_delivery_failures_total",
    "umbilical_deliveries_rejected_total",
    "umbilical_delivery_last_success_timestamp_seconds",
}


def test_every_series_of_a_sensor_is_there_before_anything_happened() -> None:
    started = replace(QUIET, sensor=SensorCounts(), created_ns=NOW_NS, capture_lag_seconds=0.0)
    assert series(started) == series(BUSY)


def test_an_alert_stands_for_its_series() -> None:
    text = render(BUSY).decode()
    [line] = [
        line for line in text.splitlines() if line.startswith("umbilical_alerts_total{") and " # " in line
    ]
    assert line.endswith(' 2.0 # {alert_id="a1b2c3"} 1.0 1800000000.0')
    assert "a1b2c3" not in render(BUSY, openmetrics=False).decode()


def series(snapshot: Snapshot) -> set[tuple[str, ...]]:
    return {(sample.name, *sample.labels.values()) for one in families(snapshot) for sample in one.samples}


def lines_of(snapshot: Snapshot) -> int:
    return sum(not line.startswith(b"#") for line in render(snapshot).splitlines())


def test_a_million_names_make_no_more_series_than_are_promised() -> None:
    """Names of devices are what traffic chooses; the others cannot be chosen, and are tried all the same."""
    evil = [f"evil{number}.example" for number in range(1_000_000)]
    few = evil[:2000]
    hostile = replace(
        BUSY,
        devices=dict.fromkeys(evil, 1),
        firing={
            ("vendor_contact", "acme", severity, name): 1 for severity in Severity for name in evil[:20_000]
        },
        findings={
            ("vendor_contact", name, name, "time", severity): 1 for name in few for severity in Severity
        },
        alerts={(detector, name, "low"): 1 for name in few for detector in ("vendor_contact", name)},
        contact_bytes={(vendor, name): ContactBytes(1, 1) for name in few for vendor in ("acme", name)},
        contact_last_seen_ns={(name, purpose): 1 for name in few for purpose in Purpose},
        dropped={(name, reason): 1 for name in few for reason in ("nic", name)},
        evictions=dict.fromkeys(few, 1),
    )
    text = render(hostile)
    assert sum(not line.startswith(b"#") for line in text.splitlines()) <= max_series(KNOWN)
    assert b"evil" not in text


def test_the_promise_is_kept_when_every_combination_occurs() -> None:
    detectors, vendors = ("vendor_contact", "watched_place", "x"), ("", "acme", "x")
    devices = ("meter-17", "x")
    stories = list(product(detectors, vendors, (*Severity, "x")))
    worst = replace(
        BUSY,
        findings=dict.fromkeys(
            product(detectors, vendors, ("", "acme.fota-check"), ("", *Purpose), Severity), 1
        ),
        alerts=dict.fromkeys(stories, 1),
        firing={(*story, device): 1 for story in stories for device in devices},
        contact_bytes=dict.fromkeys(product(vendors, ("", *Purpose)), ContactBytes(1, 1)),
        contact_last_seen_ns=dict.fromkeys(product(vendors, ("", *Purpose)), 1),
        devices=dict.fromkeys(vendors, 1),
        dropped=dict.fromkeys(product(("eth1", "eth2", "x"), ("nic", "malformed", "x")), 1),
        sensor=replace(SENSOR, ignored=dict.fromkeys(product(("eth1", "x"), ("not_ip", "x")), 1)),
    )
    assert lines_of(worst) <= max_series(KNOWN)


def test_collectors_of_others_are_beside_ours_on_the_private_registry() -> None:
    names = {metric.name for metric in registry(lambda: QUIET, ProcessCollector(registry=None)).collect()}
    assert {"umbilical_build", "process_resident_memory_bytes"} <= names


def test_names_and_labels_are_those_of_the_documentation() -> None:
    shown = {sample.name: set(sample.labels) for family in families(REPLAYED) for sample in family.samples}
    assert shown == {name: set(labels) for name, labels in LABELS.items()}


def test_every_known_series_is_there_before_anything_happened() -> None:
    live_only = {("umbilical_capture_lag_seconds", ())}
    assert samples(QUIET).keys() == samples(REPLAYED).keys() - live_only


def test_every_family_has_help_and_the_prefix() -> None:
    for family in families(REPLAYED):
        assert family.name.startswith("umbilical_")
        assert family.documentation.endswith(".")


def test_the_older_format_is_read_by_its_own_parser() -> None:
    text = render(REPLAYED, openmetrics=False).decode()
    assert {sample.name for family in parse_text(text) for sample in family.samples} == {
        name for name, _ in samples(REPLAYED)
    }


def test_very_many_devices_are_not_all_shown_with_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_labels, "MAX_ZERO_FIRING", 3)
    labels_of.cache_clear()
    shown = {key[1][-1] for key in samples(QUIET) if key[0] == "umbilical_alerts_firing"}
    assert shown == {UNLISTED}
    assert samples(REPLAYED)["umbilical_alerts_firing", ("vendor_contact", "acme", "low", "meter-17")] == 1


def test_a_file_is_in_the_newest_format() -> None:
    assert file_text(REPLAYED, Path("metrics")) == render(REPLAYED)


def test_a_textfile_of_the_node_exporter_is_in_the_older_format() -> None:
    assert file_text(REPLAYED, Path("umbilical.prom")) == render(REPLAYED, openmetrics=False)


words = st.text(st.characters(codec="utf-8"), max_size=8) | st.sampled_from(
    ["acme", "meter-17", "low", "vendor_contact", "replay", "198.51.100.7", "evil.example"]
)


def keys(length: int) -> st.SearchStrategy[dict[tuple[str, ...], int]]:
    return st.dictionaries(st.tuples(*[words] * length), st.integers(0, 9), max_size=5)


class Keyed(NamedTuple):
    """Counts under any keys."""

    findings: dict[tuple[str, ...], int]
    alerts: dict[tuple[str, ...], int]
    firing: dict[tuple[str, ...], int]
    contacts: dict[tuple[str, ...], int]
    pairs: dict[tuple[str, str], int]


@settings(max_examples=60, deadline=None)
@given(st.builds(Keyed, keys(5), keys(3), keys(4), keys(2), keys(2)))
def test_whatever_the_counts_are_keyed_by_labels_stay_closed(keyed: Keyed) -> None:
    alone = {key[0]: amount for key, amount in keyed.pairs.items()}
    snapshot = replace(
        QUIET,
        findings=keyed.findings,
        alerts=keyed.alerts,
        firing=keyed.firing,
        contact_last_seen_ns=keyed.contacts,
        contact_bytes={key: ContactBytes(amount, amount) for key, amount in keyed.contacts.items()},
        dropped=keyed.pairs,
        malformed=keyed.pairs,
        catalog_signatures=keyed.pairs,
        plugin_seconds=keyed.pairs,
        devices=alone,
        frames={key: FrameCounts(amount, amount) for key, amount in alone.items()},
        internal_errors=alone,
        evictions=alone,
    )
    shown = {value for _, labels in samples(snapshot) for value in labels}
    assert shown <= CLOSED


CLOSED = {
    *(value for finding in KNOWN.findings for value in finding),
    *Severity,
    *Purpose,
    *STATUSES,
    *KNOWN.devices,
    *KNOWN.vendors,
    *KNOWN.interfaces,
    *KNOWN.drop_reasons,
    *KNOWN.rooms,
    *KNOWN.tables,
    *(value for pair in KNOWN.malformed for value in pair),
    *("uplink", "downlink", OTHER, UNLISTED, "ab12", "0.1.0"),
}
