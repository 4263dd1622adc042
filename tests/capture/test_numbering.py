"""Interfaces are numbered by their first frame in the stream, however far captures are read ahead."""

import numpy as np

from monitor.capture.numbering import Numbering
from monitor.model.frame import FRAME, Interface


def named(name: str) -> Interface:
    return Interface(name=name, capture="c", link_type=1)


def renumbered(numbering: Numbering, provisional: list[int]) -> list[int]:
    frames = np.zeros(len(provisional), FRAME)
    frames["interface"] = provisional
    numbering.renumber(frames)
    return [int(number) for number in frames["interface"]]


def test_numbers_follow_the_first_frames_and_stay() -> None:
    numbering = Numbering()
    a, b, c = (numbering.register(named(name)) for name in "abc")
    assert renumbered(numbering, [c, c, a, c]) == [0, 0, 1, 0]
    assert renumbered(numbering, [b, a, c]) == [2, 1, 0]
    assert [interface.name for interface in numbering.final] == ["c", "a", "b"]


def test_an_interface_that_comes_later_gets_the_next_number() -> None:
    numbering = Numbering()
    a = numbering.register(named("a"))
    assert renumbered(numbering, [a, a]) == [0, 0]
    b = numbering.register(named("b"))
    assert renumbered(numbering, [b, a]) == [1, 0]
    assert renumbered(numbering, [a, b]) == [0, 1]


def test_interfaces_without_frames_are_not_listed() -> None:
    numbering = Numbering()
    numbering.register(named("a"))
    assert numbering.final == []
