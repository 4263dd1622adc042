from dataclasses import replace
from pathlib import Path

import pytest

from monitor.pipeline.stream import LocalStream
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
    assert not any(process.is_alive() for process in stream._processes)
