r"""Text of a DNS record's data, in the presentation form that dig prints; names as ``_dns_name`` writes them.

A type that is not known here, or data that do not follow their type, are shown as RFC 3597 section 5 says
(``\# length hex``), so that no record ever costs the message. One record at a time; no sections and no counts here.
"""

import struct
from collections.abc import Callable
from socket import AF_INET, AF_INET6, inet_ntop

from monitor.model.errors import Malformed
from monitor.protocols import _dns_numbers as dns
from monitor.protocols._dns_name import Name, Suffixes, read_name
from monitor.protocols._dns_svcb import svcb_text
from monitor.protocols._dns_text import quoted

MAX_SHOWN_BYTES = 1024
"""Record data beyond this are left out of the text, which then ends with ``...``."""

_SOA_NUMBERS = struct.Struct("!5I")
_SRV_NUMBERS = struct.Struct("!3H")


def value_text(message: bytes, rtype: int, start: int, end: int, known: Suffixes) -> str:
    """Return the data of an IN record that lie between two offsets; names may point before them."""
    render = _RENDERERS.get(rtype)
    if render is None:
        return opaque_text(message, start, end)
    try:
        return render(message, start, end, known)
    except Malformed:
        return opaque_text(message, start, end)


def opaque_text(message: bytes, start: int, end: int) -> str:
    """Return the data of a record of which nothing is known (RFC 3597 section 5)."""
    cut = "..." if end - start > MAX_SHOWN_BYTES else ""
    shown = message[start : min(end, start + MAX_SHOWN_BYTES)].hex()
    return f"\\# {end - start} {shown}{cut}".rstrip()


def _ipv4(message: bytes, start: int, end: int, _: Suffixes) -> str:
    if end - start != 4:
        raise Malformed("A record is not 4 bytes long")
    return inet_ntop(AF_INET, message[start:end])


def _ipv6(message: bytes, start: int, end: int, _: Suffixes) -> str:
    if end - start != 16:
        raise Malformed("AAAA record is not 16 bytes long")
    return inet_ntop(AF_INET6, message[start:end])


def _name(message: bytes, start: int, end: int, known: Suffixes) -> str:
    return _last_name(message, start, end, known).text


def _mx(message: bytes, start: int, end: int, known: Suffixes) -> str:
    """RFC 1035 section 3.3.9."""
    exchange = _last_name(message, start + 2, end, known)
    return f"{int.from_bytes(message[start : start + 2])} {exchange.text}"


def _srv(message: bytes, start: int, end: int, known: Suffixes) -> str:
    """RFC 2782."""
    target = _last_name(message, start + _SRV_NUMBERS.size, end, known)
    priority, weight, port = _SRV_NUMBERS.unpack_from(message, start)
    return f"{priority} {weight} {port} {target.text}"


def _soa(message: bytes, start: int, end: int, known: Suffixes) -> str:
    """RFC 1035 section 3.3.13."""
    server = read_name(message, start, known)
    mailbox = read_name(message, server.end, known)
    if mailbox.end + _SOA_NUMBERS.size != end:
        raise Malformed("SOA record does not end with five numbers")
    numbers = " ".join(map(str, _SOA_NUMBERS.unpack_from(message, mailbox.end)))
    return f"{server.text} {mailbox.text} {numbers}"


def _strings(message: bytes, start: int, end: int, _: Suffixes) -> str:
    """RFC 1035 section 3.3.14: one or more character strings, each in quotes."""
    stop = min(end, start + MAX_SHOWN_BYTES)
    parts: list[str] = []
    while start < stop:
        after = start + 1 + message[start]
        if after > end:
            raise Malformed("character string is cut")
        parts.append(quoted(message[start + 1 : after]))
        start = after
    if start < end:
        parts.append("...")
    return " ".join(parts)


def _last_name(message: bytes, start: int, end: int, known: Suffixes) -> Name:
    """Return the name that fills the data to their end."""
    if start >= end:
        raise Malformed("record ends before its name")
    name = read_name(message, start, known)
    if name.end != end:
        raise Malformed("record does not end with its name")
    return name


_RENDERERS: dict[int, Callable[[bytes, int, int, Suffixes], str]] = {
    dns.A: _ipv4,
    dns.NS: _name,
    dns.CNAME: _name,
    dns.SOA: _soa,
    dns.PTR: _name,
    dns.MX: _mx,
    dns.TXT: _strings,
    dns.AAAA: _ipv6,
    dns.SRV: _srv,
    dns.DNAME: _name,
    dns.SVCB: svcb_text,
    dns.HTTPS: svcb_text,
    dns.SPF: _strings,
}
