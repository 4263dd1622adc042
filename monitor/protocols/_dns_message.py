"""One DNS message (RFC 1035 section 4.1) into what was seen: pure functions of the bytes, for every transport.

What was read before a broken or missing part is kept. No framing and no ports here.
"""

import struct
from functools import lru_cache
from socket import AF_INET, AF_INET6, inet_ntop
from typing import Any

from monitor.model.errors import Malformed
from monitor.model.observation import Seen, Value
from monitor.model.parser import Verdict
from monitor.protocols import _dns_numbers as dns
from monitor.protocols._dns_name import MAX_NAME_BYTES, Suffixes, read_name, read_plain_name, skip_name
from monitor.protocols._dns_record import opaque_text, value_text

HEADER_BYTES = 12
MDNS = "mdns"
MAX_QUESTIONS = 64
"""Questions of one query that are told; unicast queries have one (RFC 9619), mDNS queries a handful."""
MAX_RECORDS = 512
"""Records of one message that are looked at, in all sections together."""
MEMO_BYTES = 512
"""Longer messages are not remembered."""
MEMO_ENTRIES = 2048

_IN = 1
_MDNS_CLASS = 0x7FFF
"""The top bit of a class is cache-flush or unicast-response in mDNS (RFC 6762 sections 10.2, 5.4)."""
_CLASSES = frozenset({1, 3, 4, 254, 255})
"""IN, CH, HS, NONE, ANY (RFC 6895 section 3.2)."""
_OPCODES = frozenset({0, 1, 2, 4, 5, 6})
"""Opcodes that were ever given out (RFC 6895 section 2.2, RFC 8490)."""
_RESPONSE = 0x80
_OPCODE = 0x78
_RCODE = 0x0F
_MAX_TTL = 0x7FFF_FFFF
_HEADER = struct.Struct("!6H")
_QUESTION_BYTES = 4
"""Type and class, after a question's name."""
_FIXED = struct.Struct("!HHIH")
"""What follows a record's name: type, class, time to live, data length."""
_NO_ID = b"\0\0"
# An enumeration's member costs a look-up each time.
_CERTAIN, _UNSURE, _NOT_MINE = Verdict


def read_message(message: bytes, transport: str) -> tuple[Seen, ...]:
    """Return what a message says, to be treated as frozen; raises Malformed when not even its first question is whole.

    Repeated messages (mDNS, retries, many devices that ask the same) are read once; the id does not count.
    """
    if len(message) > MEMO_BYTES:
        return _read(message, transport)
    return _read_again(message[len(_NO_ID) :], transport)


def is_response(message: bytes) -> bool:
    """Whether the QR bit is set; a message too short to have one is a query."""
    return len(message) > 2 and message[2] >= _RESPONSE


def judge(message: bytes) -> Verdict:
    """Judge the first bytes of what may be a message: header, then first question or record.

    It is lenient in the header, for a server may be too, and strict in the name.
    """
    if len(message) < HEADER_BYTES:
        return _UNSURE
    _, flags, questions, answers, _, _ = _HEADER.unpack_from(message)
    if (flags >> 11) & 0x0F not in _OPCODES or questions > MAX_QUESTIONS:
        return _NOT_MINE
    if not questions and not answers:
        return _UNSURE
    return _judge_first(message)


def _judge_first(message: bytes) -> Verdict:
    """Questions and records both begin with name, type and class."""
    try:
        _, end = read_plain_name(message, HEADER_BYTES) or read_name(message, HEADER_BYTES)
    except Malformed:
        return _judge_cut_name(message)
    if end + _QUESTION_BYTES > len(message):
        return _UNSURE
    is_known = (message[end + 2] << 8 | message[end + 3]) & _MDNS_CLASS in _CLASSES
    return _CERTAIN if is_known else _NOT_MINE


def _judge_cut_name(message: bytes) -> Verdict:
    """Whether more bytes could make the first name whole: its labels run to the end of what is there."""
    offset, total = HEADER_BYTES, len(message)
    while offset < total and 0 < message[offset] < 0x40:
        offset += message[offset] + 1
    is_cut = total <= offset <= HEADER_BYTES + MAX_NAME_BYTES
    return _UNSURE if is_cut else _NOT_MINE


def _read(message: bytes, transport: str) -> tuple[Seen, ...]:
    if len(message) < HEADER_BYTES:
        raise Malformed("DNS header is cut")
    if message[2] & _OPCODE:
        return ()
    if message[2] < _RESPONSE:
        return _queries(message, transport)
    return (_answer(message, transport),)


