"""Text of SVCB and HTTPS records (RFC 9460): priority, target and parameters, in the form that dig prints."""

import base64
from collections.abc import Callable
from socket import AF_INET, AF_INET6, inet_ntop

from monitor.model.errors import Malformed
from monitor.protocols._dns_name import Suffixes, read_name
from monitor.protocols._dns_text import quoted

MAX_PARAMETERS = 32
"""Parameters of one record; the registry (RFC 9460 section 14.3.2) has fewer than 12."""
MAX_PARAMETER_BYTES = 512
"""A longer value is shown up to here, followed by ``...``."""


def svcb_text(message: bytes, start: int, end: int, known: Suffixes) -> str:
    """Return the record data between two offsets; raises Malformed."""
    if end - start < 3:
        raise Malformed("SVCB record is too short")
    target = read_name(message, start + 2, known)
    if target.end > end:
        raise Malformed("SVCB target is cut")
    parts = [str(int.from_bytes(message[start : start + 2])), target.text]
    parts += _parameters(message[target.end : end])
    return " ".join(parts)


def _parameters(raw: bytes) -> list[str]:
    """RFC 9460 section 2.2: key, length and value, again and again."""
    parts: list[str] = []
    offset = 0
    while offset < len(raw) and len(parts) < MAX_PARAMETERS:
        after = offset + 4 + int.from_bytes(raw[offset + 2 : offset + 4])
        if offset + 4 > len(raw) or after > len(raw):
            raise Malformed("SVCB parameter is cut")
        parts.append(_parameter(int.from_bytes(raw[offset : offset + 2]), raw[offset + 4 : after]))
        offset = after
    return parts


def _parameter(key: int, value: bytes) -> str:
    name, render = _KEYS.get(key, (f"key{key}", _opaque))
    text = render(value)
    return f"{name}={text}" if text else name


def _mandatory(value: bytes) -> str:
    """RFC 9460 section 8."""
    if len(value) % 2:
        raise Malformed("SVCB mandatory is not a list of keys")
    keys = [int.from_bytes(value[at : at + 2]) for at in range(0, min(len(value), MAX_PARAMETER_BYTES), 2)]
    return ",".join(_KEYS[key][0] if key in _KEYS else f"key{key}" for key in keys)


def _alpn(value: bytes) -> str:
    """RFC 9460 section 7.1.1; a comma inside a protocol's name is escaped (appendix A.1)."""
    protocols: list[bytes] = []
    offset, stop = 0, min(len(value), MAX_PARAMETER_BYTES)
    while offset < stop:
        after = offset + 1 + value[offset]
        if after > len(value):
            raise Malformed("SVCB alpn is cut")
        protocols.append(value[offset + 1 : after].replace(b"\\", b"\\\\").replace(b",", b"\\,"))
        offset = after
    return quoted(b",".join(protocols))


def _nothing(value: bytes) -> str:
    if value:
        raise Malformed("SVCB flag has a value")
    return ""


def _port(value: bytes) -> str:
    if len(value) != 2:
        raise Malformed("SVCB port is not 2 bytes long")
    return str(int.from_bytes(value))


def _ipv4_hints(value: bytes) -> str:
    return _addresses(value, AF_INET, 4)


def _ipv6_hints(value: bytes) -> str:
    return _addresses(value, AF_INET6, 16)


def _addresses(value: bytes, family: int, size: int) -> str:
    if not value or len(value) % size:
        raise Malformed("SVCB hint is not a list of addresses")
    shown = value[:MAX_PARAMETER_BYTES]
    return ",".join(inet_ntop(family, shown[at : at + size]) for at in range(0, len(shown), size))


def _base64(value: bytes) -> str:
    """RFC 9460 section 14.3.2 keeps ech for the list of configurations of Encrypted ClientHello."""
    cut = "..." if len(value) > MAX_PARAMETER_BYTES else ""
    return base64.b64encode(value[:MAX_PARAMETER_BYTES]).decode("ascii") + cut


def _opaque(value: bytes) -> str:
    if not value:
        return ""
    return quoted(value[:MAX_PARAMETER_BYTES]) + ("..." if len(value) > MAX_PARAMETER_BYTES else "")


_KEYS: dict[int, tuple[str, Callable[[bytes], str]]] = {
    0: ("mandatory", _mandatory),
    1: ("alpn", _alpn),
    2: ("no-default-alpn", _nothing),
    3: ("port", _port),
    4: ("ipv4hint", _ipv4_hints),
    5: ("ech", _base64),
    6: ("ipv6hint", _ipv6_hints),
    7: ("dohpath", _opaque),
    8: ("ohttp", _nothing),
}
"""Parameter keys by IANA number (RFC 9460 section 14.3.2, RFC 9461, RFC 9540)."""
