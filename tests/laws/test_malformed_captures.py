"""Damaged capture files: everything before the damage is told, the damage is named, and nothing else happens."""

from __future__ import annotations

import struct
from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.kit.captures import pcapng
from tests.kit.cases import cases
from tests.kit.frames import frames_of
from tests.kit.fuzz import budget, damaged
from tests.kit.house import run

if TYPE_CHECKING:
    from pathlib import Path

    from tests.kit.captures import ByteOrder

SMALL = [case for case in cases() if sum(path.stat().st_size for path in case.captures) < 100_000]
HEADER_BYTES, RECORD_BYTES = 24, 16
each_format = pytest.mark.parametrize("form", ["pcap", "pcapng"])


@each_format
@given(seed=st.integers(0, 1 << 64))
@budget()
def test_mutated_capture_is_told_up_to_its_damage(form: str, seed: int, tmp_path: Path) -> None:
    random = Random(seed)
    content = _mutated(_content(form, random), random)
    _replay(tmp_path / f"mutated.{form}", content)


@given(seed=st.integers(0, 1 << 64))
@budget()
def test_mutated_record_lengths_are_told_up_to_their_damage(seed: int, tmp_path: Path) -> None:
    random = Random(seed)
    content = bytearray(_content("pcap", random))
    at = HEADER_BYTES
    while at + RECORD_BYTES <= len(content):
        captured = struct.unpack_from("<I", content, at + 8)[0]
        if random.random() < 0.05:
            lie = random.choice((0, 1, captured - 1, captured + 1, 1 << 18, 0x7FFF_FFFF, 0xFFFF_FFFF))
            struct.pack_into("<I", content, at + random.choice((8, 12)), lie & 0xFFFF_FFFF)
        at += RECORD_BYTES + captured
    _replay(tmp_path / "lengths.pcap", bytes(content))


@each_format
@given(seed=st.integers(0, 1 << 64))
@budget()
def test_truncated_capture_is_told_up_to_its_end(form: str, seed: int, tmp_path: Path) -> None:
    random = Random(seed)
    content = _content(form, random)
    _replay(tmp_path / f"cut.{form}", content[: random.randint(0, len(content))])


def _content(form: str, random: Random) -> bytes:
    case = random.choice(SMALL)
    capture = random.choice(case.captures)
    if form == "pcap":
        return capture.read_bytes()
    frames = frames_of([capture])
    order: ByteOrder = "big" if random.random() < 0.5 else "little"
    records = [(one.ts_ns, one.content) for one in frames]
    return pcapng(records, byte_order=order, link_type=frames[0].link_type)


def _mutated(content: bytes, random: Random) -> bytes:
    """Damage a stretch of the file: its start more often than its place in the file would say."""
    start = 0 if random.random() < 0.4 else random.randint(0, len(content))
    end = min(len(content), start + random.choice((8, 24, 64, 1_000)))
    return content[:start] + damaged(content[start:end], random) + content[end:]


def _replay(path: Path, content: bytes) -> None:
    """Wrong input is refused in words; anything else is read as far as it goes."""
    path.write_bytes(content)
    try:
        told = run([path], tell_all=True)
    except ValueError as error:
        if str(path) not in str(error):
            raise
        return
    front = told.health.front
    assert front.frames <= len(content) // RECORD_BYTES
    assert front.flow["started"] <= front.frames
    for damage in told.health.damage:
        assert 0 <= damage.offset <= len(content)
        assert damage.reason
