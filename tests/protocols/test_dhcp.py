from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.model.errors import Malformed
from monitor.model.flow import Direction
from monitor.model.observation import OBSERVATIONS
from monitor.model.parser import FOREVER, Verdict
from monitor.protocols.dhcp import PARSER, DhcpParser
from tests.kit.playbook import Playbook, down, make_flow, up

V4_FLOW = make_flow(17, 67, 68)
V6_FLOW = make_flow(17, 547, 546)
MAC = bytes.fromhex("b0c5541c7185")
V4_HEAD = b"\x01\x01\x06\0" + bytes(24) + MAC + bytes(202) + b"\x63\x82\x53\x63"
DISCOVER = V4_HEAD + b"\x35\x01\x01\x0c\x05meter\xff"
OFFER = b"\x02" + V4_HEAD[1:16] + bytes((10, 0, 0, 7)) + V4_HEAD[20:] + b"\x35\x01\x02\xff"
SOLICIT = b"\x01abc" + b"\0\x01\0\x0a\0\x03\0\x01" + MAC


def test_exchange_of_dhcpv4() -> None:
    play = Playbook(PARSER, V4_FLOW) >> up(DISCOVER) >> down(OFFER)
    play = play << ("dhcp", {"dhcp.message_type": "discover", "dhcp.hostname": "meter"})
    play = play << ("dhcp", {"dhcp.message_type": "offer", "dhcp.address": "10.0.0.7"})
    play.end().nothing()


def test_exchange_of_dhcpv6() -> None:
    play = Playbook(PARSER, V6_FLOW) >> up(SOLICIT)
    play = play << ("dhcp", {"dhcp.message_type": "solicit", "dhcp.client_mac": "b0:c5:54:1c:71:85"})
    play.end().nothing()


@pytest.mark.parametrize(
    ("orig_port", "resp_port", "payload", "expected"),
    [
        (68, 67, DISCOVER, Verdict.CERTAIN),
        (67, 67, DISCOVER, Verdict.CERTAIN),
        (67, 68, OFFER, Verdict.CERTAIN),
        (68, 67, SOLICIT, Verdict.NOT_MINE),
        (546, 547, SOLICIT, Verdict.CERTAIN),
        (547, 546, SOLICIT, Verdict.CERTAIN),
        (40000, 547, SOLICIT, Verdict.CERTAIN),
        (546, 547, b"\xc8abc", Verdict.NOT_MINE),
        (68, 67, b"", Verdict.NOT_MINE),
        (546, 547, b"", Verdict.NOT_MINE),
    ],
)
def test_ports_say_which_of_the_two_it_is(
    orig_port: int, resp_port: int, payload: bytes, expected: Verdict
) -> None:
    flow = make_flow(17, resp_port, orig_port)
    assert expected == DhcpParser.probe(payload, flow, Direction.ORIGINATOR)


def test_datagram_of_another_protocol_is_malformed_and_the_next_one_is_read() -> None:
    play = Playbook(PARSER, V4_FLOW)
    with pytest.raises(Malformed):
        play >> up(SOLICIT)
    play = play >> up(DISCOVER)
    play = play << ("dhcp", {"dhcp.message_type": "discover"})
    play.nothing()


def test_fields_are_those_of_the_contract() -> None:
    play = Playbook(PARSER, V4_FLOW) >> up(DISCOVER) >> down(OFFER)
    assert {name for seen in play.seen for name in seen.fields} <= set(OBSERVATIONS["dhcp"])


def test_every_datagram_is_wanted() -> None:
    parser = DhcpParser(V4_FLOW, PARSER.YIELDS)
    assert parser.appetite(Direction.ORIGINATOR) == FOREVER
    assert list(parser.gap(Direction.ORIGINATOR, 1)) == []


@settings(max_examples=100, deadline=None)
@given(st.sampled_from([V4_FLOW, V6_FLOW]), st.sampled_from([b"", V4_HEAD, SOLICIT]), st.binary(max_size=60))
def test_any_bytes_are_seen_or_malformed(flow: object, start: bytes, rest: bytes) -> None:
    play = Playbook(PARSER, flow)  # type: ignore[arg-type]  # a Flow of the list
    with suppress(Malformed):
        play >> up(start + rest)
