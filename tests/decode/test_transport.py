import struct

import pytest

from monitor.model.flow import ICMP6_COUNTERPART, ICMP_COUNTERPART
from monitor.model.packet import Outcome
from tests.decode.frames import ENCAPSULATIONS, ends, ipv4, ipv6, row_of, tcp


def test_a_packet_cut_after_its_ports_is_a_packet() -> None:
    whole = ipv4(6, tcp(b"x" * 100, options=bytes(12)))
    for captured, payload in ((60, 8), (52, 0), (45, 0), (40, 0)):
        row = row_of(228, whole[:captured], wire=len(whole))
        assert (Outcome.PACKET, payload, 100) == (
            row["outcome"],
            row["payload_captured"],
            row["payload_wire"],
        )
    assert Outcome.SNAPPED == row_of(228, whole[:39], wire=len(whole))["outcome"]


@pytest.mark.parametrize("offset", [0x00, 0x40, 0xF0])
def test_a_tcp_header_shorter_than_itself_or_longer_than_its_packet_is_malformed(offset: int) -> None:
    segment = bytearray(tcp())
    segment[12] = offset
    assert Outcome.MALFORMED == row_of(228, ipv4(6, bytes(segment)))["outcome"]


@pytest.mark.parametrize("length", [0, 7, 14])
def test_a_udp_length_that_cannot_be_is_malformed(length: int) -> None:
    assert (
        Outcome.MALFORMED
        == row_of(228, ipv4(17, struct.pack(">HHHH", 1, 2, length, 0) + bytes(5)))["outcome"]
    )


def test_a_udp_length_shorter_than_the_packet_ends_the_payload() -> None:
    row = row_of(228, ipv4(17, struct.pack(">HHHH", 1, 2, 10, 0) + b"abcdef"))
    assert (b"ab", 2, 34) == (row["payload"], row["payload_wire"], row["ip_bytes"])


def test_a_udp_length_of_zero_is_the_ip_length_where_that_is_open() -> None:
    packet = ipv6(17, struct.pack(">HHHH", 1, 2, 0, 0) + b"abcdef")
    assert b"abcdef" == row_of(229, packet[:4] + b"\0\0" + packet[6:])["payload"]


@pytest.mark.parametrize("kind", range(256))
def test_icmp_messages_that_answer_each_other_have_each_others_types_as_ports(kind: int) -> None:
    message = bytes((kind, 5)) + bytes(6)
    for protocol, table in ((1, ICMP_COUNTERPART), (58, ICMP6_COUNTERPART)):
        row = row_of(228, ipv4(protocol, message))
        assert (kind, table.get(kind, 5)) == (row["src_port"], row["dst_port"])


def test_what_an_icmp_error_quotes_is_payload() -> None:
    row = row_of(*ENCAPSULATIONS["icmp unreachable"])
    assert (1, 45) == (row["protocol"], row["payload_wire"])


def test_sctp_has_ports() -> None:
    assert (36412, 36412) == ends(row_of(*ENCAPSULATIONS["sctp"]))[1::2]


@pytest.mark.parametrize("protocol", [2, 50, 89, 103, 115, 255])
def test_other_protocols_are_packets_without_ports(protocol: int) -> None:
    row = row_of(228, ipv4(protocol, b"abcdef"))
    assert (Outcome.PACKET, protocol, 0, 0, b"abcdef") == tuple(
        row[name] for name in ("outcome", "protocol", "src_port", "dst_port", "payload")
    )
