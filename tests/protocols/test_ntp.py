import struct
from contextlib import suppress

import dpkt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.model.errors import Malformed
from monitor.model.flow import Direction
from monitor.model.parser import FOREVER, Verdict
from monitor.protocols.ntp import HEADER_BYTES, MAX_STRATUM, PARSER, NtpParser
from tests.kit.playbook import Playbook, down, make_flow, up

FLOW = make_flow(17, 123)


def packet(mode: int, version: int = 4, stratum: int = 0, length: int = HEADER_BYTES) -> bytes:
    return struct.pack("!BB", version << 3 | mode, stratum).ljust(length, b"\0")


def test_request_and_reply_are_told() -> None:
    play = Playbook(PARSER, FLOW) >> up(packet(3)) >> down(packet(4, stratum=2))
    play = play << ("ntp", {"ntp.mode": 3, "ntp.stratum": 0, "ntp.version": 4})
    play = play << ("ntp", {"ntp.mode": 4, "ntp.stratum": 2, "ntp.version": 4})
    play.end().nothing()


def test_leap_indicator_is_no_part_of_the_version() -> None:
    play = Playbook(PARSER, FLOW) >> up(b"\xdb" + packet(3)[1:])
    assert play.seen[0].fields == {"ntp.mode": 3, "ntp.stratum": 0, "ntp.version": 3}


@pytest.mark.parametrize(("mode", "length"), [(6, 12), (7, 8)])
def test_control_and_private_packets_tell_their_mode_only(mode: int, length: int) -> None:
    play = Playbook(PARSER, FLOW) >> up(packet(mode, version=2, length=length))
    assert play.seen[0].fields == {"ntp.mode": mode}


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        packet(0),
        packet(3, version=0),
        packet(3, version=5),
        packet(3)[:-1],
        packet(6, length=11),
        packet(7, length=7),
    ],
)
def test_what_is_no_packet_is_malformed(payload: bytes) -> None:
    assert NtpParser.probe(payload, FLOW, Direction.ORIGINATOR) is Verdict.NOT_MINE
    with pytest.raises(Malformed):
        Playbook(PARSER, FLOW) >> up(payload)


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (packet(3), Verdict.CERTAIN),
        (packet(5, version=1, stratum=MAX_STRATUM), Verdict.CERTAIN),
        (packet(3, length=68), Verdict.CERTAIN),
        (packet(6, length=12), Verdict.CERTAIN),
        (packet(7, length=8), Verdict.CERTAIN),
        (packet(3, length=50), Verdict.UNSURE),
        (packet(3, stratum=MAX_STRATUM + 1), Verdict.NOT_MINE),
    ],
)
def test_probe(payload: bytes, expected: Verdict) -> None:
    assert expected == NtpParser.probe(payload, FLOW, Direction.ORIGINATOR)


def test_every_packet_is_wanted() -> None:
    parser = NtpParser(FLOW, PARSER.YIELDS)
    assert parser.appetite(Direction.RESPONDER) == FOREVER
    assert list(parser.gap(Direction.RESPONDER, 1)) == []


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=70))
def test_any_bytes_are_seen_or_malformed(payload: bytes) -> None:
    NtpParser.probe(payload, FLOW, Direction.ORIGINATOR)
    with suppress(Malformed):
        Playbook(PARSER, FLOW) >> up(payload)


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 5), st.integers(1, 4), st.integers(0, 255))
def test_fields_are_what_dpkt_reads(mode: int, version: int, stratum: int) -> None:
    payload = packet(mode, version, stratum)
    oracle = dpkt.ntp.NTP(payload)
    play = Playbook(PARSER, FLOW) >> up(payload)
    expected = {"ntp.mode": oracle.mode, "ntp.stratum": oracle.stratum, "ntp.version": oracle.v}
    assert expected == play.seen[0].fields
