"""Frames cut at any length are no fault of the peer, and tell nothing that the whole frames did not tell."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest

from tests.kit.cases import Case, cases, run_of
from tests.kit.frames import frames_of, write
from tests.kit.fuzz import DEFAULT_EXAMPLES, EXAMPLES
from tests.kit.house import observe, run

if TYPE_CHECKING:
    from pathlib import Path

    from monitor.model.alert import Alert
    from monitor.model.observation import Observation

each_case = pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
SNAP_LENGTHS = (0, 1, 13, 14, 33, 34, 41, 42, 53, 54, 60, 68, 96, 128, 256, 512)
"""Some stand where a header of Ethernet, IPv4, UDP or TCP begins or ends; others are what people use."""
HEADERS_BYTES = 140
"""Beyond all headers of these cases."""
ROUNDS = max(1, 4 * EXAMPLES // DEFAULT_EXAMPLES)


@each_case
def test_frames_truncated_by_a_snap_length_tell_nothing_new(case: Case, tmp_path: Path) -> None:
    frames, whole = frames_of(case.captures), _stories(run_of(case).alerts)
    lengths = SNAP_LENGTHS if len(frames) < 200 else SNAP_LENGTHS[4::3]
    for length in lengths:
        told = run(write(tmp_path, [frame.cut(length) for frame in frames]), tell_all=False)
        assert _stories(told.alerts) <= whole
        assert told.health.front.frames == len(frames)


@each_case
def test_frames_truncated_here_and_there_tell_nothing_new(case: Case, tmp_path: Path) -> None:
    frames, whole = frames_of(case.captures), _stories(run_of(case).alerts)
    for seed in range(ROUNDS):
        random = Random(seed)
        cut = [
            frame.cut(random.randint(0, len(frame.content))) if random.random() < 0.3 else frame
            for frame in frames
        ]
        assert _stories(run(write(tmp_path, cut), tell_all=False).alerts) <= whole


@pytest.mark.parametrize(
    "case",
    [one for one in cases() if one.name in {"encapsulations", "link-types"}],
    ids=lambda case: case.name,
)
def test_each_header_truncated_at_every_byte_is_no_packet_of_another_flow(case: Case, tmp_path: Path) -> None:
    frames = frames_of(case.captures)
    ends = {_ends(one) for one in observe(case.captures).flows}
    for length in range(HEADERS_BYTES):
        seen = observe(write(tmp_path, [frame.cut(length) for frame in frames]))
        # A tunnel whose inner headers are cut off is a flow between its own ends, on a port of its own.
        inner = {_ends(one) for one in seen.flows if one.flow.resp_port == 53}
        assert inner <= ends


def _stories(alerts: list[Alert]) -> set[tuple[str | None, ...]]:
    return {(one.detector, one.signature, one.device) for one in alerts}


def _ends(one: Observation) -> tuple[object, ...]:
    flow = one.flow
    return flow.orig_ip, flow.orig_port, flow.resp_ip, flow.resp_port, flow.protocol
