"""Opening by content: files, pipes, and what the disk or the compression does not give."""

import gzip
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from monitor.capture.bytestream import HEAD_BYTES, MOST_KEPT, ByteStream


def read_all(stream: ByteStream) -> bytes:
    room, parts = memoryview(bytearray(1000)), []
    while taken := stream.readinto(room):
        parts.append(bytes(room[:taken]))
    stream.close()
    return b"".join(parts)


def stream_of(folder: Path, content: bytes) -> ByteStream:
    path = folder / "bytes"
    path.write_bytes(content)
    return ByteStream(str(path))


def test_a_peek_takes_nothing(tmp_path: Path) -> None:
    content = bytes(range(200)) * 100
    stream = stream_of(tmp_path, content)
    assert content[:24] == stream.peek(24)[:24]
    assert content == read_all(stream)


def test_a_peek_beyond_the_end_gives_what_there_is(tmp_path: Path) -> None:
    stream = stream_of(tmp_path, b"abc")
    assert stream.peek(24) == b"abc"
    assert read_all(stream) == b"abc"


def test_compression_is_told_by_content_and_disk_bytes_count_before_it(tmp_path: Path) -> None:
    content = bytes(1_000_000)
    packed = gzip.compress(content)
    stream = stream_of(tmp_path, packed)
    assert (stream.compression, stream.size_bytes) == ("gzip", len(packed))
    assert read_all(stream) == content
    assert stream.disk_bytes == len(packed)
    assert stream.problem is None


def test_a_cut_gzip_gives_what_came_before_and_says_so(tmp_path: Path) -> None:
    content = os.urandom(300_000)
    stream = stream_of(tmp_path, gzip.compress(content)[:200_000])
    given = read_all(stream)
    assert content.startswith(given)
    assert len(given) > 199_000 - HEAD_BYTES
    assert stream.problem == "the gzip data ends early"


def test_a_gzip_cut_within_the_head_still_gives_the_head(tmp_path: Path) -> None:
    stream = stream_of(tmp_path, gzip.compress(b"0123456789" * 3)[:-12])
    head = stream.peek(1000)
    assert stream.problem == "the gzip data ends early"
    assert read_all(stream) == head


def test_a_pipe_is_read_without_seeking(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.write(writing, gzip.compress(b"capture" * 100))
    os.close(writing)
    stream = ByteStream(f"/dev/fd/{reading}")
    os.close(reading)
    assert (stream.is_file, stream.size_bytes, stream.peek(7)[:7]) == (False, None, b"capture")
    assert read_all(stream) == b"capture" * 100


def bad_gzip(content: bytes) -> bytes:
    packed = bytearray(gzip.compress(content))
    packed[-8] ^= 1
    return bytes(packed)


def piped(content: bytes) -> ByteStream:
    reading, writing = os.pipe()

    def write() -> None:
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(content)

    threading.Thread(target=write, daemon=True).start()
    stream = ByteStream(f"/dev/fd/{reading}")
    os.close(reading)
    return stream


def test_all_before_the_damage_of_a_file_is_given(tmp_path: Path) -> None:
    content = os.urandom(200_000)
    stream = stream_of(tmp_path, bad_gzip(content))
    assert (content, True) == (read_all(stream), stream.is_damaged)
    assert stream.disk_bytes == stream.size_bytes


def test_all_before_the_damage_of_a_pipe_is_given_as_far_as_it_was_kept() -> None:
    content = os.urandom(200_000)
    stream = piped(bad_gzip(content))
    assert (content, True) == (read_all(stream), stream.is_damaged)
    content = os.urandom(MOST_KEPT)
    stream = piped(bad_gzip(content))
    given = read_all(stream)
    assert content.startswith(given)
    assert 0 <= len(content) - len(given) < 1 << 16
    assert "damaged after offset" in str(stream.problem)


def test_standard_input_that_is_a_file_is_looked_at_again_from_where_it_stood(tmp_path: Path) -> None:
    content = os.urandom(100_000)
    path = tmp_path / "file"
    path.write_bytes(b"before" + bad_gzip(content))
    code = (
        "import sys; from monitor.capture.bytestream import ByteStream; stream = ByteStream('-');"
        " room = memoryview(bytearray(1000))\n"
        "while taken := stream.readinto(room): sys.stdout.buffer.write(room[:taken])"
    )
    with path.open("rb") as file:
        os.lseek(file.fileno(), len(b"before"), os.SEEK_SET)
        done = subprocess.run([sys.executable, "-c", code], stdin=file, stdout=subprocess.PIPE, check=True)
    assert content == done.stdout


def test_what_only_ends_early_is_not_damaged(tmp_path: Path) -> None:
    stream = stream_of(tmp_path, gzip.compress(b"content")[:-3])
    read_all(stream)
    assert ("the gzip data ends early", False) == (stream.problem, stream.is_damaged)


def test_an_error_of_the_disk_ends_the_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = stream_of(tmp_path, bytes(100_000))
    room = memoryview(bytearray(100))
    assert stream.readinto(room) == 100
    stream._disk.close()
    os_error = OSError(5, "Input/output error")

    def broken(view: memoryview) -> int:
        raise os_error

    monkeypatch.setattr(stream._disk, "readinto", broken)
    while stream.readinto(room):
        pass
    assert stream.problem == "the disk gives no more: Input/output error"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        ByteStream(str(tmp_path / "absent.pcap"))
    assert caught.value.filename == str(tmp_path / "absent.pcap")
