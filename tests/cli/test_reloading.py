"""A reload is whole, or it did not happen."""

import time
from collections.abc import Callable
from pathlib import Path
from threading import Event

from monitor.cli.reloading import Reloading, Renewal
from monitor.export.outbox import OutboxPlan, prepare
from monitor.model.errors import ConfigError
from monitor.pipeline.sensor import Sensor
from monitor.pipeline.site import Site, open_site
from tests.pipeline.test_sensor import DEMO, World, _sensor


def _reloading(reopened: Callable[[], Site]) -> tuple[Reloading, Sensor, list[Renewal], list[str]]:
    taken: list[Renewal] = []
    said: list[str] = []
    sensor = _sensor(World())
    plan = OutboxPlan(sections={}, folder=Path(), state_folder=None, host="tests", version="1")
    renewed = lambda: Renewal(reopened(), prepare(plan))  # noqa: E731 - two words for one
    return Reloading(sensor, renewed, taken.append, said.append, said.append), sensor, taken, said


def _pass(sensor: Sensor, reloading: Reloading) -> str | None:
    """Let the reload happen as the main loop would."""
    until = time.monotonic() + 20
    while not reloading._done.is_set() and time.monotonic() < until:
        sensor._between()
        time.sleep(0.01)
    return reloading._problem


def test_a_good_configuration_is_in_use_afterwards() -> None:
    fresh = open_site(DEMO / "umbilical.toml")
    reloading, sensor, taken, said = _reloading(lambda: fresh)
    reloading.begin()
    assert _pass(sensor, reloading) is None
    assert len(taken) == 1
    assert sensor.site.config is fresh.config
    assert reloading.outcome.is_successful
    assert "reloaded" in said[0]


def test_a_bad_configuration_leaves_the_old_one_and_is_said() -> None:
    def reopened() -> Site:
        raise ConfigError("nonsense")

    reloading, sensor, taken, said = _reloading(reopened)
    before, since_ns = sensor.site, reloading.outcome.last_success_ns
    reloading.begin()
    assert _pass(sensor, reloading) == "nonsense"
    assert sensor.site is before
    assert taken == []
    assert not reloading.outcome.is_successful
    assert reloading.outcome.last_success_ns == since_ns
    assert "nonsense" in said[0]


def test_signatures_that_are_too_few_are_refused_by_the_sensor(tmp_path: Path) -> None:
    source = DEMO.parents[1] / "signatures" / "airm2m.yaml"
    (tmp_path / "airm2m.yaml").write_text(source.read_text())
    reloading, sensor, taken, _ = _reloading(lambda: open_site(DEMO / "umbilical.toml", tmp_path))
    reloading.begin()
    assert _pass(sensor, reloading) is not None
    assert taken == []


def test_one_reload_at_a_time() -> None:
    goes_on, opened = Event(), []
    fresh = open_site(DEMO / "umbilical.toml")

    def reopened() -> Site:
        opened.append(1)
        goes_on.wait(10)
        return fresh

    reloading, sensor, _, _ = _reloading(reopened)
    reloading.begin()
    reloading.begin()
    goes_on.set()
    _pass(sensor, reloading)
    assert opened == [1]


def test_a_fault_of_ours_leaves_the_old_one_and_the_way_to_the_next(tmp_path: Path) -> None:
    fresh = [open_site(DEMO / "umbilical.toml")]

    def reopened() -> Site:
        return fresh.pop() if taken else _fail()

    def _fail() -> Site:
        taken.append(True)
        raise KeyError("surprise")

    taken: list[bool] = []
    reloading, sensor, _, said = _reloading(reopened)
    reloading.begin()
    assert "internal error: KeyError" in str(_pass(sensor, reloading))
    reloading.begin()
    assert _pass(sensor, reloading) is None
    assert len(said) == 2
