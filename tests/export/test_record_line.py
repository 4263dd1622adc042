from hypothesis import given
from hypothesis import strategies as st

from monitor.export._record_line import SpoolRecord, framed, read_line, scan

JSON = b'{"alert_id":"0f"}'


def test_a_line_can_be_read_by_a_person_and_back() -> None:
    line = framed(SpoolRecord(42, JSON))
    assert line.split(b" ", 2)[1:] == [b"00000000000000000042", JSON + b"\n"]
    assert read_line(line[:-1]) == SpoolRecord(42, JSON)


@given(st.integers(0, 8 * len(framed(SpoolRecord(7, JSON))) - 9))
def test_any_flipped_bit_of_a_line_is_noticed(bit: int) -> None:
    line = bytearray(framed(SpoolRecord(7, JSON))[:-1])
    line[bit // 8] ^= 1 << bit % 8
    assert read_line(bytes(line)) is None


def test_what_is_not_a_line_of_ours_is_damaged() -> None:
    assert [read_line(line) for line in (b"", b"x", b"0" * 40, framed(SpoolRecord(1, JSON)))] == [None] * 4


def test_damage_between_good_lines_is_counted_and_a_torn_end_is_not() -> None:
    first, second = framed(SpoolRecord(1, JSON)), framed(SpoolRecord(5, JSON))
    told = scan(first + b"garbage\n\n" + second + b"torn\nend")
    assert [record.sequence for record in told.records] == [1, 5]
    assert told.damaged == 2
    assert told.good_bytes == len(first) + 9 + len(second)


def test_a_number_that_does_not_grow_was_written_twice() -> None:
    lines = b"".join(framed(SpoolRecord(number, JSON)) for number in (1, 2, 2, 1, 3))
    assert [record.sequence for record in scan(lines).records] == [1, 2, 3]
    assert scan(lines, after=2).records == [SpoolRecord(3, JSON)]


def test_reading_stops_where_it_is_told_to() -> None:
    lines = b"".join(framed(SpoolRecord(number, JSON)) for number in range(5))
    told = scan(lines, most=2)
    assert [record.sequence for record in told.records] == [0, 1]
    assert told.good_bytes == 2 * len(framed(SpoolRecord(0, JSON)))
