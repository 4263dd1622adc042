import struct
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.model.errors import Malformed
from monitor.model.flow import Direction
from monitor.model.observation import OBSERVATIONS, Seen, Value
from monitor.model.parser import FOREVER, Verdict
from monitor.protocols.dns import PARSER, DnsParser
from tests.kit.dns_wire import header, query, question, record, response, wire_name
from tests.kit.playbook import Playbook, down, make_flow, up

TCP, UDP = 6, 17
UDP_FLOW = make_flow(UDP, 53)
TCP_FLOW = make_flow(TCP, 53)
ADDRESS = bytes((198, 51, 100, 7))
QUERY = query("fota.example.com")
ANSWER = response("fota.example.com", record(1, ADDRESS))
SEEN_QUERY: tuple[str, dict[str, Value]] = ("dns_query", {"dns.query": "fota.example.com", "dns.qtype": "A"})
SEEN_ANSWER: tuple[str, dict[str, Value]] = (
    "dns_answer",
    {"dns.query": "fota.example.com", "dns.rcode": "NOERROR"},
)


def framed(*messages: bytes) -> bytes:
    return b"".join(struct.pack("!H", len(message)) + message for message in messages)


def feed(parser: DnsParser, direction: Direction, payload: bytes) -> tuple[list[Seen], bool]:
    """Return what was seen, and whether something was malformed in the end."""
    seen: list[Seen] = []
    try:
        seen.extend(parser.feed(direction, payload))
    except Malformed:
        return seen, True
    return seen, False


def test_query_and_answer_over_udp() -> None:
    play = Playbook(PARSER, UDP_FLOW) >> up(QUERY) >> down(ANSWER)
    play = play << SEEN_QUERY << SEEN_ANSWER
    play.end().nothing()


def test_query_and_answer_over_tcp() -> None:
    play = Playbook(PARSER, TCP_FLOW) >> up(framed(QUERY, QUERY)) >> down(framed(ANSWER))
    play = play << SEEN_QUERY << ("dns_query", {"dns.transport": "tcp"}) << SEEN_ANSWER
    play.end().nothing()


@pytest.mark.parametrize(
    ("protocol", "orig_port", "resp_port", "expected"),
    [
        (UDP, 40000, 53, "udp"),
        (TCP, 40000, 53, "tcp"),
        (UDP, 53, 40000, "udp"),
        (UDP, 5353, 5353, "mdns"),
        (UDP, 40000, 5353, "mdns"),
        (UDP, 5353, 40000, "mdns"),
        (UDP, 5353, 53, "udp"),
        (UDP, 40000, 5355, "llmnr"),
        (TCP, 40000, 5355, "llmnr"),
        (TCP, 40000, 5353, "tcp"),
    ],
)
def test_transport_is_told_by_the_ports(protocol: int, orig_port: int, resp_port: int, expected: str) -> None:
    payload = framed(QUERY) if protocol == TCP else QUERY
    play = Playbook(PARSER, make_flow(protocol, resp_port, orig_port)) >> up(payload)
    assert expected == play.seen[0].fields["dns.transport"]


@pytest.mark.parametrize("at", range(len(framed(QUERY, QUERY))))
def test_stream_may_be_split_anywhere(at: int) -> None:
    stream = framed(QUERY, QUERY)
    play = Playbook(PARSER, TCP_FLOW) >> up(stream[:at]) >> up(stream[at:])
    (play << SEEN_QUERY << SEEN_QUERY).nothing()


def test_stream_may_come_byte_by_byte_in_both_directions() -> None:
    play = Playbook(PARSER, TCP_FLOW)
    for sent, answered in zip(framed(QUERY, QUERY), framed(ANSWER, ANSWER), strict=False):
        play = play >> up(bytes((sent,))) >> down(bytes((answered,)))
    assert [seen.type for seen in play.seen] == ["dns_query", "dns_answer", "dns_query"]


def test_nobody_is_told_what_nobody_wants() -> None:
    play = Playbook(PARSER, UDP_FLOW, frozenset({"dns_answer"})) >> up(QUERY) >> down(ANSWER)
    (play << SEEN_ANSWER).nothing()
    play = Playbook(PARSER, UDP_FLOW, frozenset({"dns_query"})) >> up(QUERY) >> down(ANSWER)
    (play << SEEN_QUERY).nothing()


def test_datagram_without_a_question_that_can_be_read_is_malformed() -> None:
    play = Playbook(PARSER, UDP_FLOW)
    with pytest.raises(Malformed):
        play >> up(QUERY[:14])
    play = play >> up(QUERY)
    (play << SEEN_QUERY).nothing()


def test_malformed_message_in_a_stream_does_not_lose_its_neighbours() -> None:
    parser = DnsParser(TCP_FLOW, PARSER.YIELDS)
    stream = framed(QUERY, header(1) + b"\xc0\xff", QUERY)
    seen, was_malformed = feed(parser, Direction.ORIGINATOR, stream)
    assert ([one.type for one in seen], was_malformed) == (["dns_query", "dns_query"], True)


def test_stream_with_an_impossible_length_is_given_up() -> None:
    parser = DnsParser(TCP_FLOW, PARSER.YIELDS)
    seen, was_malformed = feed(parser, Direction.ORIGINATOR, framed(QUERY) + bytes(60000))
    assert ([one.type for one in seen], was_malformed) == (["dns_query"], True)
    assert parser.appetite(Direction.ORIGINATOR) == 0
    assert list(parser.feed(Direction.ORIGINATOR, framed(QUERY))) == []


