"""Pipes that a test writes: what was written is read at once, silence is time, and the end is the end."""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING

import pytest

from monitor.capture.pipe import LAG_NS, Pipe
from tests.kit import captures as kit
from tests.kit.netns import contents
from tests.kit.threads import Threads

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from monitor.model.frame import FrameBatch

T0 = 1_700_000_000_000_000_000
RECORDS = [(T0 + place * 1000, bytes((place,)) * (20 + place)) for place in range(12)]
CAPTURE = kit.pcap(RECORDS, magic=kit.NANOSECONDS, byte_order="little", snap_length=65535)
HEADER = kit.pcap([], magic=kit.NANOSECONDS, byte_order="little", snap_length=65535)


class Writer:
    """The other end of a pipe."""

    def __init__(self, path: Path) -> None:
        os.mkfifo(path)
        self.path = str(path)
        self._descriptor = os.open(path, os.O_RDWR)

    def write(self, content: bytes) -> None:
        os.write(self._descriptor, content)

    def end(self) -> None:
        os.close(self._descriptor)


@pytest.fixture
def writer(tmp_path: Path) -> Writer:
    return Writer(tmp_path / "pipe")


def frames(batches: Iterator[FrameBatch], count: int) -> list[bytes]:
    found: list[bytes] = []
    while len(found) < count:
        found += contents(next(batches))
    return found


def test_what_is_written_is_read_at_once_even_if_more_is_begun(writer: Writer) -> None:
    half = len(CAPTURE) - 10
    writer.write(CAPTURE[:half])
    pipe = Pipe(writer.path)
    batches = pipe.batches()
    assert frames(batches, 11) == [content for _, content in RECORDS[:11]]
    writer.write(CAPTURE[half:])
    assert frames(batches, 1) == [RECORDS[11][1]]
    writer.end()
    assert [len(batch.frames) for batch in batches] in ([], [0])
    [counts] = pipe.counts()
    assert (counts.frames, counts.is_up, counts.problem) == (12, False, "the pipe has ended")
    assert counts.frame_bytes == sum(len(content) for _, content in RECORDS)
    assert counts.last_frame_ns == RECORDS[-1][0]
    assert pipe.tally["frames"] == 12
    assert pipe.damage == []
    pipe.close()


def test_silence_is_time_at_the_rate_of_the_clock(writer: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    writer.write(CAPTURE)
    pipe = Pipe(writer.path)
    batches = pipe.batches()
    frames(batches, 12)
    monkeypatch.setattr("monitor.capture.pipe.LAG_NS", 10_000_000)
    began = time.monotonic()
    clocks = [next(batches).clock_ns for _ in range(3)]
    passed_ns = (time.monotonic() - began) * 1e9
    assert sorted(clocks) == clocks
    newest_ns = RECORDS[-1][0]
    assert newest_ns + 0.2e9 < clocks[-1] <= newest_ns + passed_ns + 0.1e9
    late = kit.pcap([(T0, b"late")], magic=kit.NANOSECONDS, byte_order="little", snap_length=65535)
    writer.write(late[24:])
    batch = next(batch for batch in batches if len(batch.frames))
    assert batch.clock_ns >= clocks[-1]
    assert batch.first_ordinal == 12
    writer.end()
    pipe.close()


def test_before_the_first_frame_there_is_no_time(writer: Writer) -> None:
    writer.write(HEADER)
    pipe = Pipe(writer.path)
    threading.Timer(0.35, pipe.stop).start()
    ticks = list(pipe.batches())
    assert ticks
    assert {(len(tick.frames), tick.clock_ns, tick.first_ordinal) for tick in ticks} == {(0, 0, 0)}
    assert pipe.interfaces == []
    writer.end()
    pipe.close()


def test_a_pipe_that_is_quiet_yet_is_up_under_its_own_name(writer: Writer) -> None:
    writer.write(HEADER)
    pipe = Pipe(writer.path)
    batches = pipe.batches()
    next(batches)
    [counts] = pipe.counts()
    assert (counts.name, counts.is_up, counts.problem, counts.frames) == (writer.path, True, "", 0)
    writer.end()
    assert all(len(batch.frames) == 0 for batch in batches)
    [counts] = pipe.counts()
    assert (counts.is_up, counts.problem) == (False, "the pipe has ended")
    pipe.close()


def test_a_silent_pipe_lets_its_reader_act_all_the_time(writer: Writer) -> None:
    writer.write(CAPTURE)
    pipe = Pipe(writer.path)
    batches = pipe.batches()
    frames(batches, 12)
    newest_ns = RECORDS[-1][0]
    assert [next(batches).clock_ns for _ in range(3)] == [newest_ns] * 3  # within the lag
    writer.end()
    pipe.close()


def test_no_thread_reads_before_the_first_batch_is_asked_for(writer: Writer) -> None:
    writer.write(CAPTURE)
    threads = Threads()
    pipe = Pipe(writer.path)
    assert threads.names() == []
    batches = pipe.batches()
    frames(batches, 12)
    assert threads.names() == ["pipe"]
    writer.end()
    assert all(len(batch.frames) == 0 for batch in batches)
    pipe.close()


def test_a_stop_does_not_wait_for_the_writer(writer: Writer) -> None:
    writer.write(CAPTURE)
    pipe = Pipe(writer.path)
    batches = pipe.batches()
    frames(batches, 12)
    stopped: list[float] = []

    def stop() -> None:
        stopped.append(time.monotonic())
        pipe.stop()

    threading.Timer(0.05, stop).start()
    for _ in batches:
        pass
    assert time.monotonic() - stopped[0] < 0.2
    writer.end()
    pipe.close()


def test_what_is_no_capture_is_refused_with_the_first_batch(writer: Writer) -> None:
    writer.write(b"GET / HTTP/1.1\r\n\r\n" * 9)
    pipe = Pipe(writer.path)
    with pytest.raises(ValueError, match="capture"):
        next(pipe.batches())
    writer.end()


def test_what_turns_out_to_be_no_capture_is_refused_later(writer: Writer) -> None:
    pipe = Pipe(writer.path)
    batches = pipe.batches()
    assert len(next(batches).frames) == 0
    writer.write(b"GET / HTTP/1.1\r\n\r\n" * 9)
    with pytest.raises(ValueError, match="capture"):
        list(batches)
    writer.end()


def test_a_pipe_that_is_cut_short_says_so(writer: Writer) -> None:
    pipe_end = CAPTURE[:-5]
    writer.write(pipe_end)
    pipe = Pipe(writer.path)
    batches = pipe.batches()
    frames(batches, 11)
    writer.end()
    assert all(len(batch.frames) == 0 for batch in batches)
    assert len(pipe.damage) == 1
    assert LAG_NS > 0
