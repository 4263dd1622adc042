"""DHCPv6 messages (RFC 8415), out of the relay messages around them: who asks for an address, and which."""

from collections.abc import Iterator
from socket import AF_INET6, inet_ntop
from typing import NamedTuple

from monitor.model.errors import Malformed
from monitor.model.observation import Value
from monitor.protocols._dhcp_text import duid_mac, mac_text, option_text, wire_name_text

HEADER_BYTES = 4
"""RFC 8415 section 8: message type and transaction id."""
RELAY_HEADER_BYTES = 34
"""RFC 8415 section 9: message type, hop count, link address and peer address."""
MAX_OPTIONS = 256
"""Options of one message or of one option that holds options."""
MAX_RELAYS = 32
"""Relay messages around a message; HOP_COUNT_LIMIT is 8 (RFC 8415 section 7.6) and was 32 (RFC 3315)."""

_MESSAGE_TYPES = {
    1: "solicit",
    2: "advertise",
    3: "request",
    4: "confirm",
    5: "renew",
    6: "rebind",
    7: "reply",
    8: "release",
    9: "decline",
    10: "reconfigure",
    11: "information-request",
    12: "relay-forw",
    13: "relay-repl",
    14: "leasequery",
    15: "leasequery-reply",
    16: "leasequery-done",
    17: "leasequery-data",
    18: "reconfigure-request",
    19: "reconfigure-reply",
    20: "dhcpv4-query",
    21: "dhcpv4-response",
    22: "activeleasequery",
    23: "starttls",
    36: "addr-reg-inform",
    37: "addr-reg-reply",
}
"""RFC 8415 section 7.3, RFC 5007, 5460, 6977, 7341, 7653, 9686."""
_RELAY_TYPES = frozenset({12, 13})

_CLIENT_ID = 1
_IA_NA = 3
_IA_TA = 4
_IA_ADDRESS = 5
_RELAY_MESSAGE = 9
_VENDOR_CLASS = 16
_IA_PD = 25
_IA_PREFIX = 26
_FQDN = 39
_LINK_LAYER_ADDRESS = 79
"""Of the client, told by its relay (RFC 6939)."""
_NO_ADDRESS = bytes(16)


class _Association(NamedTuple):
    """How an identity association holds what it is about (RFC 8415 sections 21.4 to 21.6, 21.21, 21.22)."""

    header_bytes: int
    inner: int
    """The option inside it that holds an address or a prefix."""
    address_at: int
    """Where in that option the address begins."""


_ASSOCIATIONS = {
    _IA_NA: _Association(12, _IA_ADDRESS, 0),
    _IA_TA: _Association(4, _IA_ADDRESS, 0),
    _IA_PD: _Association(12, _IA_PREFIX, 9),
}
"""Addresses before prefixes."""


def is_v6(message: bytes) -> bool:
    """Whether the type is known, the header is there, and what follows can be an option; code 0 is reserved."""
    if not message or message[0] not in _MESSAGE_TYPES:
        return False
    header = _header_bytes(message)
    return len(message) >= header and message[header : header + 2] != b"\0\0"


def read_v6(message: bytes) -> dict[str, Value]:
    """Return the fields of a message, the innermost one of relay messages; raises Malformed."""
    mac: str | None = None
    for _ in range(MAX_RELAYS):
        if len(message) < HEADER_BYTES or len(message) < _header_bytes(message):
            raise Malformed("DHCPv6 header is cut")
        options = _options(message[_header_bytes(message) :])
        inner = options.get(_RELAY_MESSAGE)
        if message[0] not in _RELAY_TYPES or not inner:
            return _fields(message[0], options, mac)
        link_layer = options.get(_LINK_LAYER_ADDRESS, b"")
        mac = mac_text(int.from_bytes(link_layer[:2]), link_layer[2:]) or mac
        message = inner
    raise Malformed("DHCPv6 message is relayed too often")


def _header_bytes(message: bytes) -> int:
    return RELAY_HEADER_BYTES if message[0] in _RELAY_TYPES else HEADER_BYTES


def _fields(message_type: int, options: dict[int, bytes], relayed_mac: str | None) -> dict[str, Value]:
    fqdn = options.get(_FQDN, b"")
    known = {
        "dhcp.message_type": _MESSAGE_TYPES.get(message_type, f"type{message_type}"),
        "dhcp.hostname": wire_name_text(fqdn[1:]),
        "dhcp.vendor_class": _vendor_class(options.get(_VENDOR_CLASS, b"")),
        "dhcp.client_mac": relayed_mac or duid_mac(options.get(_CLIENT_ID, b"")),
        "dhcp.address": _address(options),
    }
    return {name: value for name, value in known.items() if value}


def _options(raw: bytes) -> dict[int, bytes]:
    """Return the first option of each code; a later one of the same code says nothing that is asked here."""
    options: dict[int, bytes] = {}
    for code, value in _walk(raw):
        options.setdefault(code, value)
    return options


def _walk(raw: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield code and value of each whole option (RFC 8415 section 21.1)."""
    offset = 0
    for _ in range(MAX_OPTIONS):
        after = offset + 4 + int.from_bytes(raw[offset + 2 : offset + 4])
        if offset + 4 > len(raw) or after > len(raw):
            return
        yield int.from_bytes(raw[offset : offset + 2]), raw[offset + 4 : after]
        offset = after


def _vendor_class(value: bytes) -> str:
    """RFC 8415 section 21.16: enterprise number, then texts with their lengths."""
    texts: list[str] = []
    offset = 4
    while offset + 2 <= len(value) and len(texts) < MAX_OPTIONS:
        after = offset + 2 + int.from_bytes(value[offset : offset + 2])
        texts.append(option_text(value[offset + 2 : after]))
        offset = after
    return " ".join(filter(None, texts))


def _address(options: dict[int, bytes]) -> str | None:
    """Return the first address that is given or asked for, else the first address of a prefix."""
    for code, association in _ASSOCIATIONS.items():
        inner = _options(options.get(code, b"")[association.header_bytes :]).get(association.inner, b"")
        raw = inner[association.address_at : association.address_at + 16]
        if len(raw) == 16 and raw != _NO_ADDRESS:
            return inet_ntop(AF_INET6, raw)
    return None
