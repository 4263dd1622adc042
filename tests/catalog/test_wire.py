import io
from itertools import pairwise

import dpkt
import pytest
from scapy.layers.l2 import Ether
from scapy.utils import rdpcap

from monitor.catalog.wire import TCP, UDP, Conversation, capture, down, film, up
from tests.catalog.speech._heard import frames


@pytest.mark.parametrize("protocol", [TCP, UDP])
@pytest.mark.parametrize("remote", ["198.51.100.7", "2001:db8::7"])
def test_checksums_and_lengths_are_what_scapy_computes(protocol: int, remote: str, tmp_path: object) -> None:
    conversation = Conversation(protocol, 5683, (up(b"ask"), down(b"answer!")), remote)
    path = f"{tmp_path}/said.pcap"
    with open(path, "wb") as file:  # noqa: PTH123 - scapy wants the name
        file.write(capture([conversation]))
    packets = rdpcap(path)
    assert packets
    for packet in packets:
        again = packet.copy()
        for layer in ("IP", "TCP", "UDP"):
            if layer in again:
                del again[layer].chksum
        assert bytes(packet) == bytes(Ether(bytes(again)))


def test_a_tcp_conversation_has_its_handshake_its_bytes_in_order_and_its_ending() -> None:
    said = Conversation(TCP, 80, (up(b"a" * 3000), down(b"b")))
    segments = [packet.data for packet in frames(capture([said]))]
    assert [0x02, 0x12, 0x10] == [segment.flags for segment in segments[:3]]
    assert [0x11, 0x11, 0x10] == [segment.flags for segment in segments[-3:]]
    sent = [segment for segment in segments if segment.dport == 80 and segment.data]
    assert [1400, 1400, 200] == [len(segment.data) for segment in sent]
    assert [1001, 2401, 3801] == [segment.seq for segment in sent]


def test_each_conversation_has_its_own_port() -> None:
    said = Conversation(UDP, 53, (up(b"x"),))
    assert 2 == len({packet.data.sport for packet in frames(capture([said, said]))})


def test_the_same_conversation_is_the_same_bytes() -> None:
    said = Conversation(TCP, 80, (up(b"a"),))
    assert capture([said]) == capture([said])


def test_scenes_have_their_own_device_and_time_and_begin_where_the_film_says() -> None:
    look, fetch = [Conversation(UDP, 53, (up(b"x"),))], [Conversation(TCP, 80, (up(b"a"),))]
    made = film([look, [], fetch, look])
    assert (1, 2, 2, 9) == made.first_frames
    packets = list(dpkt.pcap.Reader(io.BytesIO(made.capture)))
    addresses = [min(packet.src, packet.dst) for packet in frames(made.capture)]
    devices = [dpkt.utils.inet_to_str(addresses[first - 1]) for first in (1, 2, 9)]
    assert ["10.1.0.7", "10.1.0.9", "10.1.0.10"] == devices
    times = [packets[first - 1][0] for first in (1, 2, 9)]
    assert [2 * 6 * 3600, 6 * 3600] == [later - earlier for earlier, later in pairwise(times)]


def test_a_film_of_one_scene_is_the_capture_of_its_conversations() -> None:
    said = [Conversation(UDP, 53, (up(b"x"), down(b"y")))]
    assert capture(said) == film([said]).capture


def test_a_film_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.catalog.wire.MOST_SCENES", 2)
    with pytest.raises(ValueError, match="at most 2 scenes"):
        film([[], [], []])
