import shutil
import subprocess
from pathlib import Path

import pytest

from monitor.capture.replay import Replay
from monitor.export.pcapng import (
    MAX_COMMENT_BYTES,
    Packet,
    enhanced_packet,
    interface_description,
    reception,
    section_header,
)

T0 = 1_800_000_000_123_456_789
FRAME = bytes.fromhex("01005e000001025100000017") + b"\x08\0" + bytes(47)
ETHERNET, RAW = 1, 101
needs_tshark = pytest.mark.skipif(shutil.which("tshark") is None, reason="needs tshark")


def _capture(folder: Path, *packets: Packet) -> Path:
    path = folder / "one.pcapng"
    head = section_header(hardware="x86_64", system="Linux", application="umbilical")
    first = interface_description("eth1", ETHERNET, snap_length=4096, system="Linux")
    second = interface_description("tun0", RAW, description="a tunnel")
    path.write_bytes(head + first + second + b"".join(map(enhanced_packet, packets)))
    return path


def test_our_reader_finds_all_that_was_written(tmp_path: Path) -> None:
    packets = [
        Packet(1, T0, FRAME[14:], 100, ("über", "second")),
        Packet(0, T0 + 1, FRAME, len(FRAME)),
        Packet(0, T0 + 2, b"", 9),
    ]
    source = Replay([str(_capture(tmp_path, *packets))])
    (batch,) = source.batches()
    assert source.damage == []
    assert {0: "über"} == dict(batch.comments)
    seen = [(int(one["ts_ns"]), int(one["captured"]), int(one["wire"])) for one in batch.frames]
    assert [(one.ts_ns, len(one.data), one.wire_bytes) for one in packets] == seen
    assert [("tun0", RAW, 0), ("eth1", ETHERNET, 4096)] == [
        (one.name, one.link_type, one.snap_length) for one in source.interfaces
    ]


@needs_tshark
def test_tshark_finds_all_that_was_written(tmp_path: Path) -> None:
    path = _capture(tmp_path, Packet(0, T0, FRAME, 99, ("one", "two"), reception(ETHERNET, FRAME)))
    fields = [
        "frame.time_epoch",
        "frame.len",
        "frame.cap_len",
        "frame.comment",
        "frame.interface_name",
        "frame.packet_flags_reception_type",
    ]
    command = ["tshark", "-r", str(path), "-T", "fields", *(word for one in fields for word in ("-e", one))]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert ["1800000000.123456789", "99", "61", "one,two", "eth1", "2"] == told.strip().split("\t")


@pytest.mark.parametrize(
    ("data", "flags"),
    [(b"\xff" * 14, 3 << 2), (b"\x01" + bytes(13), 2 << 2), (b"\x02" + bytes(13), 1 << 2), (b"\xff" * 5, 0)],
)
def test_flags_tell_to_whom_an_ethernet_frame_was_sent(data: bytes, flags: int) -> None:
    assert flags == reception(ETHERNET, data)
    assert reception(RAW, data) == 0


def test_a_long_comment_is_cut_at_a_character() -> None:
    block = enhanced_packet(Packet(0, T0, b"", 0, ("ä" * MAX_COMMENT_BYTES,)))
    assert ("ä" * (MAX_COMMENT_BYTES // 2)).encode() in block
    assert len(block) < MAX_COMMENT_BYTES + 64


@pytest.mark.parametrize(
    "packet",
    [
        Packet(0, -1, b"", 0),
        Packet(0, 1 << 64, b"", 0),
        Packet(0, T0, b"abc", 2),
        Packet(0, T0, b"", 1 << 32),
    ],
)
def test_what_no_packet_can_be_is_refused(packet: Packet) -> None:
    with pytest.raises(ValueError, match="no packet has"):
        enhanced_packet(packet)


def test_what_no_interface_can_be_is_refused() -> None:
    with pytest.raises(ValueError, match="link type 65536"):
        interface_description("x", 1 << 16)
    with pytest.raises(ValueError, match="65535 bytes at most"):
        interface_description("x" * (1 << 16), ETHERNET)
