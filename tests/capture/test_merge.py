"""Several captures as one stream: a total order that no batch size changes, and no more open files than needed."""

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.capture.replay import FEW_READERS, Replay
from tests.kit.captures import pcap, pcapng
from tests.kit.oracle_capture import Frame, frames_of

Times = list[list[int]]


def written(folder: Path, captures: Times) -> list[str]:
    """Write captures whose frames say where they stand."""
    names = []
    for index, times in enumerate(captures):
        records = [(ts_ns, f"{index}:{place}".encode()) for place, ts_ns in enumerate(times)]
        comments = {place: f"of {index}:{place}" for place in range(0, len(times), 3)}
        path = folder / f"{index:03}"
        path.write_bytes(pcap(records) if index % 2 else pcapng(records, comments=comments))
        names.append(str(path))
    return names


def in_order(captures: Times) -> list[bytes]:
    """Say the order in the dullest way: newest time so far, then capture by its first time, then place."""
    first = sorted(range(len(captures)), key=lambda index: captures[index][0] if captures[index] else -1)
    rows = []
    for rank, index in enumerate(first):
        newest = 0
        for place, ts_ns in enumerate(captures[index]):
            newest = max(newest, ts_ns)
            rows.append((newest, rank, place, f"{index}:{place}".encode()))
    return [name for *_, name in sorted(rows)]


def order_of(frames: list[Frame]) -> list[bytes]:
    return [frame.data for frame in frames]


@settings(max_examples=60, deadline=None)
@given(
    captures=st.lists(st.lists(st.integers(0, 60), max_size=30), min_size=1, max_size=5),
    batch_frames=st.sampled_from([1, 2, 7, 64, 8192]),
)
def test_the_order_is_that_of_the_dullest_sort(
    tmp_path_factory: pytest.TempPathFactory, captures: Times, batch_frames: int
) -> None:
    source = Replay(written(tmp_path_factory.mktemp("m"), captures), batch_frames)
    frames = frames_of(source.batches())
    assert in_order(captures) == order_of(frames)
    for frame in frames:
        index, place = map(int, frame.data.split(b":"))
        assert frame.number == place + 1
        commented = index % 2 == 0 and place % 3 == 0
        assert frame.comment == (f"of {index}:{place}" if commented else None)


def test_batches_do_not_change_interfaces_or_damage(tmp_path: Path) -> None:
    chance = random.Random(5)
    captures = [sorted(chance.randrange(1000) for _ in range(100)) for _ in range(4)]
    names = written(tmp_path, captures)
    for name in names[:2]:
        content = Path(name).read_bytes()
        Path(name).write_bytes(content[:-3])
    seen = []
    for batch_frames in (1, 7, 64, 8192):
        source = Replay(names, batch_frames)
        rows = [
            (int(frame["number"]), int(frame["interface"]))
            for batch in source.batches()
            for frame in batch.frames
        ]
        seen.append((rows, list(source.interfaces), source.damage))
    assert seen[0] == seen[1] == seen[2] == seen[3]
    assert [names[0], names[1]] == [damage.capture for damage in seen[0][2]]


def test_rotated_captures_are_opened_one_after_another(tmp_path: Path) -> None:
    names = written(tmp_path, [[100 * index + place for place in range(50)] for index in range(30)])
    random.Random(1).shuffle(names)
    source = Replay(names)
    most = 0
    frames = []
    for batch in source.batches():
        most = max(most, len(source._open))
        frames += frames_of([batch])
    assert most == 1
    assert [frame.ts_ns for frame in frames] == sorted(frame.ts_ns for frame in frames)


def test_many_captures_that_overlap_are_merged_with_small_blocks(tmp_path: Path) -> None:
    captures = [[index + 40 * place for place in range(20)] for index in range(3 * FEW_READERS)]
    source = Replay(written(tmp_path, captures))
    assert in_order(captures) == order_of(frames_of(source.batches()))


def test_equal_times_keep_the_order_of_the_captures(tmp_path: Path) -> None:
    captures = [[5, 5, 5], [5, 5], [5]]
    for batch_frames in (1, 2, 8192):
        source = Replay(written(tmp_path, captures), batch_frames)
        assert order_of(frames_of(source.batches())) == [b"0:0", b"0:1", b"0:2", b"1:0", b"1:1", b"2:0"]
