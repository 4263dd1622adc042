from contextlib import suppress
from socket import AF_INET6, inet_pton

import dpkt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scapy.layers.dns import DNS, DNSQR, DNSRR, DNSRROPT, dns_compress

from monitor.model.errors import Malformed
from monitor.model.observation import Seen
from monitor.model.parser import Verdict
from monitor.protocols._dns_message import (
    MAX_QUESTIONS,
    MAX_RECORDS,
    MEMO_BYTES,
    is_response,
    judge,
    read_message,
)
from tests.kit.dns_wire import RESPONSE_FLAGS, header, query, question, record, response, wire_name

ADDRESS = bytes((198, 51, 100, 7))
OPT_BADVERS = record(41, b"", owner=b"\0", rclass=1232, ttl=1 << 24)


def only(message: bytes, transport: str = "udp") -> Seen:
    (seen,) = read_message(message, transport)
    return seen


def values(seen: Seen) -> list[str]:
    answers = seen.fields["dns.answers"]
    assert isinstance(answers, list)
    return [answer["value"] for answer in answers if isinstance(answer, dict)]


def test_query_tells_its_question() -> None:
    expected = {"dns.query": "fota.example.com", "dns.qtype": "AAAA", "dns.transport": "udp"}
    assert only(query("FOTA.example.com", 28)) == ("dns_query", expected)


def test_query_tells_every_question() -> None:
    message = header(2) + question(wire_name("a.local"), 255) + question(b"\x01b\xc0\x0e", 12, 0x8001)
    assert [seen.fields["dns.query"] for seen in read_message(message, "mdns")] == ["a.local", "b.local"]


def test_answer_tells_question_code_and_records() -> None:
    expected = {
        "dns.query": "www.example.com",
        "dns.qtype": "A",
        "dns.transport": "tcp",
        "dns.rcode": "NOERROR",
        "dns.answers": [
            {"type": "CNAME", "value": "cdn.www.example.com", "ttl": 300},
            {"type": "A", "value": "198.51.100.7", "ttl": 60},
        ],
    }
    message = response("www.example.com", record(5, b"\x03cdn\xc0\x0c", ttl=300), record(1, ADDRESS))
    assert only(message, "tcp") == ("dns_answer", expected)


def test_denial_is_an_answer_without_records() -> None:
    seen = only(response("gone.example.com", rcode=3))
    assert (seen.fields["dns.rcode"], seen.fields["dns.answers"]) == ("NXDOMAIN", [])


def test_records_of_other_sections_are_not_answers() -> None:
    message = header(1, 1, 1, 1, RESPONSE_FLAGS) + question(wire_name("example.com"))
    message += record(1, ADDRESS) + record(2, wire_name("ns.example.com")) + record(1, b"\x01\x02\x03\x04")
    assert values(only(message)) == ["198.51.100.7"]


def test_extended_response_code_comes_from_the_opt_record() -> None:
    message = header(1, 1, 1, 1, RESPONSE_FLAGS) + question(wire_name("example.com"))
    message += record(1, ADDRESS) + record(2, wire_name("ns.example.com")) + OPT_BADVERS
    assert only(message).fields["dns.rcode"] == "BADVERS"


def test_unknown_record_does_not_lose_its_neighbours() -> None:
    message = response("example.com", record(65280, b"\xab"), record(1, ADDRESS))
    assert values(only(message)) == ["\\# 1 ab", "198.51.100.7"]


def test_broken_record_does_not_lose_its_neighbours() -> None:
    message = response("example.com", record(5, b"\xc0\xff"), record(1, b"abc"), record(1, ADDRESS))
    assert values(only(message)) == ["\\# 2 c0ff", "\\# 3 616263", "198.51.100.7"]


def test_address_of_another_class_is_shown_raw() -> None:
    message = response("example.com", record(1, ADDRESS, rclass=3))
    assert values(only(message)) == ["\\# 4 c6336407"]


def test_cache_flush_bit_is_not_part_of_the_class() -> None:
    message = response("host.local", record(1, ADDRESS, rclass=0x8001))
    assert values(only(message, "mdns")) == ["198.51.100.7"]


def test_time_to_live_with_the_top_bit_is_zero() -> None:
    seen = only(response("example.com", record(1, ADDRESS, ttl=1 << 31), record(1, ADDRESS, ttl=0x7FFFFFFF)))
    answers = seen.fields["dns.answers"]
    assert isinstance(answers, list)
    assert [answer["ttl"] for answer in answers if isinstance(answer, dict)] == [0, 0x7FFFFFFF]


def test_mdns_response_is_named_by_its_first_answer() -> None:
    message = header(0, 2, flags=0x8400)
    message += record(1, ADDRESS, owner=wire_name("Cam.local")) + record(
        16, b"\x01x", owner=wire_name("other")
    )
    fields = only(message, "mdns").fields
    assert fields["dns.query"] == "cam.local"
    assert "dns.qtype" not in fields


