import numpy as np

from monitor.decode import _plain
from monitor.decode._walk import WALK
from monitor.decode.row import COUNTS
from monitor.model.packet import PACKET, Outcome
from tests.decode.frames import ENCAPSULATIONS, Frame, frame, make_batch


def plain(frames: list[Frame]) -> tuple[int, "np.ndarray[tuple[int], np.dtype[np.void]]"]:
    """How many frames the kernel decodes, and its rows."""
    batch = make_batch(frames)
    packets = np.zeros(len(frames), PACKET)
    clock, counts = np.zeros(1, np.int64), np.zeros(len(COUNTS), np.int64)
    end = _plain.decode(batch.buffer, batch.frames, 0, packets, np.zeros(1, WALK), clock, counts)
    assert counts[: len(Outcome)].sum() == end
    return end, packets


def test_everyday_frames_are_decoded() -> None:
    frames = [
        frame(*ENCAPSULATIONS[name]) for name in ("plain4", "vlan", "plain6", "qinq", "snap", "arp", "ipip")
    ]
    end, packets = plain(frames)
    assert end == len(frames)
    assert packets["outcome"].tolist() == [0, 0, 0, 0, 0, Outcome.NOT_IP, 0]


def test_it_stops_before_a_frame_that_is_not_plain() -> None:
    for name in ("gre", "pppoe", "mpls ip", "pbb", "nsh", "etherip"):
        assert plain([frame(*ENCAPSULATIONS["plain4"]), frame(*ENCAPSULATIONS[name])])[0] == 1
