from pathlib import Path

import pytest

from monitor.pipeline.stream import LocalStream
from tests.kit.story import capture, contact
from tests.pipeline.test_front import plan


def test_bytes_read_reach_the_total(tmp_path: Path) -> None:
    path = capture(tmp_path)
    stream = LocalStream(plan(path))
    assert (stream.bytes_read, stream.total_bytes) == (0, Path(path).stat().st_size)
    assert [one for batch in stream.batches() for one in batch]
    assert stream.bytes_read == stream.total_bytes


def test_interfaces_are_known_when_their_frames_are(tmp_path: Path) -> None:
    path = capture(tmp_path)
    stream = LocalStream(plan(path))
    for batch in stream.batches():
        for observation in batch:
            assert stream.interfaces[observation.flow.interface].capture == path


def test_damage_is_told_and_what_comes_before_it_as_well(tmp_path: Path) -> None:
    path = Path(capture(tmp_path))
    path.write_bytes(path.read_bytes()[:-10])
    stream = LocalStream(plan(str(path)))
    said = [one.type for batch in stream.batches() for one in batch]
    health = stream.health()
    assert "dns_answer" in said
    assert [str(path)] == [damage.capture for damage in health.damage]
    assert health.front.frames == len(contact()) - 1


def test_wrong_input_is_found_before_anything_is_read(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("not a capture", "utf-8")
    with pytest.raises(ValueError, match=r"notes\.txt"):
        LocalStream(plan(str(text)))


def test_a_stream_that_is_closed_early_keeps_what_it_counted(tmp_path: Path) -> None:
    stream = LocalStream(plan(capture(tmp_path)))
    list(next(stream.batches()))
    stream.close()
    assert stream.health().front.frames == 3
