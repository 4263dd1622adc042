"""One open capture as windows over its block."""

from pathlib import Path

from monitor.capture.bytestream import ByteStream
from monitor.capture.numbering import Numbering
from monitor.capture.reader import Ledger, Reader
from monitor.model.tally import Tally
from tests.kit.captures import pcap

RECORDS = [(1000 * place, bytes((place % 256,)) * 60) for place in range(5000)]


def reader_of(folder: Path, content: bytes, batch_frames: int, block_bytes: int) -> Reader:
    path = folder / "c.pcap"
    path.write_bytes(content)
    ledger = Ledger(numbering=Numbering(), tally=Tally())
    return Reader(ByteStream(str(path)), ledger, batch_frames, block_bytes)


def test_windows_hold_all_frames_whatever_the_block_size(tmp_path: Path) -> None:
    for block_bytes in (50, 1000, 1 << 20):
        reader = reader_of(tmp_path, pcap(RECORDS), 700, block_bytes)
        rows = []
        while window := reader.read():
            assert 0 < len(window.frames) <= 700
            for frame in window.frames:
                place = int(frame["offset"])
                rows.append((int(frame["ts_ns"]), window.buffer[place : place + 60].tobytes()))
        reader.close()
        assert rows == RECORDS
        assert reader.damage is None


def test_the_newest_time_and_the_bytes_from_disk_follow_the_windows(tmp_path: Path) -> None:
    content = pcap([(9, b"a"), (5, b"b")])
    reader = reader_of(tmp_path, content, 1, 1000)
    assert reader.read()
    assert reader.read()
    assert reader.read() is None
    assert (reader.newest_ns, reader.disk_bytes) == (9, len(content))
    reader.close()
