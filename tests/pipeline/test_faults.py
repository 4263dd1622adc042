"""Faults of our own are counted by room and said once."""

import pytest

from monitor.model.finding import Severity
from monitor.model.instant import duration_ns
from monitor.pipeline.faults import Faults


def test_a_fault_is_counted_in_its_room_and_said_once() -> None:
    said: list[str] = []
    faults = Faults(said.append)
    for _ in range(3):
        try:
            duration_ns("nonsense")
        except ValueError as error:
            faults.note(error)
    assert faults.by_room == {"model": 3}
    assert len(said) == 1
    assert "model/instant.py:" in said[0]


def test_a_fault_outside_the_rooms_is_the_corridors() -> None:
    faults = Faults(lambda _: None)
    with pytest.raises(ValueError, match="worse") as caught:
        Severity("worse")
    faults.note(caught.value)
    assert faults.by_room == {"pipeline": 1}
