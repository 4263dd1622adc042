import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from monitor.export._record_ring import MAX_FILE_PACKETS, MIN_FILE_BYTES, RETRY_NS, RecordRing, Share
from monitor.export.pcapng import Packet, enhanced_packet, interface_description, section_header

T0 = 1_800_000_000_000_000_000
HEAD = section_header(application="umbilical") + interface_description("eth1", 1)
SMALL = Share(size_bytes=4 * MIN_FILE_BYTES)
BLOCK = enhanced_packet(Packet(0, T0, bytes(9968), 9968))


def _ring(folder: Path, share: Share = SMALL) -> RecordRing:
    return RecordRing(folder, share, lambda: HEAD)


def _write(ring: RecordRing, blocks: bytes = BLOCK, now_ns: int = T0) -> bool:
    return ring.opened(len(blocks), now_ns) and ring.append(blocks, 1, now_ns)


def _said(ring: RecordRing) -> str | None:
    return ring.problem


def _sizes(folder: Path) -> list[int]:
    return [path.stat().st_size for path in sorted(folder.glob("umbilical-*.pcapng"))]


@contextmanager
def _files_end_at(size: int) -> Iterator[None]:
    """Let the system refuse what lies beyond, as a full disk would."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_file_is_named_after_the_time_and_can_be_read_at_any_moment(tmp_path: Path) -> None:
    ring = _ring(tmp_path / "new" / "folder")
    assert not any((tmp_path / "new" / "folder").iterdir())
    assert _write(ring)
    (path,) = (tmp_path / "new" / "folder").iterdir()
    assert path.name == "umbilical-20270115T080000.000000Z.pcapng"
    assert path.read_bytes() == HEAD + BLOCK
    assert (0o640, 0o750) == (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777)


def test_the_ring_stays_within_its_size_and_counts_what_it_removes(tmp_path: Path) -> None:
    ring = _ring(tmp_path)
    written = 0
    for place in range(200):
        assert _write(ring, now_ns=T0 + place)
        written += len(BLOCK)
        assert sum(_sizes(tmp_path)) <= SMALL.size_bytes
        assert max(_sizes(tmp_path)) <= SMALL.file_bytes
    assert ring.size_bytes == sum(_sizes(tmp_path))
    heads = ring.tally["files"] * len(HEAD)
    assert written + heads == ring.size_bytes + ring.tally["bytes_removed"]
    assert len(_sizes(tmp_path)) == ring.tally["files"] - ring.tally["files_removed"]


def test_a_file_of_many_small_packets_ends_too(tmp_path: Path) -> None:
    ring = _ring(tmp_path, Share(size_bytes=1 << 30))
    for _ in range(3):
        assert ring.opened(32, T0)
        assert ring.append(bytes(32), MAX_FILE_PACKETS // 2, T0)
    assert len(_sizes(tmp_path)) == 2


def test_files_sort_by_age_even_when_the_clock_is_turned_back(tmp_path: Path) -> None:
    ring = _ring(tmp_path)
    names = []
    for now_ns in (T0, T0, T0 - 3_600_000_000_000, T0 + 1000, -5, 1 << 62):
        _write(ring, now_ns=now_ns)
        ring.end_file()
        names.append(max(path.name for path in tmp_path.iterdir()))
    assert names == sorted(set(names))


def test_a_restart_goes_on_with_the_ring(tmp_path: Path) -> None:
    ring = _ring(tmp_path)
    for start in range(5):
        ring = _ring(tmp_path)
        assert ring.size_bytes == sum(_sizes(tmp_path))
        for place in range(9):
            _write(ring, now_ns=T0 + start * 1000 + place)
        ring.end_file()
        assert sum(_sizes(tmp_path)) <= SMALL.size_bytes
    assert ring.tally["files_removed"] > 0


def test_what_a_crash_left_half_written_is_cut_off(tmp_path: Path) -> None:
    ring = _ring(tmp_path)
    _write(ring)
    (path,) = tmp_path.iterdir()
    with path.open("ab") as stream:
        stream.write(BLOCK[:500])
    again = _ring(tmp_path)
    assert path.read_bytes() == HEAD + BLOCK
    assert (500, len(HEAD + BLOCK)) == (again.tally["bytes_mended"], again.size_bytes)


def test_other_files_are_left_alone(tmp_path: Path) -> None:
    others = ["alerts.jsonl", "umbilical-notes.pcapng", "umbilical-20270115T080000.000000Z.pcapng.zst"]
    for name in others:
        (tmp_path / name).write_bytes(bytes(1 << 20))
    named_so = tmp_path / "umbilical-20260115T080000.000000Z.pcapng"
    named_so.write_bytes(b"not a capture")
    ring = _ring(tmp_path)
    assert named_so.read_bytes() == b"not a capture"
    for place in range(100):
        assert _write(ring, now_ns=T0 + place)
    assert all((tmp_path / name).stat().st_size == 1 << 20 for name in others)


def test_several_recorders_share_a_folder(tmp_path: Path) -> None:
    shares = [Share(size_bytes=8 * MIN_FILE_BYTES, worker=worker, workers=2) for worker in range(2)]
    rings = [_ring(tmp_path, share) for share in shares]
    for place in range(60):
        for ring in rings:
            assert _write(ring, now_ns=T0 + place)
    assert sum(_sizes(tmp_path)) <= 8 * MIN_FILE_BYTES
    assert {path.name.endswith("Z-1.pcapng") for path in tmp_path.iterdir()} == {True, False}
    for ring in rings:
        ring.end_file()
    alone = _ring(tmp_path, Share(size_bytes=8 * MIN_FILE_BYTES))
    assert alone.size_bytes == sum(_sizes(tmp_path))


def test_a_full_disk_stops_the_recording_for_a_while_and_leaves_whole_files(tmp_path: Path) -> None:
    ring = _ring(tmp_path)
    assert _write(ring)
    with _files_end_at(len(HEAD + BLOCK) + 5000):
        assert not _write(ring)
        assert _said(ring) == f"{tmp_path}: file too large"
        assert not _write(ring, now_ns=T0 + RETRY_NS - 1)
    (path,) = tmp_path.iterdir()
    assert path.read_bytes() == HEAD + BLOCK
    assert not _write(ring, now_ns=T0 + RETRY_NS - 1)
    assert _write(ring, now_ns=T0 + RETRY_NS)
    assert _said(ring) is None
    assert ring.tally["disk_failures"] == 1
    assert len(_sizes(tmp_path)) == 2


def test_a_file_that_cannot_even_begin_leaves_nothing_behind(tmp_path: Path) -> None:
    ring = _ring(tmp_path)
    with _files_end_at(10):
        assert not _write(ring)
    assert not any(tmp_path.iterdir())


def test_a_folder_that_was_removed_is_made_again(tmp_path: Path) -> None:
    folder = tmp_path / "record"
    ring = _ring(folder)
    folder.rmdir()
    assert _write(ring)
    assert len(_sizes(folder)) == 1


def test_what_is_no_folder_is_refused_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OSError, match="File exists"):
        _ring(tmp_path / "file")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_refused_at_the_start(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(PermissionError):
        _ring(tmp_path)


def test_nothing_is_appended_to_a_file_that_is_not_open(tmp_path: Path) -> None:
    assert not _ring(tmp_path).append(BLOCK, 1, T0)


def test_even_the_smallest_share_is_kept(tmp_path: Path) -> None:
    share = Share(size_bytes=1 << 20, worker=63, workers=64)
    ring = _ring(tmp_path, share)
    for place in range(40):
        _write(ring, BLOCK[:4000], now_ns=T0 + place)
    assert sum(_sizes(tmp_path)) <= share.own_bytes
    assert not _write(ring, bytes(share.own_bytes))
