"""The checkpoint of a sensor, between two runs."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from monitor.cli.remembering import FILE, Memory
from monitor.export.checkpoint import write
from monitor.export.outbox import Outbox, OutboxPlan
from tests.pipeline.test_sensor import World, _sensor


@contextmanager
def _outbox(folder: Path) -> Iterator[Outbox]:
    outbox = Outbox(OutboxPlan(sections={}, folder=folder, state_folder=folder, host="tests", version="1"))
    try:
        yield outbox
    finally:
        outbox.close(5)


def test_without_a_folder_nothing_is_remembered() -> None:
    memory = Memory(None, ("tap0",), 1)
    assert memory.keeper is None
    assert memory.fronts == ()
    assert memory.counts.last_success_ns is None


def test_a_second_run_knows_what_the_first_one_learnt(tmp_path: Path) -> None:
    world = World()
    first = _sensor(world)
    first.run()
    first.save_at_end()
    write(tmp_path / FILE, world.saved[-1])
    memory = Memory(tmp_path, ("tap0",), 1)
    second = _sensor(World(), tuple(memory.fronts))
    with _outbox(tmp_path) as outbox:
        memory.recall(second, outbox)
    assert len(second.back.book) == len(first.back.book) > 0
    assert second.back.ledger.devices == first.back.ledger.devices


def test_alerts_behind_the_checkpoint_are_taken_back_from_the_spool(tmp_path: Path) -> None:
    world = World()
    first = _sensor(world)
    first.run()
    with _outbox(tmp_path) as outbox:
        for alert in world.told:
            outbox.put(alert)
        assert outbox.flush(10)
        second = _sensor(World())
        Memory(tmp_path, ("tap0",), 1).recall(second, outbox)
    assert {one.alert_id for one in second.back.book.worst(100)} == {one.alert_id for one in world.told}


def test_a_damaged_checkpoint_is_set_aside(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / FILE).write_bytes(b"not a checkpoint")
    memory = Memory(tmp_path, ("tap0",), 1)
    assert memory.fronts == ()
    assert (tmp_path / f"{FILE}.damaged").read_bytes() == b"not a checkpoint"
    assert "begins anew" in capsys.readouterr().err


def test_a_checkpoint_that_the_rooms_refuse_is_set_aside(tmp_path: Path) -> None:
    world = World()
    first = _sensor(world)
    first.run()
    first.save_at_end()
    state = world.saved[-1]
    state["back"]["alert"]["stories"] = [["nonsense"]]
    write(tmp_path / FILE, state)
    memory = Memory(tmp_path, ("tap0",), 1)
    second = _sensor(World())
    with _outbox(tmp_path) as outbox:
        memory.recall(second, outbox)
    assert len(second.back.book) == 0
    assert (tmp_path / f"{FILE}.damaged").exists()


def test_saving_that_fails_is_said_once_and_again_when_it_works(tmp_path: Path) -> None:
    memory = Memory(tmp_path, ("tap0",), 1)
    said: list[str] = []
    assert memory.keeper is not None
    health = memory.keeper.health
    for failures, saved in ((0, 1), (1, 1), (2, 1), (2, 1), (2, 2), (2, 3)):
        health.failures, health.saved, health.last_failure = failures, saved, "No space left on device"
        memory.notice(said.append)
    assert len(said) == 2
    assert "No space left on device" in said[0]
    assert "saved again" in said[1]


def test_what_was_read_can_be_forgotten(tmp_path: Path) -> None:
    world = World()
    sensor = _sensor(world)
    sensor.run()
    sensor.save_at_end()
    write(tmp_path / FILE, world.saved[-1])
    memory = Memory(tmp_path, ("tap0",), 1)
    inherited = memory.fronts
    memory.forget()
    memory.forget()
    assert memory.fronts == ()
    assert list(inherited) == [{}]
