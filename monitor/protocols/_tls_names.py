"""How TLS numbers and the names that peers choose are written in observations.

Only tables and text live here: no reading of messages.
"""

from functools import lru_cache

from monitor.model.flow import Direction, Flow

GREASE = frozenset(0x0A0A + 0x1010 * step for step in range(16))
"""Reserved values that clients mix in to keep servers tolerant; they say nothing (RFC 8701 section 2)."""

TLS_1_3 = 0x0304
DTLS_1_3 = 0xFEFC

VERSION_NAMES = {
    0x0002: "SSL 2.0",
    0x0300: "SSL 3.0",
    0x0301: "1.0",
    0x0302: "1.1",
    0x0303: "1.2",
    TLS_1_3: "1.3",
    0xFEFF: "DTLS 1.0",
    0xFEFD: "DTLS 1.2",
    DTLS_1_3: "DTLS 1.3",
}

DTLS_MAJOR = 0xFE
"""DTLS counts versions down from here (RFC 6347 section 4.1)."""

MAX_NAME_BYTES = 255
"""No host name is longer (RFC 1035 section 2.3.4)."""


def version_name(version: int) -> str:
    """Return ``1.2``, ``DTLS 1.2``, ..., or the number where it has no name."""
    return VERSION_NAMES.get(version, f"0x{version:04x}")


def highest_version(offered: tuple[int, ...], *, dtls: bool) -> int:
    """Return the newest version that has a name, else the highest number; ``offered`` is not empty."""
    known = [version for version in offered if version in VERSION_NAMES] or offered
    return min(known) if dtls else max(known)


def show(raw: bytes) -> str:
    """Return text safe to print: what is not printable is escaped, so that a peer cannot steer a terminal."""
    text = raw.decode("utf-8", "backslashreplace")
    return text if text.isprintable() else printable(text)


def printable(text: str) -> str:
    """Escape every character that would not show."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in text)


def host_name(raw: bytes) -> str | None:
    """Return a host name in wire form, or None when it cannot be one."""
    return _host_name(raw) if 0 < len(raw) <= MAX_NAME_BYTES else None


@lru_cache(maxsize=1024)
def _host_name(raw: bytes) -> str | None:
    text = raw.decode("ascii", "backslashreplace")
    return printable(text).lower().removesuffix(".") or None


def likely_client(flow: Flow, server_ports: frozenset[int]) -> Direction:
    """Return who should be the client: the originator, unless only its port is a server's.

    The originator is merely who was seen first; a mirror may have shown the answer before the question.
    """
    if flow.orig_port in server_ports and flow.resp_port not in server_ports:
        return Direction.RESPONDER
    return Direction.ORIGINATOR
