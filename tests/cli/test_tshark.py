"""tshark is let end by itself, and what it cannot read is told in a line."""

import logging
import shutil
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from monitor.cli.tshark import packets_from
from tests.cli.conftest import contact_pcap

pytestmark = pytest.mark.skipif(shutil.which("tshark") is None, reason="needs tshark")
ROUNDS = 20
"""Enough for a race that was lost every second time."""


@pytest.fixture(autouse=True)
def _pyshark_warns_of_its_own_future() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


def _ran(capture: Path, *numbers: int) -> tuple[list[int], str | None]:
    taken: list[int] = []

    def take(packet: Any) -> None:
        taken.append(int(packet.number))

    problem = packets_from(shutil.which("tshark") or "", str(capture), numbers, take)
    return taken, problem


def test_the_packets_that_are_asked_for_are_taken_in_order(contact: Path) -> None:
    assert _ran(contact, 3, 1) == ([1, 3], None)


def test_a_process_that_ended_by_itself_is_known(contact: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "asyncio"):
        for _ in range(ROUNDS):
            assert _ran(contact, 1) == ([1], None)
    assert caplog.messages == []


def test_what_tshark_cannot_read_is_told_with_what_it_read(tmp_path: Path) -> None:
    cut = tmp_path / "cut.pcap"
    cut.write_bytes(contact_pcap()[:-10])
    taken, problem = _ran(cut, 1, 99)
    assert taken == [1]
    assert problem is not None
    assert problem.startswith("tshark gave up: ")
    assert "\n" not in problem