def test_unicast_response_without_a_question_has_no_name() -> None:
    message = header(0, 1, flags=RESPONSE_FLAGS) + record(1, ADDRESS, owner=wire_name("example.com"))
    seen = only(message, "tcp")
    assert "dns.query" not in seen.fields
    assert values(seen) == ["198.51.100.7"]


def test_response_may_repeat_several_questions() -> None:
    message = header(2, 1, flags=RESPONSE_FLAGS) + question(wire_name("a.example")) * 2 + record(1, ADDRESS)
    seen = only(message)
    assert (seen.fields["dns.query"], values(seen)) == ("a.example", ["198.51.100.7"])


@pytest.mark.parametrize("opcode", [1, 2, 4, 5, 6, 15])
def test_messages_that_are_no_queries_say_nothing(opcode: int) -> None:
    message = header(1, flags=opcode << 11) + question(wire_name("example.com"), 6)
    assert read_message(message, "udp") == ()


def test_query_without_a_question_says_nothing() -> None:
    assert read_message(header(0), "udp") == ()


def test_truncated_answer_keeps_the_question() -> None:
    message = response("example.com", record(1, ADDRESS), record(1, ADDRESS))
    whole_question = 12 + 13 + 4
    counts = []
    for length in range(len(message)):
        if length < whole_question:
            with pytest.raises(Malformed):
                read_message(message[:length], "udp")
            continue
        seen = only(message[:length])
        assert seen.fields["dns.query"] == "example.com"
        counts.append(len(values(seen)))
    assert counts == [0] * 16 + [1] * 16


def test_truncated_query_keeps_its_whole_questions() -> None:
    message = header(2) + question(wire_name("a.local")) + question(wire_name("b.local"))
    assert [seen.fields["dns.query"] for seen in read_message(message[:-1], "mdns")] == ["a.local"]


def test_questions_of_one_message_are_bounded() -> None:
    message = header(20000) + question(wire_name("a")) * 9000
    assert len(read_message(message, "tcp")) == MAX_QUESTIONS


def test_repeated_questions_of_one_response_are_bounded() -> None:
    message = header(MAX_QUESTIONS + 1, 1, flags=RESPONSE_FLAGS)
    message += question(wire_name("a")) * (MAX_QUESTIONS + 1) + record(1, ADDRESS)
    seen = only(message)
    assert (seen.fields["dns.query"], values(seen)) == ("a", [])


def test_records_of_one_message_are_bounded() -> None:
    message = header(1, 4000, flags=RESPONSE_FLAGS) + question(wire_name("a")) + record(1, ADDRESS) * 4000
    assert len(values(only(message))) == MAX_RECORDS


def test_opt_record_beyond_the_bound_is_not_looked_for() -> None:
    message = header(1, 0, 0, MAX_RECORDS + 1, RESPONSE_FLAGS) + question(wire_name("a"))
    message += record(1, ADDRESS) * MAX_RECORDS + OPT_BADVERS
    assert only(message).fields["dns.rcode"] == "NOERROR"


def test_chains_of_pointers_in_every_record_stay_within_the_bounds() -> None:
    chain = wire_name("a") + b"".join((0xC00C + 2 * at).to_bytes(2) for at in range(200))
    message = header(1, 4000, flags=RESPONSE_FLAGS) + question(chain[:3])
    message += record(16, b"\xff" + chain) + record(5, b"\xc1\x00") * 4000
    assert len(values(only(message))) == MAX_RECORDS


def test_message_is_remembered_whatever_its_id() -> None:
    first = read_message(query("memo.example.com", message_id=1), "udp")
    assert first is read_message(query("memo.example.com", message_id=2), "udp")


def test_message_is_remembered_by_its_transport() -> None:
    assert only(query("memo.local"), "udp") != only(query("memo.local"), "mdns")


def test_long_message_is_not_remembered() -> None:
    message = response("example.com", *[record(1, ADDRESS)] * 40)
    assert len(message) > MEMO_BYTES
    assert read_message(message, "udp") == read_message(message, "udp")
    assert read_message(message, "udp") is not read_message(message, "udp")


