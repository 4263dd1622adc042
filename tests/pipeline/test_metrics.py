from monitor import __version__
from monitor.export.openmetrics import render
from monitor.pipeline.metrics import snapshot_of
from tests.pipeline.test_report import demo


def test_the_snapshot_shows_what_the_run_counted() -> None:
    result, site, stories = demo()
    snapshot = snapshot_of(result, site, stories)
    assert (__version__, site.catalog.digest) == (snapshot.version, snapshot.catalog_digest)
    assert stories.total == sum(snapshot.alerts.values())
    assert sum(result.ledger.findings.values()) == sum(snapshot.findings.values())
    assert result.health.capture["frames"] == snapshot.frames["replay"].frames
    assert len(result.ledger.devices) == sum(snapshot.devices.values())


def test_every_label_is_in_its_closed_set() -> None:
    text = render(snapshot_of(*demo())).decode()
    assert '"other"' not in text
    firing = [line for line in text.splitlines() if line.startswith("umbilical_alerts_firing{")]
    assert {"1.0", "2.0", "3.0", "4.0"} & {line.rpartition(" ")[2] for line in firing}
    assert all('device="unlisted"' in line for line in firing)


def test_nothing_from_the_wire_is_a_label() -> None:
    text = render(snapshot_of(*demo())).decode()
    for word in ("10.20.0.17", "02:51:00", "cloudota.quectel.com", "capture.pcap"):
        assert word not in text


def test_every_known_series_is_there() -> None:
    result, site, stories = demo()
    text = render(snapshot_of(result, site, stories)).decode()
    for one in site.catalog.signatures:
        assert f'signature="{one.id}"' in text
    assert "umbilical_internal_errors_total" in text
    assert 'umbilical_table_evictions_total{table="flow"} 0.0' in text
