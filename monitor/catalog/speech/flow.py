"""Bare flows: an address, a port and the first bytes, for signatures that name no protocol."""

from monitor.catalog.speech._speaker import Fields, Speaker, number, text
from monitor.catalog.wire import REMOTE, TCP, UDP, Conversation, up

_ORDINARY_PAYLOAD = b"\x00\x01\x02\x03"
_ORDINARY_PORT = 7


def _send(fields: Fields) -> list[Conversation]:
    protocol = UDP if "udp.dst_port" in fields else TCP
    port = number(fields, "udp.dst_port" if protocol == UDP else "tcp.dst_port", _ORDINARY_PORT)
    payload = bytes.fromhex(text(fields, "payload.prefix", _ORDINARY_PAYLOAD.hex()))
    return [Conversation(protocol, port, (up(payload),), text(fields, "ip.dst", REMOTE))]


SPEAK = (Speaker(frozenset({"ip.dst", "tcp.dst_port", "udp.dst_port", "payload.prefix"}), _send),)
