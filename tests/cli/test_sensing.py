"""How a sensor is put together: what comes before what, and that everything is given back when something is wrong."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from monitor.cli import sensing
from monitor.cli.claim import Claim
from monitor.cli.failure import ExitStatus
from monitor.cli.privileges import Dropped
from monitor.cli.remembering import FILE
from monitor.cli.sensing import Sensing
from monitor.cli.wish import Wish
from monitor.pipeline.stream import StreamLost
from tests.kit.live_source import FileSource
from tests.kit.prometheus import free_port
from tests.kit.threads import Threads

if TYPE_CHECKING:
    from collections.abc import Sequence

DEMO = Path(__file__).parents[2] / "pcaps" / "demo"
HTTP = DEMO.parent / "http" / "capture.pcap"
MORE = '[sensor]\nmemory_budget = "4GiB"\n'
"""So that nothing has to be said of it."""


@dataclass
class Bench:
    """A sensor's surroundings: a capture for each worker in the place of interfaces, and rights that nobody has."""

    folder: Path
    happened: list[str] = field(default_factory=list)
    sources: list[FileSource] = field(default_factory=list)
    began: Threads = field(default_factory=Threads)
    threads: list[set[str]] = field(default_factory=list)
    """Those that ran when a worker was made or rights were dropped."""

    def wish(self, **more: Any) -> Wish:
        config = self.folder / "umbilical.toml"
        config.write_text((DEMO / "umbilical.toml").read_text() + more.pop("config", MORE))
        given: dict[str, Any] = {"interfaces": ["tap0"], "config": config, "listen": "", "json": True}
        return Wish(**given | more)

    def opened(self, _names: Sequence[str], _settings: Any, workers: int) -> list[FileSource]:
        self.happened.append("sources")
        captures = (DEMO / "capture.pcap", HTTP)
        self.sources = [FileSource(str(captures[number % 2])) for number in range(workers)]
        return self.sources

    def drop(self, *_: Any) -> Dropped:
        self.happened.append("rights are dropped")
        self.note_threads()
        return Dropped(account="tests", limits=())

    def note_threads(self) -> None:
        self.threads.append(set(self.began.names()))


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    made = Bench(tmp_path)

    def noted(name: str, what: str) -> None:
        real = getattr(sensing, name)

        def make(*args: Any, **kwargs: Any) -> Any:
            made.happened.append(what)
            if what == "workers":
                made.note_threads()
            return real(*args, **kwargs)

        monkeypatch.setattr(sensing, name, make)

    monkeypatch.setattr(sensing, "opened_sources", made.opened)
    monkeypatch.setattr(sensing, "drop_privileges", made.drop)
    monkeypatch.setattr(sensing, "account_for", lambda *_: None)
    for name, what in {
        "Claim": "claim",
        "Memory": "checkpoint",
        "LocalLive": "stream",
        "LiveWorkers": "workers",
        "WebServer": "port",
        "Outbox": "outputs",
    }.items():
        noted(name, what)
    return made


def test_what_needs_rights_comes_first_and_threads_come_last(bench: Bench) -> None:
    state = bench.folder / "state"
    sensing = Sensing(bench.wish(listen=f"127.0.0.1:{free_port()}", state=state))
    sensing.close()
    assert bench.happened == [
        *("claim", "sources", "checkpoint", "stream", "port", "rights are dropped", "outputs"),
    ]


def test_workers_are_forked_before_there_are_threads_or_a_port(bench: Bench) -> None:
    sensing = Sensing(bench.wish(listen=f"127.0.0.1:{free_port()}", workers=2))
    sensing.close()
    assert bench.happened.index("workers") < bench.happened.index("port")
    own = {"spool", "web", "stdout", "status"}
    assert all(not names & own for names in bench.threads)


def test_a_source_that_ends_is_told_to_its_end(bench: Bench, capfd: pytest.CaptureFixture[str]) -> None:
    sensing = Sensing(bench.wish())
    status = sensing.run()
    told = capfd.readouterr()
    assert status is ExitStatus.CLEAN
    assert len({json.loads(line)["alert_id"] for line in told.out.splitlines()}) == 13
    assert "umbilical: listening on tap0" in told.err.splitlines()
    assert all(source.is_closed for source in bench.sources)


