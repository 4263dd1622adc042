from itertools import chain, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.model.errors import Malformed
from monitor.model.flow import Direction
from monitor.model.observation import OBSERVATIONS, Seen
from monitor.model.parser import FOREVER, Verdict
from monitor.protocols.mqtt import ALIASES, PACKET_BYTES, PARSER, RESYNC_BYTES
from tests.kit.playbook import Playbook, down, make_flow, up

ORIGINATOR, RESPONDER = Direction.ORIGINATOR, Direction.RESPONDER


def number(value: int) -> bytes:
    coded = bytearray()
    while True:
        value, low = value >> 7, value & 0x7F
        coded.append(low | (0x80 if value else 0))
        if not value:
            return bytes(coded)


def text(value: bytes) -> bytes:
    return len(value).to_bytes(2, "big") + value


def packet(first: int, body: bytes) -> bytes:
    return bytes((first,)) + number(len(body)) + body


def publish(topic: bytes, message: bytes = b"", first: int = 0x30, between: bytes = b"") -> bytes:
    return packet(first, text(topic) + between + message)


CONNECT = packet(0x10, b"\0\4MQTT\4\xc2\0\x3c" + text(b"imei-1") + text(b"user") + text(b"secret"))
CONNECT_5 = packet(0x10, b"\0\4MQTT\5\2\0\x1e\0" + text(b"five"))
CONNACK = b"\x20\x02\x00\x00"
PING = b"\xc0\x00"


def test_connect_subscribe_and_publish_are_seen() -> None:
    book = Playbook(PARSER) >> up(CONNECT) >> down(CONNACK)
    book << (
        "mqtt_connect",
        {
            "mqtt.version": "3.1.1",
            "mqtt.client_id": "imei-1",
            "mqtt.username": "user",
            "mqtt.keep_alive": 60,
        },
    )
    (
        book
        >> up(packet(0x82, b"\0\1" + text(b"cmd/#") + b"\1" + text(b"fota") + b"\0"))
        >> down(b"\x90\x04\0\1\1\0")
    )
    book << ("mqtt_subscribe", {"mqtt.topic": "cmd/#"}) << ("mqtt_subscribe", {"mqtt.topic": "fota"})
    (
        book
        >> up(publish(b"data/1", b"{}") + PING)
        >> down(b"\xd0\x00" + publish(b"cmd/x", b"go", 0x33, b"\0\7"))
    )
    book << ("mqtt_publish", {"mqtt.topic": "data/1"}) << ("mqtt_publish", {"mqtt.topic": "cmd/x"})
    book.end().nothing()


def test_passwords_and_messages_are_never_said() -> None:
    book = Playbook(PARSER) >> up(CONNECT + publish(b"t", b"the message"))
    assert "secret" not in repr(book.seen)
    assert "message" not in repr(book.seen)


def test_a_large_message_is_stepped_over_without_being_kept() -> None:
    book = Playbook(PARSER) >> up(publish(b"t", bytes(1_000_000))[:100])
    book << ("mqtt_publish", {"mqtt.topic": "t"})
    for _ in range(9):
        book >> up(bytes(100_000))
    assert len(book.parser._sides[0].pending) == 0  # type: ignore[attr-defined]  # its own state
    book >> up(bytes(1_000_000 + 7 - 100 - 900_000) + publish(b"next"))
    book << ("mqtt_publish", {"mqtt.topic": "next"})
    book.nothing()


def test_topic_aliases_are_resolved_in_their_direction() -> None:
    book = Playbook(PARSER) >> up(CONNECT_5 + publish(b"long/topic", b"x", between=b"\x03\x23\0\1"))
    (
        book
        >> up(publish(b"", b"y", between=b"\x03\x23\0\1"))
        >> down(publish(b"", b"z", between=b"\x03\x23\0\1"))
    )
    book << ("mqtt_connect", {"mqtt.version": "5"})
    assert [{"mqtt.topic": "long/topic"}, {"mqtt.topic": "long/topic"}, {}] == [
        each.fields for each in book.seen
    ]


