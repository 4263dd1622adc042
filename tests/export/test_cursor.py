from pathlib import Path

import pytest

from monitor.export._cursor import cursor_path, highest_cursor, read_cursor, write_cursor


def test_a_cursor_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = cursor_path(tmp_path, "webhook")
    for sequence in (0, 1, 1_800_000_000_000):
        write_cursor(path, sequence)
        assert read_cursor(path) == sequence
    assert [one.name for one in tmp_path.iterdir()] == ["webhook.cursor"]


def test_an_output_that_is_new_has_no_cursor(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_cursor(cursor_path(tmp_path, "webhook"))


@pytest.mark.parametrize("damaged", [b"", b"12", b"12 00000000", b"-1 deadbeef", b"\xff" * 9000, b"a b c"])
def test_a_damaged_cursor_says_nothing(tmp_path: Path, damaged: bytes) -> None:
    path = cursor_path(tmp_path, "webhook")
    path.write_bytes(damaged)
    assert read_cursor(path) is None


def test_the_highest_cursor_is_found(tmp_path: Path) -> None:
    assert highest_cursor(tmp_path) == 0
    for name, sequence in (("a", 5), ("b", 9)):
        write_cursor(cursor_path(tmp_path, name), sequence)
    cursor_path(tmp_path, "c").write_bytes(b"damaged")
    assert highest_cursor(tmp_path) == 9
