import errno
import os
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.export import _disk_store, _segment
from monitor.export._cursor import cursor_path, read_cursor
from monitor.export._disk_store import MIN_SEGMENT_BYTES, DiskStore

LIMIT = 1 << 20
LONG = b"x" * 10_000


def numbers(store: DiskStore, after: int = -1) -> list[int]:
    reader, told = store.reader(after), []
    while records := reader.take(7):
        told += [one.sequence for one in records]
    return told


def texts(store: DiskStore) -> list[bytes]:
    return [one.json for one in store.reader(-1).take(10_000)]


def segments(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.spool"))


def test_what_was_appended_is_there_after_a_restart(tmp_path: Path) -> None:
    store = DiskStore(tmp_path, LIMIT)
    store.append([b"a", b"b"])
    store.append([b"c"])
    last = store.last_sequence
    store.close()
    store = DiskStore(tmp_path, LIMIT)
    assert texts(store) == [b"a", b"b", b"c"]
    assert store.last_sequence == last
    store.append([b"d"])
    assert numbers(store) == list(range(last - 2, last + 2))
    assert len(segments(tmp_path)) == 1
    store.close()


def test_a_second_sensor_is_refused_and_children_do_not_keep_the_lock(tmp_path: Path) -> None:
    store = DiskStore(tmp_path, LIMIT)
    code = "import sys; from pathlib import Path; from monitor.export._disk_store import DiskStore; DiskStore(Path(sys.argv[1]), 1 << 20)"
    other = subprocess.run(
        [sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=False
    )
    assert "is used by another umbilical" in other.stderr
    store.close()


def test_a_folder_that_cannot_be_is_an_error_for_the_operator(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match=r"Not a directory|File exists"):
        DiskStore(tmp_path / "file" / "spool", LIMIT)


def test_every_cut_of_the_last_write_leaves_what_was_before_it(tmp_path: Path) -> None:
    origin = tmp_path / "origin"
    store = DiskStore(origin, LIMIT)
    store.append([b"a", b"b"])
    safe = segments(origin)[0].stat().st_size
    store.append([b"c", b"d"])
    first = numbers(store)[0]
    store.close()
    whole = segments(origin)[0].read_bytes()
    for size in range(safe, len(whole)):
        folder = tmp_path / "cut"
        shutil.copytree(origin, folder)
        segments(folder)[0].write_bytes(whole[:size])
        cut = DiskStore(folder, LIMIT)
        assert texts(cut)[:2] == [b"a", b"b"]
        assert texts(cut)[2:] in ([], [b"c"])
        assert (cut.torn_bytes > 0) == (size > safe and whole[size - 1 : size] != b"\n")
        cut.append([b"e"])
        assert texts(cut)[-1] == b"e"
        assert all(one < two for one, two in pairwise(numbers(cut, first - 1)))
        cut.close()
        shutil.rmtree(folder)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(damage=st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=8))
def test_damage_anywhere_costs_the_damaged_alerts_only(
    tmp_path_factory: pytest.TempPathFactory, damage: list[tuple[int, int]]
) -> None:
    folder = tmp_path_factory.mktemp("spool")
    store = DiskStore(folder, LIMIT)
    told = [b"%d" % number * 30 for number in range(20)]
    store.append(told)
    store.register("webhook")
    last = store.last_sequence
    store.close()
    (path,) = segments(folder)
    data, hit = bytearray(path.read_bytes()), set()
    line_bytes = len(data) // len(told)
    for place, value in damage:
        position = place % len(data)
        hit.add(position // line_bytes if len(data) % len(told) == 0 else -1)
        data[position] = value
    path.write_bytes(data)
    store = DiskStore(folder, LIMIT)
    left = texts(store)
    assert len(left) >= len(told) - 2 * len(damage)
    assert [one for one in told if one in left] == left
    assert store.last_sequence >= last
    store.append([b"new"])
    assert store.last_sequence > last
    assert texts(store)[-1] == b"new"
    assert [one.json for one in store.reader(last).take(9)][-1] == b"new"
    store.close()


def test_damage_is_counted_and_said(tmp_path: Path) -> None:
    store = DiskStore(tmp_path, LIMIT)
    store.append([b"a", b"b", b"c"])
    store.close()
    (path,) = segments(tmp_path)
    data = bytearray(path.read_bytes())
    data[len(data) // 3 + 5] ^= 1
    path.write_bytes(bytes(data) + b"torn")
    said: list[str] = []
    store = DiskStore(tmp_path, LIMIT, said.append)
    assert (store.damaged, store.torn_bytes) == (1, 4)
    assert said == [f"{tmp_path}: 1 damaged lines left out, 4 bytes of an unfinished write cut off"]
    assert texts(store) == [b"a", b"c"]
    store.close()


def test_numbers_are_not_used_again_when_all_segments_were_deleted(tmp_path: Path) -> None:
    store = DiskStore(tmp_path, LIMIT)
    store.register("webhook")
    store.append([b"a"] * 5)
    last = store.last_sequence
    store.advance("webhook", last)
    store.close()
    for path in segments(tmp_path):
        path.unlink()
    store = DiskStore(tmp_path, LIMIT)
    cursor = store.register("webhook")
    store.append([b"b"])
    assert store.last_sequence > last
    assert [one.json for one in store.reader(cursor).take(9)] == [b"b"]
    store.close()


def test_the_oldest_segment_gives_way_and_is_counted_for_each_output_that_lacks_it(tmp_path: Path) -> None:
    store = DiskStore(tmp_path, LIMIT)
    store.register("slow")
    store.register("quick")
    slow = store.reader(store.register("slow"))
    assert slow.take(1) == []
    for _ in range(300):
        store.append([LONG])
        store.advance("quick", store.last_sequence)
    left = len(numbers(store))
    assert store.size_bytes <= LIMIT
    assert sum(path.stat().st_size for path in segments(tmp_path)) == store.size_bytes
    assert store.dropped["slow"] == 300 - left
    assert store.dropped["quick"] == 0
    assert store.pending(0) == left
    assert slow.take(1)[0].sequence == numbers(store)[0]
    assert slow.lost == 0
    store.close()


def test_a_segment_that_vanished_is_passed_over_and_counted(tmp_path: Path) -> None:
    store = DiskStore(tmp_path, LIMIT)
    store.append([LONG] * 6)
    store.append([LONG] * 6)
    assert len(segments(tmp_path)) == 1
    store.append([LONG] * 6)
    reader = store.reader(store.last_sequence - 18)
    segments(tmp_path)[0].unlink()
    assert [one.sequence for one in reader.take(99)] == numbers(store)[-6:]
    assert reader.lost == 12
    store.close()


def test_a_segment_that_is_deleted_while_it_is_written_is_noticed(tmp_path: Path) -> None:
    said: list[str] = []
    store = DiskStore(tmp_path, LIMIT, said.append)
    store.register("webhook")
    store.append([b"a"])
    segments(tmp_path)[0].unlink()
    store.append([b"b"])
    assert texts(store) == [b"b"]
    assert store.dropped["webhook"] == 1
    assert "was deleted" in said[0]
    store.close()


def test_a_write_that_fails_leaves_nothing_behind_and_may_be_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = DiskStore(tmp_path, LIMIT)
    store.append([b"a"])

    def half(handle: int, data: bytes) -> None:
        os.write(handle, data[: len(data) // 2])
        raise OSError(errno.EIO, "no")

    with monkeypatch.context() as broken:
        broken.setattr(_disk_store, "write_all", half)
        for _ in range(3):
            with pytest.raises(OSError, match="no"):
                store.append([b"b", b"c"])
            assert texts(store) == [b"a"]
    store.append([b"b", b"c", b"d"])
    assert texts(store) == [b"a", b"b", b"c", b"d"]
    store.close()
    store = DiskStore(tmp_path, LIMIT)
    assert texts(store) == [b"a", b"b", b"c", b"d"]
    assert store.damaged == store.torn_bytes == 0
    store.close()


def test_on_a_full_disk_what_everybody_has_makes_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = DiskStore(tmp_path, LIMIT)
    store.register("webhook")
    for _ in range(2 * MIN_SEGMENT_BYTES // len(LONG) + 8):
        store.append([LONG])
    before = len(segments(tmp_path))
    real = _segment.write_all

    def full(handle: int, data: bytes) -> None:
        if len(segments(tmp_path)) >= before:
            raise OSError(errno.ENOSPC, "full")
        real(handle, data)

    monkeypatch.setattr(_disk_store, "write_all", full)
    with pytest.raises(OSError, match="full"):
        store.append([b"new"])
    store.advance("webhook", store.last_sequence)
    store.append([b"new"])
    assert store.dropped["webhook"] == 0
    assert texts(store)[-1] == b"new"
    store.close()


def test_a_damaged_cursor_means_everything_again(tmp_path: Path) -> None:
    store = DiskStore(tmp_path, LIMIT)
    assert store.register("webhook") == store.last_sequence
    store.append([b"a", b"b"])
    store.advance("webhook", store.last_sequence)
    store.close()
    cursor_path(tmp_path, "webhook").write_bytes(b"\0\0\0")
    said: list[str] = []
    store = DiskStore(tmp_path, LIMIT, said.append)
    assert [one.json for one in store.reader(store.register("webhook")).take(9)] == [b"a", b"b"]
    assert "webhook" in said[0]
    store.close()


def test_an_output_that_comes_back_goes_on_where_it_was(tmp_path: Path) -> None:
    store = DiskStore(tmp_path, LIMIT)
    store.register("webhook")
    store.append([b"a"])
    store.leave("webhook")
    store.append([b"b"])
    store.close()
    store = DiskStore(tmp_path, LIMIT)
    assert [one.json for one in store.reader(store.register("webhook")).take(9)] == [b"a", b"b"]
    store.close()


def test_a_full_disk_keeps_nobody_from_starting_whose_cursor_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = DiskStore(tmp_path, LIMIT)
    cursor = store.register("webhook")
    store.close()

    def no(*_: object) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(_disk_store, "write_cursor", no)
    store = DiskStore(tmp_path, LIMIT)
    assert store.register("webhook") == cursor
    with pytest.raises(OSError, match="full"):
        store.register("syslog")
    store.close()


def test_a_cursor_that_cannot_be_written_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = DiskStore(tmp_path, LIMIT)
    store.register("webhook")

    def no(*_: object) -> None:
        raise OSError(errno.EROFS, "read-only")

    store.append([b"a"])
    with monkeypatch.context() as patch:
        patch.setattr(_disk_store, "write_cursor", no)
        store.advance("webhook", store.last_sequence)
        assert store.unwritten_cursors == 1
    assert read_cursor(cursor_path(tmp_path, "webhook")) == store.last_sequence - 1
    store.append([b"b"])
    assert read_cursor(cursor_path(tmp_path, "webhook")) == store.last_sequence - 1
    assert store.pending(store.register("webhook")) == 1
    store.close()


def test_a_segment_that_cannot_be_read_stops_no_start(tmp_path: Path) -> None:
    store = DiskStore(tmp_path, LIMIT)
    store.append([b"a"])
    last = store.last_sequence
    store.close()
    (tmp_path / f"{last + 10:020d}.spool").mkdir()
    said: list[str] = []
    store = DiskStore(tmp_path, LIMIT, said.append)
    assert texts(store) == [b"a"]
    assert "cannot be read" in said[0]
    store.append([b"b"])
    assert store.last_sequence > last + 10
    assert texts(store) == [b"a", b"b"]
    store.close()
