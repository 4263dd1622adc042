"""What frames tell of the place they were heard at."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from monitor.capture.replay import Replay
from monitor.model.frame import FRAME, FrameBatch
from monitor.pipeline import listening
from monitor.pipeline.listening import Heard, Listening, Place
from tests.kit.captures import ETHERNET
from tests.kit.facts import T0
from tests.kit.frames import Frame, ethernet, ipv4, tcp_syn, udp

PCAPS = Path(__file__).parents[2] / "pcaps"
DEVICE, REMOTE = 0x0A00_0411, 0x2A78_2222
DEVICE_MAC, GATEWAY_MAC = 0x0251_0000_0017, 0x0200_5E00_0001
MILLISECOND_NS = 1_000_000


def _segment(source: int, target: int, number: int, flags: int = 0x10, port: int = 50_000) -> bytes:
    head = bytearray(tcp_syn(port, 443, number) if source == DEVICE else tcp_syn(443, port, number))
    head[13] = flags
    return ipv4(source, target, 6, bytes(head))


def _batch(frames: Iterable[Frame], first: int = 0) -> FrameBatch:
    contents = [frame.content for frame in frames]
    rows = np.zeros(len(contents), FRAME)
    offset = 0
    for row, frame in zip(rows, frames, strict=True):
        row["offset"], row["captured"], row["wire"] = offset, len(frame.content), frame.wire_bytes
        row["ts_ns"], row["link_type"], row["number"] = frame.ts_ns, ETHERNET, 1
        offset += len(frame.content)
    buffer = np.frombuffer(b"".join(contents) + bytes(1), np.uint8).copy()
    return FrameBatch(buffer=buffer, frames=rows, first_ordinal=first)


def _heard(frames: list[Frame], place: Place | None = None) -> Heard:
    listener = Listening(place)
    listener.take(_batch(frames))
    return listener.heard()


def _heard_in(case: str, batch_frames: int = 1 << 13) -> Heard:
    listener = Listening()
    for batch in Replay([str(PCAPS / case / "capture.pcap")]).batches():
        for start in range(0, len(batch.frames), batch_frames):
            part = batch.frames[start : start + batch_frames]
            listener.take(
                FrameBatch(buffer=batch.buffer, frames=part, first_ordinal=batch.first_ordinal + start)
            )
    return listener.heard()


def test_a_whole_mirror_shows_both_sides_once() -> None:
    heard = _heard_in("benign-office")
    assert heard.conversations > 20
    assert (0, 0, 0) == (heard.one_way, heard.copies, heard.super_frames)


def test_a_one_way_mirror_shows_one_side_of_every_connection() -> None:
    heard = _heard_in("one-way-mirror")
    assert 0 < heard.conversations == heard.one_way


def test_a_doubled_mirror_shows_every_packet_twice() -> None:
    heard = _heard_in("duplicated-mirror")
    assert heard.copies * 2 == heard.packets


@pytest.mark.parametrize("case", ["duplicated-mirror", "one-way-mirror", "benign-office"])
def test_the_split_into_batches_changes_nothing(case: str) -> None:
    assert _heard_in(case, 1) == _heard_in(case, 7) == _heard_in(case)


def test_an_attempt_without_an_answer_is_no_one_way_connection() -> None:
    syns = [ethernet(T0 + turn, _segment(DEVICE, REMOTE, turn, flags=0x02)) for turn in range(20)]
    assert 0 == _heard(syns).conversations


def test_a_few_segments_judge_nothing() -> None:
    segments = [ethernet(T0 + turn, _segment(DEVICE, REMOTE, turn)) for turn in range(4)]
    assert (0, 0) == (_heard(segments[:3]).conversations, _heard(segments[:3]).one_way)
    assert (1, 1) == (_heard(segments).conversations, _heard(segments).one_way)
    answer = ethernet(T0 + 9, _segment(REMOTE, DEVICE, 1))
    assert (1, 0) == (_heard([*segments, answer]).conversations, _heard([*segments, answer]).one_way)


def test_a_sender_that_repeats_itself_later_is_no_copy() -> None:
    bare = _segment(DEVICE, REMOTE, 7)
    datagram = bare[:4] + b"\x12\x34" + bare[6:]  # RFC 791: packets with the same identification are the same
    copy = [ethernet(T0 + turn * MILLISECOND_NS, datagram) for turn in (0, 2)]
    assert 1 == _heard(copy).copies
    later = [ethernet(T0 + turn * MILLISECOND_NS, datagram) for turn in (0, 2000)]
    assert 0 == _heard(later).copies


def test_frames_that_no_wire_carries_are_counted() -> None:
    long = ethernet(T0, ipv4(DEVICE, REMOTE, 17, udp(1, 2, bytes(4000))))
    short = ethernet(T0, ipv4(DEVICE, REMOTE, 17, udp(1, 2, bytes(1400))))
    heard = _heard([long, short, short])
    assert (1, len(long.content)) == (heard.super_frames, heard.longest_bytes)
    assert 0 == _heard([long], Place(mtu_bytes=9000)).super_frames


def test_frames_that_were_cut_are_counted() -> None:
    frame = ethernet(T0, ipv4(DEVICE, REMOTE, 17, udp(1, 2, bytes(100))))
    assert 1 == _heard([frame.cut(60), frame]).snapped


def test_what_is_for_others_is_told_from_what_is_for_this_host() -> None:
    datagram = ipv4(DEVICE, REMOTE, 17, udp(1, 2, b""))
    frame = ethernet(T0, datagram, source_mac=DEVICE_MAC)
    everybody = Frame(T0, b"\xff" * 6 + frame.content[6:], frame.wire_bytes, ETHERNET)
    assert 1 == _heard([frame, everybody]).foreign
    for own in (DEVICE_MAC, GATEWAY_MAC):
        assert 0 == _heard([frame, everybody], Place(own_macs=frozenset({own}))).foreign


def test_tags_tunnels_and_what_is_no_packet_are_counted() -> None:
    frame = ethernet(T0, ipv4(DEVICE, REMOTE, 17, udp(1, 2, b"x")))
    tagged = Frame(T0, frame.content[:12] + bytes.fromhex("81000064") + frame.content[12:], 100, ETHERNET)
    inner = ipv4(DEVICE, REMOTE, 17, udp(1, 2, b"x"))
    tunnelled = ethernet(T0, ipv4(DEVICE, REMOTE, 4, inner))
    arp = Frame(T0, bytes(12) + bytes.fromhex("0806") + bytes(28), 42, ETHERNET)
    heard = _heard([frame, tagged, tunnelled, arp])
    assert (1, {"ipip": 1}, 1) == (heard.tagged, heard.tunnels, heard.outcomes["not_ip"])


def test_the_rate_can_be_told() -> None:
    frames = [
        ethernet(T0 + turn * MILLISECOND_NS, ipv4(DEVICE, REMOTE, 17, udp(1, 2, b""))) for turn in range(11)
    ]
    heard = _heard(frames)
    assert (11, 10 * MILLISECOND_NS) == (heard.frames, heard.span_ns)


def test_a_flood_of_connections_stays_bounded_and_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "FLOW_CAPACITY", 10)
    frames = [
        ethernet(T0 + turn, _segment(DEVICE, REMOTE, turn, port=1024 + port))
        for port in range(50)
        for turn in range(4)
    ]
    heard = _heard(frames)
    assert (10, 40 * 4) == (heard.conversations, heard.flows_not_followed)


def test_silence_is_heard_as_silence() -> None:
    listener = Listening()
    listener.take(_batch([]))
    assert Heard(outcomes=dict.fromkeys(listener.heard().outcomes, 0)) == listener.heard()
