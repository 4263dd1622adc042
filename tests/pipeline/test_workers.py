from dataclasses import replace
from pathlib import Path

import pytest

from monitor.pipeline.stream import LocalStream, StreamLost
from monitor.pipeline.workers import WorkerStream
from tests.kit.story import capture, contact
from tests.pipeline.test_front import plan


def test_two_workers_tell_what_one_tells(tmp_path: Path) -> None:
    frames = [frame for number in range(40) for frame in contact(number, f"{number}.example.org")]
    one = plan(capture(tmp_path, *frames))
    alone, together = LocalStream(one), WorkerStream(replace(one, workers=2))
    expected = [observation for batch in alone.batches() for observation in batch]
    assert expected == [observation for batch in together.batches() for observation in batch]
    health, other = alone.health(), together.health()
    together.close()
    assert health.front.flow["started"] == other.front.flow["started"]
    assert (health.front.frames, health.interfaces) == (other.front.frames, other.interfaces)
    assert together.bytes_read == together.total_bytes


def test_wrong_input_is_found_before_a_process_starts(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        WorkerStream(replace(plan(str(tmp_path / "absent.pcap")), workers=2))


def test_workers_are_gone_after_an_early_end(tmp_path: Path) -> None:
    stream = WorkerStream(replace(plan(capture(tmp_path)), workers=1))
    stream.close()
    assert not any(worker.process.is_alive() for worker in stream._workers)


def test_an_interrupted_replay_still_tells_what_was_read(tmp_path: Path) -> None:
    frames = [frame for number in range(3000) for frame in contact(number, f"{number}.example.org")]
    stream = WorkerStream(replace(plan(capture(tmp_path, *frames)), workers=2))
    said = list(next(stream.batches()))
    said += stream.finish()
    health = stream.health()
    stream.close()
    kinds = [one.type for one in said]
    assert 0 < health.front.flow["started"] <= kinds.count("flow_start") == kinds.count("flow_end")


def test_a_stream_that_was_torn_from_its_workers_tells_no_more(tmp_path: Path) -> None:
    stream = WorkerStream(replace(plan(capture(tmp_path)), workers=2))
    for worker in stream._workers:
        worker.process.terminate()
        worker.process.join()
    with pytest.raises(StreamLost):
        [list(batch) for batch in stream.batches()]
    assert list(stream.finish()) == []
    stream.close()