def test_gap_inside_a_message_keeps_its_question_and_the_next_message() -> None:
    long_answer = response("fota.example.com", *[record(1, ADDRESS)] * 4)
    stream = framed(long_answer, ANSWER)
    parser = DnsParser(TCP_FLOW, PARSER.YIELDS)
    seen = list(parser.feed(Direction.RESPONDER, stream[:60]))
    seen += parser.gap(Direction.RESPONDER, 20)
    seen += parser.feed(Direction.RESPONDER, stream[80:90])
    seen += parser.feed(Direction.RESPONDER, stream[90:])
    counts = [len(answers) for one in seen if isinstance(answers := one.fields["dns.answers"], list)]
    assert counts == [1, 1]
    assert parser.appetite(Direction.RESPONDER) == FOREVER


def test_two_gaps_in_one_message_are_one_loss() -> None:
    stream = framed(ANSWER, ANSWER)
    parser = DnsParser(TCP_FLOW, PARSER.YIELDS)
    seen = list(parser.feed(Direction.RESPONDER, stream[:10]))
    seen += parser.gap(Direction.RESPONDER, 5)
    seen += parser.gap(Direction.RESPONDER, 5)
    seen += parser.feed(Direction.RESPONDER, stream[20:])
    assert [one.fields["dns.query"] for one in seen] == ["fota.example.com"]


@pytest.mark.parametrize("have", [0, 1, 10])
def test_gap_over_the_next_length_ends_the_appetite_of_that_direction(have: int) -> None:
    parser = DnsParser(TCP_FLOW, PARSER.YIELDS)
    list(parser.feed(Direction.ORIGINATOR, framed(QUERY)[:have]))
    assert list(parser.gap(Direction.ORIGINATOR, 500)) == []
    assert parser.appetite(Direction.ORIGINATOR) == 0
    assert parser.appetite(Direction.RESPONDER) == FOREVER


def test_gap_means_nothing_to_datagrams() -> None:
    parser = DnsParser(UDP_FLOW, PARSER.YIELDS)
    assert list(parser.gap(Direction.ORIGINATOR, 10)) == []
    assert parser.appetite(Direction.ORIGINATOR) == FOREVER


def test_end_of_the_flow_reads_what_there_is_of_a_message() -> None:
    play = Playbook(PARSER, TCP_FLOW) >> up(framed(QUERY)[:-3]) >> down(framed(ANSWER)[:-3])
    (play.end() << SEEN_ANSWER).nothing()


@pytest.mark.parametrize(
    ("flow", "payload", "expected"),
    [
        (UDP_FLOW, QUERY, Verdict.CERTAIN),
        (UDP_FLOW, b"\x16\xfe\xfd" + bytes(30), Verdict.NOT_MINE),
        (TCP_FLOW, framed(QUERY), Verdict.CERTAIN),
        (TCP_FLOW, framed(QUERY, QUERY), Verdict.CERTAIN),
        (TCP_FLOW, framed(QUERY)[:1], Verdict.UNSURE),
        (TCP_FLOW, framed(QUERY)[:20], Verdict.UNSURE),
        (TCP_FLOW, b"\0\x0bxxxxxxxxxxxxxxx", Verdict.NOT_MINE),
        (TCP_FLOW, b"GET / HTTP/1.1\r\nHost: example.com\r\n\r\n", Verdict.NOT_MINE),
        (TCP_FLOW, b"SSH-2.0-OpenSSH_9.6\r\n" + bytes(20), Verdict.NOT_MINE),
    ],
)
def test_probe(flow: object, payload: bytes, expected: Verdict) -> None:
    assert expected == DnsParser.probe(payload, flow, Direction.ORIGINATOR)  # type: ignore[arg-type]  # a Flow of the table


def test_fields_are_those_of_the_contract() -> None:
    play = Playbook(PARSER, UDP_FLOW) >> up(QUERY) >> down(ANSWER)
    assert {seen.type for seen in play.seen} == PARSER.YIELDS
    for seen in play.seen:
        assert set(seen.fields) == set(OBSERVATIONS[seen.type])


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(Direction), st.binary(max_size=60)), max_size=6),
    st.sampled_from([TCP, UDP]),
)
def test_any_bytes_are_seen_or_malformed(sent: list[tuple[Direction, bytes]], protocol: int) -> None:
    flow = make_flow(protocol, 53)
    parser = DnsParser(flow, PARSER.YIELDS)
    for direction, payload in sent:
        assert DnsParser.probe(payload, flow, direction) in Verdict
        feed(parser, direction, payload)
        list(parser.gap(direction, len(payload)))
        assert parser.appetite(direction) >= 0
    list(parser.end())


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 400), max_size=8))
def test_any_split_of_a_stream_says_the_same(cuts: list[int]) -> None:
    messages = [
        ANSWER,
        header(2) + question(wire_name("a.example")) + question(wire_name("b.example")),
        header(1) + b"\xff",
        response("c.example", record(65280, b"x"), rcode=3),
    ]
    stream = framed(*messages)
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    parser = DnsParser(TCP_FLOW, PARSER.YIELDS)
    seen: list[Seen] = []
    for start, after in pairwise(edges):
        seen += feed(parser, Direction.RESPONDER, stream[start:after])[0]
    whole = DnsParser(TCP_FLOW, PARSER.YIELDS)
    assert feed(whole, Direction.RESPONDER, stream)[0] == seen