def test_only_so_many_aliases_are_remembered() -> None:
    book = Playbook(PARSER) >> up(CONNECT_5)
    for alias in range(1, ALIASES + 2):
        book >> up(publish(b"t%d" % alias, between=b"\x03\x23" + alias.to_bytes(2, "big")))
    book.seen.clear()
    book >> up(publish(b"", between=b"\x03\x23\0\1"))
    book >> up(publish(b"", between=b"\x03\x23" + (ALIASES + 1).to_bytes(2, "big")))
    assert [{"mqtt.topic": "t1"}, {}] == [each.fields for each in book.seen]


def test_properties_are_not_taken_for_the_message_before_version_5() -> None:
    book = Playbook(PARSER) >> up(CONNECT + publish(b"t", b"\xff\xff\xff\xff\xff"))
    book << ("mqtt_connect", {}) << ("mqtt_publish", {"mqtt.topic": "t"})


TALK = (
    CONNECT_5
    + packet(0x82, b"\0\1\0" + text(b"a/b") + b"\0")
    + publish(b"first/topic", b"m" * 300, 0x32, b"\0\2\x08\x26" + text(b"k") + text(b"") + b"\x01\x01")
    + PING
    + publish(b"second", b"", between=b"\x03\x23\0\5")
    + publish(b"", b"mm", between=b"\x03\x23\0\5")
    + b"\xe0\x00"
)


def play(*segments: bytes) -> list[Seen]:
    book = Playbook(PARSER)
    for segment in segments:
        book >> up(segment)
    return book.end().seen


@given(st.lists(st.integers(0, len(TALK)), max_size=10))
@settings(max_examples=150, deadline=None)
def test_packets_may_be_split_anywhere(cuts: list[int]) -> None:
    ends = sorted({0, len(TALK), *cuts})
    assert play(TALK) == play(*(TALK[start:end] for start, end in pairwise(ends)))


def test_byte_by_byte_says_the_same() -> None:
    whole = play(TALK)
    assert ["mqtt_connect", "mqtt_subscribe"] + ["mqtt_publish"] * 3 == [each.type for each in whole]
    assert whole == play(*(TALK[at : at + 1] for at in range(len(TALK))))


@given(st.integers(0, len(TALK)))
@settings(max_examples=60, deadline=None)
def test_a_truncated_talk_says_a_beginning_of_the_whole(end: int) -> None:
    cut = play(TALK[:end])
    assert cut == play(TALK)[: len(cut)]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(Direction),
            st.one_of(
                st.binary(max_size=60),
                st.sampled_from([CONNECT, CONNECT_5, TALK, PING, b"\x30", b"\x82\x05"]),
            ),
            st.integers(0, 50),
        ),
        max_size=12,
    )
)
@settings(max_examples=150, deadline=None)
def test_any_bytes_and_gaps_are_survived(events: list[tuple[Direction, bytes, int]]) -> None:
    parser = PARSER(make_flow(), PARSER.YIELDS)
    seen: list[Seen] = []
    try:
        for direction, payload, missing in events:
            seen += parser.feed(direction, payload)
            if missing:
                seen += parser.gap(direction, missing)
    except Malformed:
        pass
    seen += parser.end()
    for each in seen:
        assert set(each.fields) <= set(OBSERVATIONS[each.type])


def test_a_gap_inside_a_message_keeps_the_place() -> None:
    book = Playbook(PARSER) >> up(publish(b"t", bytes(1000))[:200])
    book.seen += book.parser.gap(ORIGINATOR, 700)
    book >> up(publish(b"t", bytes(1000))[900:] + publish(b"next"))
    book << ("mqtt_publish", {"mqtt.topic": "t"}) << ("mqtt_publish", {"mqtt.topic": "next"})
    book.nothing()


def test_after_a_gap_the_next_segment_of_whole_packets_is_found() -> None:
    book = Playbook(PARSER) >> up(CONNECT) >> up(publish(b"lost", b"abc")[:5])
    book.seen += book.parser.gap(ORIGINATOR, 20)
    book >> up(b"\xff\xfe tail of a message") >> up(publish(b"found", b"abc"))
    book << ("mqtt_connect", {}) << ("mqtt_publish", {"mqtt.topic": "found"})
    book.nothing()


