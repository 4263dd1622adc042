"""A real ``umbilical watch`` that reads a capture from a pipe: it serves metrics, and hears more when it is told to."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.request import urlopen

from tests.kit.prometheus import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import IO

PATIENCE_SECONDS = 120.0
"""The first run on a machine compiles the kernels."""
FIRST_FRAMES = 3
"""Heard at the start: a sensor that never heard anything says that it has not started."""
_FILE_HEADER_BYTES, _FRAME_HEADER_BYTES, _CAPTURED_AT = 24, 16, 8
"""draft-ietf-opsawg-pcap, sections 4 and 5."""


@dataclass(slots=True)
class Watching:
    """A sensor that runs."""

    address: str
    """Where its web server is: host and port."""
    _pipe: IO[bytes]
    _rest: bytes = field(repr=False)

    def hear(self) -> None:
        """Send the frames of the capture; the pipe stays open."""
        self._pipe.write(self._rest)
        self._pipe.flush()


@contextmanager
def watching(capture: Path, config: Path, folder: Path) -> Iterator[Watching]:
    """Start a sensor on the first frames of a little-endian pcap file; it ends with the block."""
    address = f"127.0.0.1:{free_port()}"
    command = ["watch", "-", "--config", str(config), "--listen", address, "--quiet"]
    octets = capture.read_bytes()
    head = _end_of_frames(octets, FIRST_FRAMES)
    log = folder / "sensor.log"
    with log.open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "monitor", *command],
            stdin=subprocess.PIPE,
            stdout=said,
            stderr=said,
            env=os.environ | {"HOME": str(folder)},
        )
    assert process.stdin is not None
    process.stdin.write(octets[:head])
    process.stdin.flush()
    try:
        _wait_for(address, process, log)
        yield Watching(address, process.stdin, octets[head:])
    finally:
        process.terminate()
        process.stdin.close()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _end_of_frames(octets: bytes, frames: int) -> int:
    end = _FILE_HEADER_BYTES
    for _ in range(frames):
        captured = int.from_bytes(octets[end + _CAPTURED_AT : end + _CAPTURED_AT + 4], "little")
        end += _FRAME_HEADER_BYTES + captured
    return end


def _wait_for(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not _answers(address):
        assert process.poll() is None, log.read_text("utf-8")
        assert time.monotonic() < deadline, f"no answer on {address}: {log.read_text('utf-8')}"
        time.sleep(0.2)


def _answers(address: str) -> bool:
    try:
        with urlopen(f"http://{address}/metrics", timeout=10) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
