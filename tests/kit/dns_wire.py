"""DNS messages by hand: names, questions and records as bytes, so that a test can break any of them."""

import struct

POINTER_TO_QUESTION = b"\xc0\x0c"
"""Compression pointer to the first question's name."""
QUERY_FLAGS = 0x0100
RESPONSE_FLAGS = 0x8180


def wire_name(text: str) -> bytes:
    """Return ``www.example.com`` as labels with the final zero; the root is the empty text."""
    labels = text.encode("ascii").split(b".") if text else []
    return b"".join(bytes((len(label),)) + label for label in labels) + b"\0"


def header(  # noqa: PLR0917 - the six words of a header in their order
    questions: int = 0,
    answers: int = 0,
    authorities: int = 0,
    additionals: int = 0,
    flags: int = QUERY_FLAGS,
    message_id: int = 7,
) -> bytes:
    return struct.pack("!6H", message_id, flags, questions, answers, authorities, additionals)


def question(name: bytes, qtype: int = 1, qclass: int = 1) -> bytes:
    return name + struct.pack("!HH", qtype, qclass)


def record(
    rtype: int, data: bytes, *, owner: bytes = POINTER_TO_QUESTION, ttl: int = 60, rclass: int = 1
) -> bytes:
    return owner + struct.pack("!HHIH", rtype, rclass, ttl, len(data)) + data


def query(name: str, qtype: int = 1, message_id: int = 7) -> bytes:
    """Return a query with one question."""
    return header(1, message_id=message_id) + question(wire_name(name), qtype)


def response(name: str, *answers: bytes, qtype: int = 1, rcode: int = 0, message_id: int = 7) -> bytes:
    """Return a response with one question and its answers."""
    head = header(1, len(answers), flags=RESPONSE_FLAGS | rcode, message_id=message_id)
    return head + question(wire_name(name), qtype) + b"".join(answers)
