from pathlib import Path

from monitor.export._record_line import SpoolRecord, framed
from monitor.export._segment import (
    found_segments,
    new_segment,
    open_for_append,
    read_records,
    sync_folder,
    write_all,
)

JSON = b"{}"


def lines(*numbers: int) -> bytes:
    return b"".join(framed(SpoolRecord(number, JSON)) for number in numbers)


def test_a_segment_is_found_with_what_it_holds(tmp_path: Path) -> None:
    segment = new_segment(tmp_path, 7)
    segment.path.write_bytes(lines(7, 8) + b"bad\n" + lines(9) + b"torn\nend")
    (tmp_path / "other.spool").write_bytes(b"not ours")
    sync_folder(tmp_path)
    (found,) = found_segments(tmp_path)
    assert (found.first, found.last, found.count, found.damaged) == (7, 9, 3, 1)
    assert (found.torn_bytes, found.torn_lines) == (8, 1)


def test_what_is_not_safe_is_cut_off_when_a_segment_is_opened(tmp_path: Path) -> None:
    segment = new_segment(tmp_path, 1)
    segment.path.write_bytes(lines(1) + b"torn")
    (found,) = found_segments(tmp_path)
    handle = open_for_append(found)
    write_all(handle, lines(2))
    assert segment.path.read_bytes() == lines(1, 2)


def test_only_what_is_safe_is_read(tmp_path: Path) -> None:
    segment = new_segment(tmp_path, 1)
    segment.path.write_bytes(lines(1, 2, 3, 4))
    segment.size, segment.last = len(lines(1, 2, 3)), 3
    records, offset = read_records(segment, 0, 0, most=2)
    assert [one.sequence for one in records] == [1, 2]
    records, offset = read_records(segment, offset, 2, most=9)
    assert [one.sequence for one in records] == [3]
    assert read_records(segment, offset, 3, most=9) == ([], segment.size)


def test_a_large_damaged_part_is_stepped_over(tmp_path: Path) -> None:
    segment = new_segment(tmp_path, 1)
    data = b"\0" * 600_000 + b"\n" + lines(9)
    segment.path.write_bytes(data)
    segment.size, segment.last = len(data), 9
    records, _ = read_records(segment, 0, 0, most=1)
    assert [one.sequence for one in records] == [9]
