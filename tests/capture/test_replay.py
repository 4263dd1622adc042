"""The door of the room: batches, progress, ledger, standard input, and captures that break."""

import gzip
import os
import subprocess
import sys
from pathlib import Path

import pytest

from monitor.capture.replay import TALLY_KEYS, Replay
from tests.kit.captures import pcap, pcapng
from tests.kit.oracle_capture import frames_of

T0 = 1_700_000_000_000_000_000
RECORDS = [(T0 + place, bytes((place % 256,)) * (place % 90)) for place in range(300)]


def put(folder: Path, name: str, content: bytes) -> str:
    path = folder / name
    path.write_bytes(content)
    return str(path)


@pytest.mark.parametrize("batch_frames", [1, 7, 64])
def test_the_batch_size_changes_nothing_but_sizes(tmp_path: Path, batch_frames: int) -> None:
    name = put(tmp_path, "c", pcapng(RECORDS, comments={7: "seven", 64: "more"}))
    assert frames_of(Replay([name]).batches()) == frames_of(Replay([name], batch_frames).batches())
    ordinal = 0
    for batch in Replay([name], batch_frames).batches():
        assert len(batch.frames) <= batch_frames
        assert ordinal == batch.first_ordinal
        ordinal += len(batch.frames)


def test_the_clock_never_goes_back(tmp_path: Path) -> None:
    name = put(tmp_path, "c", pcap([(T0 + 5, b"a"), (T0, b"b"), (T0 + 9, b"c")]))
    assert [batch.clock_ns for batch in Replay([name], 1).batches()] == [T0 + 5, T0 + 5, T0 + 9]


def test_ordinals_count_over_all_captures_and_numbers_within_one(tmp_path: Path) -> None:
    names = [put(tmp_path, f"{index}", pcap([(T0 + index, b"x"), (T0 + index, b"y")])) for index in (0, 1)]
    rows = [
        (batch.first_ordinal + place, int(frame["number"]), int(frame["interface"]))
        for batch in Replay(names, 1).batches()
        for place, frame in enumerate(batch.frames)
    ]
    assert rows == [(0, 1, 0), (1, 2, 0), (2, 1, 1), (3, 2, 1)]


def test_progress_ends_at_the_size_on_disk(tmp_path: Path) -> None:
    names = [put(tmp_path, "a", pcap(RECORDS)), put(tmp_path, "b", gzip.compress(pcapng(RECORDS)))]
    source = Replay(names)
    assert source.bytes_read == 0
    frames_of(source.batches())
    assert source.total_bytes == source.bytes_read == sum(Path(name).stat().st_size for name in names)


def test_the_ledger_has_closed_keys(tmp_path: Path) -> None:
    source = Replay([put(tmp_path, "c", pcap(RECORDS))])
    frames_of(source.batches())
    assert set(TALLY_KEYS) == set(source.tally.counts)
    assert source.tally["frames"] == 300
    assert source.tally["bytes"] == sum(len(frame) for _, frame in RECORDS)


def test_a_damaged_capture_does_not_stop_the_next(tmp_path: Path) -> None:
    whole = pcap([(T0, b"whole")])
    names = [put(tmp_path, "a", whole[:-1]), put(tmp_path, "b", pcap([(T0 + 1, b"next")]))]
    source = Replay(names)
    assert [b"next"] == [frame.data for frame in frames_of(source.batches())]
    assert [(names[0], 24)] == [(damage.capture, damage.offset) for damage in source.damage]


def test_a_compressed_capture_that_ends_early_says_so(tmp_path: Path) -> None:
    packed = gzip.compress(pcap([(T0 + place, os.urandom(100)) for place in range(100)]))
    source = Replay([put(tmp_path, "c.gz", packed[:-5000])])
    frames = frames_of(source.batches())
    (damage,) = source.damage
    assert damage.offset == 24 + 116 * len(frames)
    assert damage.reason.startswith("cut short")
    assert damage.reason.endswith("(the gzip data ends early)")


def test_an_early_end_between_two_records_is_damage_too(tmp_path: Path) -> None:
    packed = gzip.compress(pcap([(T0, b"x")]))
    source = Replay([put(tmp_path, "c.gz", packed[:-8])])
    assert len(frames_of(source.batches())) == 1
    assert [damage.reason for damage in source.damage] == [
        "cut short at offset 41 (the gzip data ends early)"
    ]


def test_a_capture_that_vanishes_is_damage(tmp_path: Path) -> None:
    names = [put(tmp_path, name, pcap([(T0, name.encode())])) for name in "ab"]
    source = Replay(names)
    Path(names[0]).unlink()
    assert [b"b"] == [frame.data for frame in frames_of(source.batches())]
    (damage,) = source.damage
    assert damage.reason.startswith("cannot be read any more: ")


def test_wrong_input_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"notes\.txt: not a capture: looks like text$"):
        Replay([put(tmp_path, "c", pcap()), put(tmp_path, "notes.txt", b"a note")])
    with pytest.raises(FileNotFoundError):
        Replay([str(tmp_path / "absent")])
    with pytest.raises(ValueError, match="at least 1 frame"):
        Replay([put(tmp_path, "c", pcap())], 0)


def test_files_of_a_folder_that_are_no_captures_are_listed(tmp_path: Path) -> None:
    put(tmp_path, "c", pcap(RECORDS))
    notes = put(tmp_path, "notes.txt", b"a note")
    source = Replay([str(tmp_path)])
    assert source.skipped == [notes]
    assert len(frames_of(source.batches())) == 300


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_standard_input_may_be_a_pipe_of_compressed_bytes(pack: type[bytes]) -> None:
    script = (
        "from monitor.capture.replay import Replay\n"
        "source = Replay(['-'])\n"
        "frames = sum(len(batch.frames) for batch in source.batches())\n"
        "print(frames, source.total_bytes, source.damage)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], input=pack(pcap(RECORDS)), capture_output=True, check=True
    )
    assert done.stdout == b"300 None []\n"


def test_a_pipe_is_merged_with_files(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.write(writing, pcap([(T0 + 1, b"pipe"), (T0 + 3, b"pipe")]))
    os.close(writing)
    source = Replay([put(tmp_path, "c", pcap([(T0, b"file"), (T0 + 2, b"file")])), f"/dev/fd/{reading}"])
    os.close(reading)
    assert source.total_bytes is None
    assert [b"file", b"pipe", b"file", b"pipe"] == [frame.data for frame in frames_of(source.batches())]


def test_close_leaves_nothing_open(tmp_path: Path) -> None:
    before = len(list(Path("/dev/fd").iterdir()))
    source = Replay([put(tmp_path, "c", pcap(RECORDS))], 1)
    next(iter(source.batches()))
    source.close()
    assert before == len(list(Path("/dev/fd").iterdir()))
