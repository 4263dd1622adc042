"""DNS queries and answers (RFC 1035), with names written out in full except the owner of an answer."""

import struct
from typing import NamedTuple

A, CNAME, PTR, AAAA = 1, 5, 12, 28
IN = 1
OWNER = b"\xc0\x0c"
"""A pointer to the question's name."""
ALIAS_TTL, ADDRESS_TTL = 300, 120


class Pair(NamedTuple):
    """A query and its answer."""

    query: bytes
    answer: bytes


def lookup(name: str, address: bytes, alias: str | None, query_id: bytes) -> Pair:
    """Return a query for a name's address and its answer, by way of ``alias`` if there is one."""
    kind = AAAA if len(address) == 16 else A
    asked = wire_name(name) + struct.pack("!HH", kind, IN)
    query = query_id + b"\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00" + asked
    owner, answers = OWNER, []
    if alias:
        target = wire_name(alias)
        answers.append(owner + struct.pack("!HHIH", CNAME, IN, ALIAS_TTL, len(target)) + target)
        owner = target
    answers.append(owner + struct.pack("!HHIH", kind, IN, ADDRESS_TTL, len(address)) + address)
    head = query_id + b"\x81\x80\x00\x01" + struct.pack("!HHH", len(answers), 0, 0)
    return Pair(query, head + asked + b"".join(answers))


def service_query(name: str) -> bytes:
    """Return an mDNS query (RFC 6762)."""
    return b"\0\0\0\0\0\1\0\0\0\0\0\0" + wire_name(name) + struct.pack("!HH", PTR, IN)


def wire_name(name: str) -> bytes:
    """Return a name as labels."""
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"
