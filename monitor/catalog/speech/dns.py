"""DNS: a question to the site's resolver, and its answer (RFC 1035 section 4.1)."""

import struct
from ipaddress import ip_address

from monitor.catalog.speech._speaker import Fields, Speaker, text
from monitor.catalog.wire import REMOTE, RESOLVER, UDP, Conversation, down, up

PORT = 53
_TYPES = {
    "A": 1,
    "NS": 2,
    "CNAME": 5,
    "PTR": 12,
    "MX": 15,
    "TXT": 16,
    "AAAA": 28,
    "SRV": 33,
    "HTTPS": 65,
    "ANY": 255,
}
_ID, _ASKED, _ANSWERED = 0x1234, 0x0100, 0x8180
_TTL_SECONDS = 300


def look_up(name: str, address: str = REMOTE, qtype: str = "A") -> Conversation:
    """Return a look-up whose answer is an address."""
    question = _name(name) + struct.pack("!HH", _TYPES[qtype], 1)
    record = b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, _TTL_SECONDS, 4) + ip_address(address).packed
    asked = struct.pack("!HHHHHH", _ID, _ASKED, 1, 0, 0, 0) + question
    answers = int(qtype == "A")
    answered = struct.pack("!HHHHHH", _ID, _ANSWERED, 1, answers, 0, 0) + question + record * answers
    return Conversation(UDP, PORT, (up(asked), down(answered)), RESOLVER)


def _ask(fields: Fields) -> list[Conversation]:
    return [look_up(text(fields, "dns.query", "host.example"), qtype=text(fields, "dns.qtype", "A"))]


def _name(name: str) -> bytes:
    labels = (label.encode("ascii") for label in name.split("."))
    return b"".join(bytes((len(label),)) + label for label in labels) + b"\0"


SPEAK = (Speaker(frozenset({"dns.query", "dns.qtype"}), _ask),)
