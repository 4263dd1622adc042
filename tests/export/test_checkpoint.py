from __future__ import annotations

import os
import stat
import subprocess
import sys
import time
from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import zstandard

from monitor.export import checkpoint
from monitor.export.checkpoint import DamagedCheckpoint, read, remove_left_over, set_aside, write

if TYPE_CHECKING:
    from pathlib import Path

STATE = {"format": 1, "names": [["10.0.0.7", "fota.acme.example", 5]] * 40, "spool_sequence": 7}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "checkpoint"


def names(path: Path) -> list[str]:
    return [one.name for one in path.parent.iterdir()]


def reason(path: Path) -> str:
    with pytest.raises(DamagedCheckpoint) as refused:
        read(path)
    assert str(refused.value).startswith(f"{path}: it")
    return refused.value.reason


def test_a_state_comes_back_from_the_disk(path: Path) -> None:
    size = write(path, STATE)
    assert (read(path), path.stat().st_size) == (STATE, size)


def test_arrays_come_back_from_the_disk(path: Path) -> None:
    array = np.arange(100_000, dtype=np.int64)
    write(path, {"flow": array})
    assert np.array_equal(read(path)["flow"], array)


def test_nobody_but_the_owner_may_read_it(path: Path) -> None:
    write(path, STATE)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_newer_one_replaces_the_older_and_nothing_is_left_beside_it(path: Path) -> None:
    write(path, {"a": 1})
    write(path, {"a": 2})
    assert (read(path), names(path)) == ({"a": 2}, ["checkpoint"])


def test_where_there_is_none_is_said_as_such(path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read(path)


def test_a_state_that_cannot_be_packed_leaves_the_old_one(path: Path) -> None:
    write(path, STATE)
    with pytest.raises(TypeError):
        write(path, {"a": object()})
    assert (read(path), names(path)) == (STATE, ["checkpoint"])


def test_a_full_disk_leaves_the_old_one(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(path, STATE)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write(path, {"a": 2})
    assert (read(path), names(path)) == (STATE, ["checkpoint"])


def test_every_truncation_is_refused(path: Path) -> None:
    write(path, STATE)
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        assert "cut short" in reason(path)


def test_every_flipped_bit_is_refused(path: Path) -> None:
    write(path, STATE)
    whole = path.read_bytes()
    for at in range(len(whole) * 8):
        spoiled = bytearray(whole)
        spoiled[at // 8] ^= 1 << at % 8
        path.write_bytes(spoiled)
        reason(path)


def test_what_is_wrong_is_said_in_words(path: Path) -> None:
    write(path, STATE)
    whole = path.read_bytes()
    path.write_bytes(whole + b"x")
    assert reason(path) == "it goes on behind its end"
    path.write_bytes(b"PK\x03\x04" + whole)
    assert reason(path) == "it is no checkpoint"
    path.write_bytes(whole[:8] + (9).to_bytes(4, "big") + whole[12:])
    assert reason(path).startswith("its format is 9, not 1; version ")
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert reason(path) == "its checksum is wrong: something has changed it"
    path.unlink()
    path.mkdir()
    assert reason(path) == "it is no regular file"


def test_a_checkpoint_of_another_version_of_the_program_is_read(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint, "__version__", "0.0.1")
    write(path, STATE)
    monkeypatch.undo()
    assert read(path) == STATE


def forged(path: Path, body: bytes, plain_bytes: int) -> None:
    """Write a file that is in order by its header, whatever it holds."""
    head = checkpoint._HEADER.pack(checkpoint._MAGIC, checkpoint.FORMAT, b"1", len(body), plain_bytes)
    digest = checkpoint._NEW_DIGEST.copy()
    digest.update(body + head)
    path.write_bytes(head + digest.digest() + body)


def test_a_forged_one_with_a_right_checksum_is_refused_in_bounded_memory(path: Path) -> None:
    lists = b"\xdd" + (80_000_000).to_bytes(4, "big") + b"\x90" * 80_000_000
    bomb = zstandard.ZstdCompressor(level=1).compress(lists)
    assert len(bomb) < 100_000
    for body in (bomb, bomb[:100], b"nothing of the kind", b""):
        forged(path, body, len(lists))
        assert "no state" in reason(path)
    forged(path, zstandard.ZstdCompressor().compress(b"\x01"), 2)
    assert "another length" in reason(path)


def test_a_damaged_one_is_set_aside(path: Path) -> None:
    for number in range(2):
        path.write_bytes(b"%d" % number)
        assert set_aside(path) == path.with_name("checkpoint.damaged")
    assert (path.exists(), path.with_name("checkpoint.damaged").read_bytes()) == (False, b"1")


def test_what_killed_writers_left_is_removed(path: Path) -> None:
    write(path, STATE)
    left = path.with_name(".checkpoint.4711.new")
    left.write_bytes(b"half")
    remove_left_over(path)
    assert names(path) == ["checkpoint"]


WRITER = """
import os, sys
from pathlib import Path
from monitor.export.checkpoint import write
path, number = Path(sys.argv[1]), int(sys.argv[2])
while True:
    number += 1
    write(path, {"number": number, "copy": [number] * 20000, "filler": os.urandom(200000)})
    print(number, flush=True)
"""


def test_a_writer_that_is_killed_at_any_instant_leaves_a_whole_checkpoint(path: Path) -> None:
    """Real processes and kill -9; what is there afterwards is the last one that was written, or the next."""
    chance, last = Random(5), 0
    for _ in range(12):
        command = [sys.executable, "-c", WRITER, str(path), str(last)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            for _ in range(chance.randrange(1, 4)):
                last = int(process.stdout.readline())
            time.sleep(chance.uniform(0, 0.005))
            process.kill()
        state: dict[str, Any] = read(path)
        assert (state["number"] >= last, set(state["copy"])) == (True, {state["number"]})
        last = state["number"]
