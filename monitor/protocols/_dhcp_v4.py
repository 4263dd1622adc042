"""DHCPv4 messages and the BOOTP messages under them (RFC 2131, 2132, 951): who asks for an address, and which."""

from socket import AF_INET, inet_ntop

from monitor.model.errors import Malformed
from monitor.model.observation import Value
from monitor.protocols._dhcp_text import duid_mac, mac_text, option_text, wire_name_text

HEADER_BYTES = 240
"""RFC 2131 section 2: fixed fields, then the magic cookie."""
MAX_OPTIONS = 256
"""Options of one message, in all fields together; there are 254 codes."""

_COOKIE = b"\x63\x82\x53\x63"
"""RFC 2131 section 3."""
_OPERATIONS = frozenset({1, 2})
"""BOOTREQUEST and BOOTREPLY."""
_MAX_HARDWARE_BYTES = 16
_NO_ADDRESS = bytes(4)
_MESSAGE_TYPES = (
    "discover",
    "offer",
    "request",
    "decline",
    "ack",
    "nak",
    "release",
    "inform",
    "forcerenew",
    "leasequery",
    "leaseunassigned",
    "leaseunknown",
    "leaseactive",
    "bulkleasequery",
    "leasequerydone",
    "activeleasequery",
    "leasequerystatus",
    "tls",
)
"""From 1 (RFC 2132 section 9.6, RFC 3203, 4388, 6926, 7724)."""

_PAD, _END = 0, 255
_HOST_NAME = 12
_REQUESTED_ADDRESS = 50
_OVERLOAD = 52
_MESSAGE_TYPE = 53
_VENDOR_CLASS = 60
_CLIENT_ID = 61
_FQDN = 81
_VIVCO = 124
_WANTED = frozenset(
    {_HOST_NAME, _REQUESTED_ADDRESS, _OVERLOAD, _MESSAGE_TYPE, _VENDOR_CLASS, _CLIENT_ID, _FQDN, _VIVCO}
)
_FILE = slice(108, 236)
_SERVER_NAME = slice(44, 108)
_OVERLOADED = {1: (_FILE,), 2: (_SERVER_NAME,), 3: (_FILE, _SERVER_NAME)}
"""Fields that hold options as well, in the order of RFC 3396 section 5."""
_CLIENT_ID_DUID = 255
"""Client identifier of IAID and DUID (RFC 4361 section 6.1)."""
_FQDN_WIRE_FORM = 0x04
"""E flag (RFC 4702 section 2.1)."""


def is_v4(message: bytes) -> bool:
    """Whether the fixed fields are there and say DHCP."""
    return (
        len(message) >= HEADER_BYTES
        and message[236:HEADER_BYTES] == _COOKIE
        and message[0] in _OPERATIONS
        and message[2] <= _MAX_HARDWARE_BYTES
    )


def read_v4(message: bytes) -> dict[str, Value]:
    """Return the fields of a message; raises Malformed."""
    if not is_v4(message):
        raise Malformed("DHCP header or magic cookie is missing")
    options = _options(message)
    known = {
        "dhcp.message_type": _message_type(options.get(_MESSAGE_TYPE, b"")),
        "dhcp.hostname": _hostname(options),
        "dhcp.vendor_class": option_text(options.get(_VENDOR_CLASS, b"")) or _vivco(options.get(_VIVCO, b"")),
        "dhcp.client_mac": mac_text(message[1], message[28 : 28 + message[2]])
        or _client_id_mac(options.get(_CLIENT_ID, b"")),
        "dhcp.address": _address(message, options),
    }
    return {name: value for name, value in known.items() if value}


def _options(message: bytes) -> dict[int, bytes]:
    """Return the wanted options by code; one that comes in parts is joined (RFC 3396 section 7)."""
    options: dict[int, bytes] = {}
    budget = _collect(message[HEADER_BYTES:], options, MAX_OPTIONS)
    overload = options.get(_OVERLOAD, b"")
    for field in _OVERLOADED.get(overload[0], ()) if overload else ():
        budget = _collect(message[field], options, budget)
    return options


def _collect(raw: bytes, options: dict[int, bytes], budget: int) -> int:
    """Add the options of one field until it ends or is cut; returns how many more may come."""
    offset, total = 0, len(raw)
    while offset + 1 < total and budget:
        code = raw[offset]
        if code == _END:
            break
        if code == _PAD:
            offset += 1
            continue
        after = offset + 2 + raw[offset + 1]
        if after > total:
            break
        if code in _WANTED:
            options[code] = options.get(code, b"") + raw[offset + 2 : after]
        offset = after
        budget -= 1
    return budget


def _message_type(value: bytes) -> str | None:
    """None for plain BOOTP."""
    if len(value) != 1:
        return None
    number = value[0]
    return _MESSAGE_TYPES[number - 1] if 0 < number <= len(_MESSAGE_TYPES) else f"type{number}"


def _hostname(options: dict[int, bytes]) -> str:
    """RFC 2132 section 3.14, else RFC 4702 section 2: flags, two response codes, name."""
    name = option_text(options.get(_HOST_NAME, b""))
    fqdn = options.get(_FQDN, b"")
    if name or len(fqdn) <= 3:
        return name
    return wire_name_text(fqdn[3:]) if fqdn[0] & _FQDN_WIRE_FORM else option_text(fqdn[3:]).rstrip(".")


def _vivco(value: bytes) -> str:
    """RFC 3925 section 3: enterprise number, length and data of each vendor; the texts only."""
    texts: list[str] = []
    offset = 0
    while offset + 5 <= len(value):
        after = offset + 5 + value[offset + 4]
        raw = value[offset + 5 : after]
        if raw.isascii() and raw.decode("ascii").isprintable():
            texts.append(option_text(raw))
        offset = after
    return " ".join(filter(None, texts))


def _client_id_mac(value: bytes) -> str | None:
    """RFC 2132 section 9.14: hardware type and address, or a DUID behind a 4-byte IAID."""
    if not value:
        return None
    return duid_mac(value[5:]) if value[0] == _CLIENT_ID_DUID else mac_text(value[0], value[1:])


def _address(message: bytes, options: dict[int, bytes]) -> str | None:
    """Return the address given (yiaddr), else asked for (option 50), else in use (ciaddr)."""
    for raw in (message[16:20], options.get(_REQUESTED_ADDRESS, b""), message[12:16]):
        if len(raw) == 4 and raw != _NO_ADDRESS:
            return inet_ntop(AF_INET, raw)
    return None
