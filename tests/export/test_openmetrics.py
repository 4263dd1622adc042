from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from prometheus_client.parser import text_string_to_metric_families as parse_text

from monitor.export import openmetrics
from monitor.export._labels import OTHER, STATUSES, UNLISTED
from monitor.export.openmetrics import render, write_metrics
from monitor.export.snapshot import (
    AlertLabels,
    ContactBytes,
    ContactLabels,
    FindingLabels,
    FiringLabels,
    FrameCounts,
    Known,
    Snapshot,
)
from monitor.model.finding import Purpose, Severity
from monitor.model.instant import SECOND_NS

FINDING = FindingLabels("vendor_contact", "acme", "acme.fota-check", "firmware-update", "low")
KNOWN = Known(
    findings=(FINDING, FindingLabels("watched_place", "", "", "", "medium")),
    contacts=(ContactLabels("acme", "firmware-update"),),
    devices=("meter-17",),
    vendors=("acme",),
    interfaces=("replay",),
    drop_reasons=("kernel", "malformed"),
    malformed=(("protocols", "dns"), ("decode", "ip")),
    rooms=("protocols", "detect"),
    tables=("flows", "alerts"),
    plugins=(("protocols", "dns"),),
)
EMPTY = Snapshot(known=KNOWN, version="0.1.0", catalog_digest="ab12")
FULL = replace(
    EMPTY,
    catalog_signatures={("acme", "test"): 3},
    catalog_day_ns=1_795_305_600 * SECOND_NS,
    findings={FINDING: 4},
    alerts={AlertLabels("vendor_contact", "acme", "low"): 2},
    firing={FiringLabels("vendor_contact", "acme", "low", "meter-17"): 1},
    contact_bytes={ContactLabels("acme", "firmware-update"): ContactBytes(10, 20)},
    contact_last_seen_ns={ContactLabels("acme", "firmware-update"): 1_800_000_000 * SECOND_NS},
    devices={"acme": 1},
    frames={"replay": FrameCounts(100, 64_000)},
    dropped={("replay", "malformed"): 3},
    malformed={("protocols", "dns"): 5},
    internal_errors={"detect": 0},
    flows_active=7,
    evictions={"flows": 1},
    capture_lag_seconds=0.25,
    plugin_seconds={("protocols", "dns"): 1.5},
)

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
    assert samples(FULL) == {
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
        ("umbilical_devices", ("acme",)): 1,
        ("umbilical_frames_total", ("replay",)): 100,
        ("umbilical_frame_bytes_total", ("replay",)): 64_000,
        ("umbilical_frames_dropped_total", ("replay", "kernel")): 0,
        ("umbilical_frames_dropped_total", ("replay", "malformed")): 3,
        ("umbilical_capture_lag_seconds", ()): 0.25,
        ("umbilical_malformed_total", ("protocols", "dns")): 5,
        ("umbilical_malformed_total", ("decode", "ip")): 0,
        ("umbilical_internal_errors_total", ("protocols",)): 0,
        ("umbilical_internal_errors_total", ("detect",)): 0,
        ("umbilical_flows_active", ()): 7,
        ("umbilical_table_evictions_total", ("flows",)): 1,
        ("umbilical_table_evictions_total", ("alerts",)): 0,
        ("umbilical_plugin_seconds_total", ("protocols", "dns")): 1.5,
        ("umbilical_catalog_signatures", ("acme", "experimental")): 0,
        ("umbilical_catalog_signatures", ("acme", "test")): 3,
        ("umbilical_catalog_signatures", ("acme", "stable")): 0,
        ("umbilical_catalog_signatures", ("acme", "deprecated")): 0,
        ("umbilical_catalog_pack_timestamp_seconds", ()): 1_795_305_600,
        ("umbilical_catalog_info", ("ab12",)): 1,
        ("umbilical_build_info", ("0.1.0",)): 1,
    }


def test_names_and_labels_are_those_of_the_documentation() -> None:
    shown = {sample.name: set(sample.labels) for family in families(FULL) for sample in family.samples}
    assert shown == {name: set(labels) for name, labels in LABELS.items()}


def test_every_known_series_is_there_before_anything_happened() -> None:
    live_only = {("umbilical_capture_lag_seconds", ())}
    assert samples(EMPTY).keys() == samples(FULL).keys() - live_only


def test_every_family_has_help_and_the_prefix() -> None:
    for family in families(FULL):
        assert family.name.startswith("umbilical_")
        assert family.documentation.endswith(".")


def test_the_older_format_is_read_by_its_own_parser() -> None:
    text = render(FULL, openmetrics=False).decode()
    assert {sample.name for family in parse_text(text) for sample in family.samples} == {
        name for name, _ in samples(FULL)
    }


def test_very_many_devices_are_not_all_shown_with_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openmetrics, "MAX_ZERO_FIRING", 3)
    shown = {key[1][-1] for key in samples(EMPTY) if key[0] == "umbilical_alerts_firing"}
    assert shown == {UNLISTED}
    assert samples(FULL)["umbilical_alerts_firing", ("vendor_contact", "acme", "low", "meter-17")] == 1


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "metrics"
    path.write_text("old")
    write_metrics(FULL, path)
    assert path.read_bytes() == render(FULL)
    assert [one.name for one in tmp_path.iterdir()] == ["metrics"]
    assert path.stat().st_mode & 0o777 == 0o644


def test_a_textfile_of_the_node_exporter_is_in_the_older_format(tmp_path: Path) -> None:
    path = tmp_path / "umbilical.prom"
    write_metrics(FULL, path)
    assert path.read_bytes() == render(FULL, openmetrics=False)


def test_a_file_that_cannot_be_replaced_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "metrics").mkdir()
    with pytest.raises(OSError, match="metrics"):
        write_metrics(FULL, tmp_path / "metrics")
    assert [one.name for one in tmp_path.iterdir()] == ["metrics"]


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
        EMPTY,
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