@lru_cache(maxsize=MEMO_ENTRIES)
def _read_again(message_without_id: bytes, transport: str) -> tuple[Seen, ...]:
    return _read(_NO_ID + message_without_id, transport)


def _queries(message: bytes, transport: str) -> tuple[Seen, ...]:
    seen: list[Seen] = []
    offset = HEADER_BYTES
    try:
        for _ in range(min(message[4] << 8 | message[5], MAX_QUESTIONS)):
            name, offset = _read_question(message, offset)
            qtype = dns.type_name(message[offset] << 8 | message[offset + 1])
            fields: dict[str, Value] = {"dns.query": name, "dns.qtype": qtype, "dns.transport": transport}
            seen.append(Seen("dns_query", fields))
            offset += _QUESTION_BYTES
    except Malformed:
        if not seen:
            raise
    return tuple(seen)


def _answer(message: bytes, transport: str) -> Seen:
    _, flags, questions, answers, authorities, additionals = _HEADER.unpack_from(message)
    fields: dict[str, Value] = {}
    records: list[dict[str, Any]] = []
    rcode = flags & _RCODE
    offset = HEADER_BYTES
    if questions:
        fields["dns.query"], offset = _read_question(message, offset)
        fields["dns.qtype"] = dns.type_name(message[offset] << 8 | message[offset + 1])
        offset += _QUESTION_BYTES
    try:
        if questions > 1:
            offset = _skip_questions(message, offset, questions - 1)
        elif not questions and answers and transport == MDNS:
            fields["dns.query"] = read_name(message, offset).text
        if answers:
            offset = _read_answers(message, offset, answers, records)
        if additionals:
            unread = min(authorities + additionals, MAX_RECORDS - len(records))
            rcode |= _extended_rcode(message, offset, unread) << 4
    except Malformed:
        # For us the message ends here; the question and the records before are as good as ever.
        pass
    fields["dns.transport"] = transport
    fields["dns.rcode"] = dns.rcode_name(rcode)
    fields["dns.answers"] = records
    return Seen("dns_answer", fields)


def _read_question(message: bytes, offset: int) -> tuple[str, int]:
    """Return the name of a question that is whole and where it ends; type and class follow it."""
    name = read_plain_name(message, offset) or read_name(message, offset)
    if name[1] + _QUESTION_BYTES > len(message):
        raise Malformed("DNS question is cut")
    return name


def _skip_questions(message: bytes, offset: int, count: int) -> int:
    if count >= MAX_QUESTIONS:
        raise Malformed("DNS response repeats too many questions")
    for _ in range(count):
        offset = skip_name(message, offset) + _QUESTION_BYTES
    return offset


def _read_answers(message: bytes, offset: int, count: int, records: list[dict[str, Any]]) -> int:
    """Append the records of the answer section, whole ones only; returns where the next section begins."""
    total, head = len(message), _FIXED.size
    known: Suffixes = {}
    for _ in range(min(count, MAX_RECORDS)):
        if offset < total and message[offset] >= 0xC0:
            start = offset + 2 + head
        else:
            start = skip_name(message, offset) + head
        if start > total:
            raise Malformed("DNS record is cut")
        rtype, rclass, ttl, length = _FIXED.unpack_from(message, start - head)
        offset = start + length
        if offset > total:
            raise Malformed("DNS record data are cut")
        if rclass & _MDNS_CLASS != _IN:
            value = opaque_text(message, start, offset)
        elif rtype == dns.A and length == 4:
            value = inet_ntop(AF_INET, message[start:offset])
        elif rtype == dns.AAAA and length == 16:
            value = inet_ntop(AF_INET6, message[start:offset])
        else:
            value = value_text(message, rtype, start, offset, known)
        # RFC 2181 section 8: a time to live with the top bit set is 0.
        records.append({"type": dns.type_name(rtype), "value": value, "ttl": ttl if ttl <= _MAX_TTL else 0})
    return offset


def _extended_rcode(message: bytes, offset: int, count: int) -> int:
    """Return the upper 8 bits of the response code from the OPT record (RFC 6891 section 6.1.3), 0 without one."""
    for _ in range(count):
        start = skip_name(message, offset) + _FIXED.size
        if start > len(message):
            raise Malformed("DNS record is cut")
        rtype, _, ttl, length = _FIXED.unpack_from(message, start - _FIXED.size)
        if rtype == dns.OPT:
            return int(ttl >> 24)
        offset = start + length
    return 0