def test_a_direction_that_stays_strange_is_given_up() -> None:
    parser = PARSER(make_flow(), PARSER.YIELDS)
    list(parser.gap(ORIGINATOR, 1))
    noise = bytes(1 << 16)
    for _ in range(RESYNC_BYTES // len(noise) + 1):
        list(parser.feed(ORIGINATOR, noise))
    assert (0, FOREVER) == (parser.appetite(ORIGINATOR), parser.appetite(RESPONDER))


@pytest.mark.parametrize(
    "data",
    [
        b"\x00\x00",
        b"\x30\xff\xff\xff\xff\x01",
        publish(b"t", first=0x36, between=b"\0\1"),
        b"\x30\x01\x00",
        b"\x30\x05\x00\x09abc",
        packet(0x10, b"\0\4MQTT\4\2\0\x3c\0\x09a"),
        CONNECT_5 + publish(b"t"),
        b"\x10" + number(PACKET_BYTES + 1),
        b"\x82" + number(PACKET_BYTES + 1),
    ],
)
def test_packets_against_the_standard_are_malformed(data: bytes) -> None:
    parser = PARSER(make_flow(), PARSER.YIELDS)
    seen: list[Seen] = []
    with pytest.raises(Malformed):
        seen += parser.feed(ORIGINATOR, PING + publish(b"before") + data)
    assert seen[0] == Seen("mqtt_publish", {"mqtt.topic": "before"})
    assert [0, 0] == [parser.appetite(each) for each in Direction]
    assert list(parser.feed(ORIGINATOR, PING)) == []


def test_a_packet_that_never_ends_holds_little_memory() -> None:
    parser = PARSER(make_flow(), PARSER.YIELDS)
    start = b"\x10" + number(PACKET_BYTES)
    list(chain.from_iterable(parser.feed(ORIGINATOR, segment) for segment in [start, *[bytes(1000)] * 131]))
    assert len(parser._sides[0].pending) <= PACKET_BYTES + 5


def test_topics_are_shown_safely() -> None:
    book = Playbook(PARSER) >> up(publish(b"a\x1b\xffb"))
    book << ("mqtt_publish", {"mqtt.topic": "a\\x1b\ufffdb"})


def test_nobody_wants_more_than_the_connect() -> None:
    book = Playbook(PARSER, wanted=frozenset({"mqtt_connect"})) >> up(CONNECT + publish(b"t"))
    book << ("mqtt_connect", {})
    book.nothing()
    assert [0, 0] == [book.parser.appetite(each) for each in Direction]


def test_only_what_is_wanted_is_said() -> None:
    subscribes = Playbook(PARSER, wanted=frozenset({"mqtt_subscribe"})) >> up(TALK)
    assert ["mqtt_subscribe"] == [each.type for each in subscribes.seen]
    publishes = Playbook(PARSER, wanted=frozenset({"mqtt_publish"})) >> up(TALK)
    assert ["mqtt_publish"] * 3 == [each.type for each in publishes.seen]


@pytest.mark.parametrize(
    ("payload", "port", "expected"),
    [
        (CONNECT, 17501, Verdict.CERTAIN),
        (CONNECT[:9], 17501, Verdict.CERTAIN),
        (CONNECT[:8], 17501, Verdict.UNSURE),
        (CONNECT[:1], 17501, Verdict.UNSURE),
        (packet(0x10, b"\0\6MQIsdp\3\2\0\5" + text(b"c")), 17501, Verdict.CERTAIN),
        (packet(0x10, b"\0\4MQTT\x09\2\0\5" + text(b"c")), 17501, Verdict.NOT_MINE),
        (b"\x10\x04\0\4MQ", 17501, Verdict.NOT_MINE),
        (b"\x10\xff\xff\xff\xff\xff", 17501, Verdict.NOT_MINE),
        (publish(b"a/b", b"x"), 17501, Verdict.NOT_MINE),
        (publish(b"a/b", b"x"), 1883, Verdict.CERTAIN),
        (PING, 1883, Verdict.CERTAIN),
        (b"\xc0", 1883, Verdict.UNSURE),
        (b"\x16\x03\x01\x02\x00\x01", 1883, Verdict.NOT_MINE),
        (b"GET / HTTP/1.1\r\n", 1883, Verdict.NOT_MINE),
    ],
)
def test_only_mqtt_is_claimed(payload: bytes, port: int, expected: Verdict) -> None:
    assert expected is PARSER.probe(payload, make_flow(resp_port=port), ORIGINATOR)
