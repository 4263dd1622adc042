"""No room reads a clock: the same capture ten years later tells the same stories, ten years later."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.kit.cases import Case, cases
from tests.kit.frames import Frame, frames_of, write
from tests.kit.house import run

if TYPE_CHECKING:
    from pathlib import Path

TEN_YEARS = timedelta(days=3652)
TEN_YEARS_NS = TEN_YEARS // timedelta(microseconds=1) * 1000
_TIME = re.compile(rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{9})Z")
_ALERT_ID = re.compile(rb'"alert_id":"[0-9a-f]+"')
"""Names a story, and when it began is part of the story."""


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_ten_years_later_the_same_is_told(case: Case, tmp_path: Path) -> None:
    frames = frames_of(case.captures)
    later = [replace(frame, ts_ns=frame.ts_ns + TEN_YEARS_NS) for frame in frames]
    now, then = _lines(tmp_path / "now", frames), _lines(tmp_path / "then", later)
    assert now.keys() == then.keys()
    for kind, lines in now.items():
        assert [_moved(line) for line in lines] == [_ALERT_ID.sub(b"", line) for line in then[kind]]


def _lines(folder: Path, frames: list[Frame]) -> dict[str, list[bytes]]:
    folder.mkdir()
    lines = run(write(folder, frames)).lines()
    path = str(folder).encode()
    return {kind: [line.replace(path, b"") for line in told] for kind, told in lines.items()}


def _moved(line: bytes) -> bytes:
    return _TIME.sub(_later, _ALERT_ID.sub(b"", line))


def _later(match: re.Match[bytes]) -> bytes:
    moment = datetime.fromisoformat(match[1].decode()).replace(tzinfo=UTC) + TEN_YEARS
    return moment.strftime("%Y-%m-%dT%H:%M:%S").encode() + match[2] + b"Z"
