"""Rings, recording windows, workers and checkpoints all take their part of the memory."""

from pathlib import Path

from monitor.cli.fitting import fitted_to, narrowness
from monitor.cli.wish import Wish
from monitor.config.reader import load
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