def test_what_was_opened_is_closed_when_opening_fails_half_way(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_plan: Any) -> Any:
        raise ValueError("no outputs today")

    monkeypatch.setattr(sensing, "Outbox", refuse)
    port, state = free_port(), bench.folder / "state"
    with pytest.raises(ValueError, match="no outputs today"):
        Sensing(bench.wish(listen=f"127.0.0.1:{port}", state=state))
    assert all(source.is_closed for source in bench.sources)
    monkeypatch.undo()
    Claim(state).close()


def test_a_state_folder_in_use_is_left_alone(bench: Bench) -> None:
    state = bench.folder / "state"
    state.mkdir()
    half_written, checkpoint = state / f".{FILE}.1.new", state / FILE
    half_written.write_text("of another sensor that saves just now")
    checkpoint.write_text("damaged")
    holder = Claim(state)
    with pytest.raises(ValueError, match=r"another umbilical .*--state"):
        Sensing(bench.wish(state=state))
    holder.close()
    assert bench.happened == ["claim"]
    assert half_written.exists()
    assert checkpoint.exists()


def test_a_budget_that_is_too_small_is_told_before_anything_is_opened(bench: Bench) -> None:
    with pytest.raises(ValueError, match=r"memory_budget: at least \d+MiB"):
        Sensing(bench.wish(config='[sensor]\nmemory_budget = "440MiB"\nworkers = 2\n'))
    assert "sources" not in bench.happened


def test_a_small_budget_makes_all_tables_smaller(bench: Bench, capfd: pytest.CaptureFixture[str]) -> None:
    sensing = Sensing(bench.wish(config='[sensor]\nmemory_budget = "512MiB"\n'))
    capacities = {name: fill.capacity for name, fill in sensing._sensor.back.tables().items()}
    sensing.close()
    full = {
        "devices": 1 << 16,
        "stations": 1 << 16,
        "names": 1 << 18,
        "flow_names": 1 << 16,
        "alerts": 1 << 15,
    }
    assert all(capacities[name] < 0.5 * most for name, most in full.items())
    assert "to fit sensor.memory_budget" in capfd.readouterr().err


def test_a_stream_that_is_lost_ends_it_with_one_line(
    bench: Bench, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sensing = Sensing(bench.wish(quiet=True))

    def lose() -> None:
        raise StreamLost("worker-1 ended before its time")

    monkeypatch.setattr(sensing._stream, "batches", lose)
    assert sensing.run() is ExitStatus.BROKEN
    (line,) = capfd.readouterr().err.splitlines()
    assert "worker-1 ended before its time; what was learnt" in line


def test_quiet_still_says_what_went_wrong(bench: Bench, capfd: pytest.CaptureFixture[str]) -> None:
    assert "bogus" in str(_reloaded_with(bench, "bogus = 1\n"))
    (line,) = capfd.readouterr().err.splitlines()
    assert "not reloaded, the old configuration stays" in line


def test_a_reload_says_what_waits_for_the_next_start(bench: Bench, capfd: pytest.CaptureFixture[str]) -> None:
    assert _reloaded_with(bench, '[capture]\nfilter = "udp port 53"\n') is None
    (line,) = capfd.readouterr().err.splitlines()
    assert "not before the next start: capture.filter" in line


def test_a_filter_that_the_next_start_would_refuse_is_refused_by_a_reload(bench: Bench) -> None:
    assert "foo bar baz" in str(_reloaded_with(bench, '[capture]\nfilter = "foo bar baz"\n'))


def _reloaded_with(bench: Bench, more: str) -> str | None:
    """Reload a quiet sensor, as its main loop would, with more in its configuration; returns why it was refused."""
    wish = bench.wish(quiet=True)
    sensing = Sensing(wish)
    assert wish.config is not None
    wish.config.write_text(wish.config.read_text() + more)
    reloading = sensing._reloading
    with sensing._stack:
        reloading.begin()
        until = time.monotonic() + 20
        while not reloading._done.is_set() and time.monotonic() < until:
            sensing._sensor._between()
            time.sleep(0.01)
    return reloading._problem


def test_quiet_says_nothing_but_alerts(bench: Bench, capfd: pytest.CaptureFixture[str]) -> None:
    assert Sensing(bench.wish(quiet=True)).run() is ExitStatus.CLEAN
    told = capfd.readouterr()
    assert told.err == ""
    assert told.out


def test_what_was_read_of_a_checkpoint_is_not_kept(bench: Bench) -> None:
    state = bench.folder / "state"
    wish = bench.wish(state=state)
    first = Sensing(wish)
    first._sensor.save_at_end()
    first.close()
    second = Sensing(wish)
    second.close()
    assert (state / FILE).exists()
    assert second._memory.fronts == ()
