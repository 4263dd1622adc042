"""Rings, recording windows, workers and checkpoints all take their part of the memory."""

from pathlib import Path

import pytest

from monitor.cli.fitting import fitted_to, narrowness
from monitor.cli.wish import Wish
from monitor.config.reader import load
from monitor.config.sensor import MIN_BUDGET_BYTES
from monitor.config.tree import Config


def _config(folder: Path, text: str = "", **wish: object) -> Config:
    path = folder / "umbilical.toml"
    path.write_text(text)
    return Wish(interfaces=["eth1"], **wish).applied(load(path))  # type: ignore[arg-type]  # as the command line does


def test_everything_that_is_asked_for_takes_memory(tmp_path: Path) -> None:
    plain = fitted_to(_config(tmp_path)).share
    dearer = (
        _config(tmp_path, '[capture]\nring_size = "128MiB"\n'),
        _config(tmp_path, workers=2),
        _config(tmp_path, state=tmp_path / "state"),
        _config(tmp_path, record=tmp_path / "record"),
    )
    assert all(fitted_to(config).share < plain for config in dearer)


def test_a_pipe_has_no_ring(tmp_path: Path) -> None:
    piped = Wish(interfaces=["-"]).applied(load(None))
    assert fitted_to(piped).share > fitted_to(_config(tmp_path)).share


def test_only_a_tight_fit_is_worth_a_word(tmp_path: Path) -> None:
    assert narrowness(_config(tmp_path, state=tmp_path / "state")) == ""
    tight = narrowness(_config(tmp_path, '[sensor]\nmemory_budget = "450MiB"\n'))
    assert "to fit sensor.memory_budget" in tight
    assert "flows at once" in tight


def test_the_least_budget_that_a_configuration_may_have_is_what_the_usual_sensor_needs(
    tmp_path: Path,
) -> None:
    least = f'[sensor]\nmemory_budget = "{MIN_BUDGET_BYTES >> 20}MiB"\n'
    usual = _config(tmp_path, least, state=tmp_path / "state")
    assert fitted_to(usual).needed_bytes <= MIN_BUDGET_BYTES
    larger_ring = '[capture]\nring_size = "65MiB"\n' + least
    with pytest.raises(ValueError, match=f"at least {(MIN_BUDGET_BYTES >> 20) + 1}MiB"):
        fitted_to(_config(tmp_path, larger_ring, state=tmp_path / "state"))


def test_the_default_budget_gives_what_the_documents_say(tmp_path: Path) -> None:
    usual, large = (
        fitted_to(_config(tmp_path, text, state=tmp_path / "state")).share
        for text in ("", '[sensor]\nmemory_budget = "2GiB"\n')
    )
    assert 1 / 3 < usual < 0.4
    assert large > 0.95
