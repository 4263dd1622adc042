"""The captures that are read: made when they are not there yet, and kept beside the repository's other work files."""

import hashlib
import json
import struct
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

BENCH = Path(__file__).parents[1]
REPOSITORY = BENCH.parents[1]
CACHE = REPOSITORY / "bench"
MAKER = BENCH / "make_capture.py"
HOURS_PER_MB = 2 / 300
"""A larger capture watches the same network for longer."""
FILE_HEADER_BYTES, RECORD_HEADER = 24, struct.Struct("<IIII")
READ_BYTES = 1 << 24
START_PACKETS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """A capture and what is known of it."""

    path: Path
    packets: int
    established_packets: int
    names_only_in: dict[str, list[str]]


class Captures:
    """Captures of one seed."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        CACHE.mkdir(exist_ok=True)

    def mixed(self, megabytes: float) -> Capture:
        """Return the mixed capture."""
        return self._made("mixed", megabytes)

    def steady(self, megabytes: float) -> Capture:
        """Return the one in which nearly all packets belong to established flows."""
        return self._made("steady", megabytes)

    def _made(self, mix: str, megabytes: float) -> Capture:
        path = CACHE / f"{mix}-{megabytes:g}mb-seed{self._seed}-{_maker_version()}.pcap"
        truth = Path(f"{path}.truth.json")
        if not (path.exists() and truth.exists()):
            command = [
                sys.executable,
                str(MAKER),
                str(path),
                "--mb",
                str(megabytes),
                "--seed",
                str(self._seed),
            ]
            command += ["--hours", str(megabytes * HOURS_PER_MB)] + ["--steady"] * (mix == "steady")
            subprocess.run(command, check=True)
        known = json.loads(truth.read_text(encoding="utf-8"))
        _warm(path)
        return Capture(
            path=path,
            packets=known["packets"],
            established_packets=known["established_packets"],
            names_only_in=known["names_only_in"],
        )


def first_packets(capture: Path, packets: int, to: Path) -> Path:
    """Copy the first packets of one of our captures."""
    with capture.open("rb") as source, to.open("wb") as target:
        target.write(source.read(FILE_HEADER_BYTES))
        for _ in range(packets):
            header = source.read(RECORD_HEADER.size)
            if len(header) < RECORD_HEADER.size:
                break
            target.write(header + source.read(RECORD_HEADER.unpack(header)[2]))
    return to


def _maker_version() -> str:
    """Return a short hash of the maker, so that captures of an older one are not taken for its own."""
    sources = [MAKER, *sorted((BENCH / "traffic").glob("*.py"))]
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:8]


def _warm(path: Path) -> None:
    """Read a file once, so that nobody pays for the disk."""
    with path.open("rb") as stream:
        while stream.read(READ_BYTES):
            pass
