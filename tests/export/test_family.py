from dataclasses import replace

from monitor.export._family import MAX_EXEMPLAR_CHARACTERS, Family, alone, histogram, info, keyed
from monitor.export._labels import labels_of
from monitor.export.histogram import HistogramCounts
from monitor.export.snapshot import Exemplar
from tests.export._states import BUSY, KNOWN, NOW_NS, QUIET

ALERTS = Family(
    name="umbilical_alerts",
    says="Alerts.",
    is_counter=True,
    labels=("detector", "vendor", "severity"),
    closed=lambda labels: labels.alert,
    read=lambda snapshot: snapshot.alerts,
    exemplars=lambda snapshot: snapshot.exemplars,
)
LABELS = labels_of(KNOWN)


def test_a_counter_has_its_moment_of_creation_and_an_alert_that_stands_for_it() -> None:
    metric = ALERTS.metric(BUSY, LABELS)
    assert metric is not None
    total, created, *_ = metric.samples
    assert (total.name, total.value, created.name) == (
        "umbilical_alerts_total",
        2,
        "umbilical_alerts_created",
    )
    assert total.exemplar is not None
    assert (total.exemplar.labels, total.exemplar.timestamp) == ({"alert_id": "a1b2c3"}, NOW_NS / 1e9)


def test_an_exemplar_that_is_too_long_for_the_format_is_left_out() -> None:
    told = Exemplar("x" * MAX_EXEMPLAR_CHARACTERS, NOW_NS)
    metric = ALERTS.metric(replace(BUSY, exemplars={("vendor_contact", "acme", "low"): told}), LABELS)
    assert metric is not None
    assert [sample.exemplar for sample in metric.samples if sample.exemplar] == []


def test_a_snapshot_that_does_not_know_when_it_began_has_no_created() -> None:
    metric = ALERTS.metric(QUIET, LABELS)
    assert metric is not None
    assert {sample.name for sample in metric.samples} == {"umbilical_alerts_total"}


def test_a_family_of_a_part_that_does_not_run_is_not_there() -> None:
    absent = Family(name="umbilical_x", says="X.", read=lambda _: alone(None))
    assert absent.metric(BUSY, LABELS) is None


def test_a_counter_may_take_twice_the_series_of_a_gauge() -> None:
    gauge = replace(ALERTS, is_counter=False)
    assert ALERTS.series(LABELS) == 2 * gauge.series(LABELS)


def test_counts_under_single_names_become_keys() -> None:
    assert keyed({"a": 1}) == {("a",): 1}


def test_buckets_are_cumulative_and_end_with_infinity() -> None:
    metric = histogram("umbilical_x_seconds", "X.", HistogramCounts((0.1, 1.0), (2, 1, 4), 9.5), None)
    told = {(sample.name, sample.labels.get("le")): sample.value for sample in metric.samples}
    assert told == {
        ("umbilical_x_seconds_bucket", "0.1"): 2,
        ("umbilical_x_seconds_bucket", "1.0"): 3,
        ("umbilical_x_seconds_bucket", "+Inf"): 7,
        ("umbilical_x_seconds_count", None): 7,
        ("umbilical_x_seconds_sum", None): 9.5,
    }


def test_what_only_says_something_is_one() -> None:
    [sample] = info("umbilical_build", "B.", version="1").samples
    assert (sample.name, sample.labels, sample.value) == ("umbilical_build_info", {"version": "1"}, 1)
