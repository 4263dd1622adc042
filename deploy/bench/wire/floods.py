"""Floods: endless frames of which no two are alike, made in columns, so that making them costs less than sending them.

Each kind fills another table of the sensor. A flood is a function of how many frames came before, so two of them can go on
where one stopped, and what it should bring is known.
"""

import struct
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Frames = NDArray[np.uint8]
"""One frame a row; all of one length."""
DEVICES = 1 << 20
"""Home addresses that the flood of devices has."""
RESOLVER = bytes((10, 255, 255, 53))
VENDOR, VENDOR_PORT = bytes((47, 94, 236, 172)), 12388
"""A hard-coded address of the catalog (signatures/airm2m.yaml)."""
_REPORT = b'{"sv":"1.0","imei":"867488060000000","type":"mreport"}'
_HELLO = bytes.fromhex("1603014000010003fffc0303") + bytes(1388)
"""The first part of a TLS message that never ends (RFC 8446 sections 4 and 5.1)."""
_TCP, _UDP = 6, 17
_SYN, _ACK = 0x02, 0x10
_SOURCE_MAC, _IP, _SOURCE, _REMOTE, _L4 = slice(6, 12), 14, slice(26, 30), slice(30, 34), 34
_SOURCE_PORT, _SEQUENCE = slice(34, 36), slice(38, 42)
_NAME_DIGITS = 16


def syn(first: int, count: int) -> Frames:
    """Attempts from everywhere to reach one device at home."""
    numbers = _numbers(first, count)
    frames = _rows(_tcp(bytes(4), bytes((10, 0, 0, 5)), 1024, 80, _SYN), count)
    frames[:, _SOURCE] = _outside(numbers)
    frames[:, _SOURCE_PORT] = _octets(_mixed(numbers) >> 32, 2)
    frames[:, _SEQUENCE] = _octets(_mixed(numbers) >> 16, 4)
    return frames


def devices(first: int, count: int) -> Frames:
    """A million devices, each with an address and a MAC address of its own, that try to reach places outside."""
    numbers = _numbers(first, count)
    frames = _rows(_tcp(bytes((10, 0, 0, 0)), bytes(4), 1024, 443, _SYN), count)
    frames[:, 8:12] = _octets(numbers % DEVICES, 4)
    frames[:, 27:30] = _octets(numbers % DEVICES, 3)
    frames[:, _REMOTE] = _outside(numbers)
    frames[:, _SOURCE_PORT] = _octets(1024 + numbers % 60_000, 2)
    return frames


def names(first: int, count: int) -> Frames:
    """Answers of a resolver, each for a name that nobody has heard before."""
    numbers = _numbers(first, count)
    label = bytes((_NAME_DIGITS,)) + b"0" * _NAME_DIGITS + b"\7example\3com\0"
    head = struct.pack("!HHHHHH", 0, 0x8180, 1, 1, 0, 0)  # RFC 1035 section 4.1.1
    answer = struct.pack("!HHHIH4s", 0xC00C, 1, 1, 300, 4, bytes(4))
    payload = head + label + struct.pack("!HH", 1, 1) + answer
    frames = _rows(_udp(RESOLVER, bytes((10, 0, 0, 0)), 53, 1024, payload), count)
    digits = np.frombuffer(b"0123456789abcdef", np.uint8)
    mixed = _mixed(numbers)
    first_digit = _L4 + 8 + len(head) + 1
    for place in range(_NAME_DIGITS):
        frames[:, first_digit + place] = digits[(mixed >> (4 * place)) & 15]
    frames[:, 31:34] = _octets(numbers % 4096, 3)
    frames[:, 36:38] = _octets(1024 + numbers % 60_000, 2)
    frames[:, -4:] = _outside(numbers)
    return frames


def contacts(first: int, count: int) -> Frames:
    """Devices that nobody has seen before, each of which reports to a vendor: an alert for every frame."""
    numbers = _numbers(first, count)
    frames = _rows(_udp(bytes((10, 0, 0, 0)), VENDOR, 40_000, VENDOR_PORT, _REPORT), count)
    frames[:, 7] = 0x78
    frames[:, 8:12] = _octets(numbers % DEVICES, 4)
    frames[:, 27:30] = _octets(numbers % DEVICES, 3)
    return frames


def beginnings(first: int, count: int) -> Frames:
    """Connections that begin to say something long and never go on: what is read of them must be held."""
    numbers = _numbers(first, count)
    frames = _rows(_tcp(bytes((10, 0, 0, 0)), bytes(4), 1024, 443, _ACK, _HELLO), count)
    frames[:, 27:30] = _octets(numbers % 4096, 3)
    frames[:, _REMOTE] = _outside(numbers)
    frames[:, _SOURCE_PORT] = _octets(1024 + numbers % 60_000, 2)
    return frames


KINDS: dict[str, Callable[[int, int], Frames]] = {
    one.__name__: one for one in (syn, devices, names, contacts, beginnings)
}


def _numbers(first: int, count: int) -> NDArray[np.uint64]:
    return np.arange(first, first + count, dtype=np.uint64)


def _mixed(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return numbers that look random, no two alike: multiplication by an odd number, and a shift, can be undone."""
    mixed = numbers * np.uint64(0x9E3779B97F4A7C15)
    return mixed ^ (mixed >> np.uint64(29))


def _outside(numbers: NDArray[np.uint64]) -> Frames:
    """Return addresses outside: 20.0.0.0 to 83.255.255.255."""
    return _octets(np.uint64(20 << 24) + (_mixed(numbers) >> np.uint64(34)), 4)


def _octets(numbers: NDArray[np.uint64], width: int) -> Frames:
    return numbers.astype(">u8").view(np.uint8).reshape(-1, 8)[:, 8 - width :]


def _rows(frame: bytes, count: int) -> Frames:
    return np.tile(np.frombuffer(frame, np.uint8), (count, 1))


def _tcp(  # noqa: PLR0913, PLR0917 - the fields of a header
    source: bytes, target: bytes, from_port: int, to_port: int, flags: int, payload: bytes = b""
) -> bytes:
    head = struct.pack(
        "!HHIIBBHHH", from_port, to_port, 1, 0, 5 << 4, flags, 1024, 0, 0
    )  # RFC 9293 section 3.1
    return _packet(_TCP, source, target, head + payload)


def _udp(source: bytes, target: bytes, from_port: int, to_port: int, payload: bytes) -> bytes:
    return _packet(
        _UDP, source, target, struct.pack("!HHHH", from_port, to_port, 8 + len(payload), 0) + payload
    )


def _packet(protocol: int, source: bytes, target: bytes, content: bytes) -> bytes:
    """Return an Ethernet frame with an IPv4 packet (RFC 791 section 3.1)."""
    ethernet = bytes.fromhex("02ffffffff01 020000000007 0800")
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(content), 1, 0, 64, protocol, 0, source, target)
    return ethernet + head + content
