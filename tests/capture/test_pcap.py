"""Classic pcap: every flavour, and what a damaged file says."""

import struct
from pathlib import Path

import pytest

from monitor.capture.pcap import SNAP_LENGTH_SLACK
from monitor.capture.replay import Replay
from tests.kit.captures import KUZNETZOV, MICROSECONDS, NANOSECONDS, NAVTEL, ByteOrder, pcap
from tests.kit.oracle_capture import Frame, frames_of

T0 = 1_700_000_000_123_456_000
RECORDS = [(T0, b"first frame"), (T0 + 1000, b""), (T0 - 5_000_000, b"x" * 1500)]


def replay(folder: Path, content: bytes) -> Replay:
    path = folder / "c.pcap"
    path.write_bytes(content)
    return Replay([str(path)])


def damage_of(folder: Path, content: bytes) -> tuple[int, int, str]:
    source = replay(folder, content)
    frames = frames_of(source.batches())
    (damage,) = source.damage
    return len(frames), damage.offset, damage.reason


@pytest.mark.parametrize("byte_order", ["big", "little"])
@pytest.mark.parametrize("magic", [MICROSECONDS, NANOSECONDS, NAVTEL, KUZNETZOV])
def test_every_flavour_gives_the_same_frames(tmp_path: Path, magic: int, byte_order: ByteOrder) -> None:
    source = replay(tmp_path, pcap(RECORDS, magic=magic, byte_order=byte_order, link_type=113, beyond=3))
    expected = [
        Frame(number, ts_ns, data, len(data) + 3, 113) for number, (ts_ns, data) in enumerate(RECORDS, 1)
    ]
    assert expected == frames_of(source.batches())
    assert source.damage == []


def test_nanoseconds_are_kept(tmp_path: Path) -> None:
    source = replay(tmp_path, pcap([(T0 + 7, b"x")]))
    assert [T0 + 7] == [frame.ts_ns for frame in frames_of(source.batches())]


def test_the_upper_half_of_the_link_type_is_not_the_link_type(tmp_path: Path) -> None:
    source = replay(tmp_path, pcap([(T0, b"x")], link_type=0x5400_0001, snap_length=96))
    assert [1] == [frame.link_type for frame in frames_of(source.batches())]
    (interface,) = source.interfaces
    assert (interface.link_type, interface.snap_length) == (1, 96)
    assert interface.name == interface.capture == str(tmp_path / "c.pcap")


def test_the_last_second_of_the_format_is_no_damage(tmp_path: Path) -> None:
    end = 0xFFFF_FFFF * 1_000_000_000 + 999_999_999
    source = replay(tmp_path, pcap([(end, b"x"), (0, b"y")]))
    assert [end, 0] == [frame.ts_ns for frame in frames_of(source.batches())]
    assert source.damage == []


def test_a_header_without_packets_is_fine(tmp_path: Path) -> None:
    source = replay(tmp_path, pcap())
    assert frames_of(source.batches()) == []
    assert source.damage == []


def test_a_cut_file_header_is_damage(tmp_path: Path) -> None:
    assert damage_of(tmp_path, pcap()[:10]) == (0, 0, "cut short: the file header has 10 of 24 bytes")


def test_a_cut_frame_is_told_with_its_bytes(tmp_path: Path) -> None:
    content = pcap([(T0, bytes(100)), (T0, bytes(1514))])
    reason = "cut short: the last record at offset 140 has 60 of 1514 bytes"
    assert damage_of(tmp_path, content[: 140 + 16 + 60]) == (1, 140, reason)


def test_a_cut_record_header_is_told_as_such(tmp_path: Path) -> None:
    content = pcap([(T0, bytes(100)), (T0, bytes(1514))])
    reason = "cut short: the last record at offset 140 has 7 of 16 bytes of its header"
    assert damage_of(tmp_path, content[:147]) == (1, 140, reason)


def test_a_record_that_claims_too_much_is_damage(tmp_path: Path) -> None:
    claim = struct.pack("<IIII", 0, 0, 0xFFFF_FFFF, 60)
    content = pcap([(T0, bytes(100))]) + claim + bytes(5000)
    assert damage_of(tmp_path, content) == (1, 140, "the record at offset 140 claims 4294967295 bytes")


@pytest.mark.parametrize(("extra", "whole"), [(0, True), (1, False)])
def test_a_record_may_exceed_the_snap_length_by_the_slack(tmp_path: Path, extra: int, whole: bool) -> None:  # noqa: FBT001 - a parameter
    frame = bytes(96 + SNAP_LENGTH_SLACK + extra)
    source = replay(tmp_path, pcap([(T0, frame)], snap_length=96))
    assert whole == bool(frames_of(source.batches()))
    assert whole == (source.damage == [])


def test_a_frame_larger_than_a_block_is_whole(tmp_path: Path) -> None:
    frame = bytes(range(256)) * 12_000
    source = replay(tmp_path, pcap([(T0, b"a"), (T0, frame), (T0, b"b")], snap_length=0))
    assert [b"a", frame, b"b"] == [each.data for each in frames_of(source.batches())]