def test_response_is_told_by_its_bit() -> None:
    assert (True, False, False) == (is_response(response("a")), is_response(query("a")), is_response(b""))


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (query("example.com"), Verdict.CERTAIN),
        (query("example.com", 65280), Verdict.CERTAIN),
        (response("example.com", rcode=3), Verdict.CERTAIN),
        (header(1) + question(wire_name("a.local"), 12, 0x8001), Verdict.CERTAIN),
        (header(0, 1, flags=0x8400) + record(1, ADDRESS, owner=wire_name("a.local")), Verdict.CERTAIN),
        (header(1, flags=5 << 11) + question(wire_name("example.com"), 6), Verdict.CERTAIN),
        (b"", Verdict.UNSURE),
        (query("example.com")[:11], Verdict.UNSURE),
        (query("example.com")[:20], Verdict.UNSURE),
        (query("example.com")[:-1], Verdict.UNSURE),
        (header(0), Verdict.UNSURE),
        (header(1, flags=15 << 11) + question(wire_name("example.com")), Verdict.NOT_MINE),
        (header(65) + question(wire_name("example.com")), Verdict.NOT_MINE),
        (header(1) + question(wire_name("example.com"), 1, 77), Verdict.NOT_MINE),
        (header(1) + b"\xc0\x0c\0\x01\0\x01", Verdict.NOT_MINE),
        (header(1) + b"\x80abc", Verdict.NOT_MINE),
        (header(1) + b"\x3faaaa" * 60, Verdict.NOT_MINE),
        (b"GET / HTTP/1.1\r\nHost: example.com\r\n\r\n", Verdict.NOT_MINE),
        (bytes.fromhex("16030100c8010000c40303") + bytes(40), Verdict.NOT_MINE),
    ],
)
def test_verdict(message: bytes, expected: Verdict) -> None:
    assert expected == judge(message)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=120), st.sampled_from(["udp", "mdns"]))
def test_any_bytes_are_seen_or_malformed(message: bytes, transport: str) -> None:
    judge(message)
    with suppress(Malformed):
        assert all(isinstance(seen, Seen) for seen in read_message(message, transport))


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=100), st.sampled_from([0, RESPONSE_FLAGS]), st.integers(0, 4), st.integers(0, 4))
def test_any_bytes_behind_a_good_header_are_seen_or_malformed(
    body: bytes, flags: int, questions: int, answers: int
) -> None:
    message = header(questions, answers, 0, 1, flags) + body
    with suppress(Malformed):
        assert all(seen.fields for seen in read_message(message, "mdns"))


_NAME = st.lists(st.text("abcdefghij0123456789-", min_size=1, max_size=9), min_size=1, max_size=5).map(
    ".".join
)
_ADDRESSES = st.one_of(
    st.ip_addresses(v=4).map(lambda address: (1, str(address), address.packed)),
    st.ip_addresses(v=6).map(lambda address: (28, str(address), address.packed)),
)


@settings(max_examples=60, deadline=None)
@given(_NAME, st.lists(_ADDRESSES, max_size=5))
def test_answers_are_what_dpkt_reads(name: str, addresses: list[tuple[int, str, bytes]]) -> None:
    message = response(name, *(record(rtype, packed) for rtype, _, packed in addresses))
    oracle = dpkt.dns.DNS(message)
    seen = only(message)
    assert oracle.qd[0].name == seen.fields["dns.query"]
    assert [answer.rdata for answer in oracle.an] == [
        inet_pton(AF_INET6, value) if ":" in value else bytes(map(int, value.split(".")))
        for value in values(seen)
    ]


def test_message_that_scapy_compressed_is_read() -> None:
    built = DNS(
        id=1,
        qr=1,
        qd=[DNSQR(qname="www.example.com", qtype="MX")],
        an=[
            DNSRR(rrname="www.example.com", type="CNAME", ttl=5, rdata="mail.example.com"),
            DNSRR(rrname="mail.example.com", type="NS", ttl=6, rdata="ns.mail.example.com"),
            DNSRR(rrname="mail.example.com", type="TXT", ttl=7, rdata=[b"one", b"two"]),
            DNSRR(rrname="mail.example.com", type="AAAA", ttl=8, rdata="2001:db8::1"),
        ],
        ar=[DNSRROPT(extrcode=1)],
    )
    seen = only(bytes(dns_compress(built)))  # type: ignore[no-untyped-call]  # scapy's
    assert seen.fields == {
        "dns.query": "www.example.com",
        "dns.qtype": "MX",
        "dns.transport": "udp",
        "dns.rcode": "BADVERS",
        "dns.answers": [
            {"type": "CNAME", "value": "mail.example.com", "ttl": 5},
            {"type": "NS", "value": "ns.mail.example.com", "ttl": 6},
            {"type": "TXT", "value": '"one" "two"', "ttl": 7},
            {"type": "AAAA", "value": "2001:db8::1", "ttl": 8},
        ],
    }


def test_a_verdict_may_hang_on_the_id_because_a_name_may_point_at_it() -> None:
    rest = header(questions=1)[2:] + b"\xc0\0" + b"\0\1\0\1"
    assert judge(b"\0\0" + rest) is Verdict.CERTAIN
    assert judge(b"\x3f\xff" + rest) is Verdict.NOT_MINE
