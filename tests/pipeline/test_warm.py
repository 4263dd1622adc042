"""The frame that warms the kernels is a real one."""

import tempfile
from pathlib import Path

import dpkt
import pytest

from monitor.pipeline import warm


def test_the_frame_is_a_whole_datagram() -> None:
    packet = dpkt.ethernet.Ethernet(warm._FRAME)
    checksum = packet.data.sum
    packet.data.sum = 0
    again = dpkt.ethernet.Ethernet(bytes(packet))
    assert isinstance(again.data.data, dpkt.udp.UDP)
    assert again.data.sum == checksum


def test_warming_up_takes_the_frame_through_the_front() -> None:
    warm.warm_up()


def test_the_recorder_is_warmed_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    warm.warm_up_recorder()
    assert list(tmp_path.iterdir()) == []


def test_a_host_without_a_folder_for_that_does_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    warm.warm_up_recorder()
