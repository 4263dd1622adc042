"""Conversations as frames, and frames as a capture: what examples need to go through the whole program.

Plain Ethernet, IPv4 or IPv6, TCP with handshake and ending, or UDP; everything is the same bytes every time.
"""

import struct
from collections.abc import Iterable, Iterator
from ipaddress import ip_address
from typing import NamedTuple, TypeVar

from monitor.model.flow import Direction

T = TypeVar("T")

TCP, UDP = 6, 17
DEVICE = "10.1.0.7"
DEVICE_V6 = "fd00:db8:7::7"
"""The device of the first scene; the next ones count up from it."""
MOST_SCENES = 1 << 16
REMOTE = "198.51.100.7"
RESOLVER = "10.0.0.53"
DEVICE_PORT = 49152

_DEVICE_MAC = 0x020001000007
_GATEWAY_MAC = bytes.fromhex("0200000000fe")
_ETHERTYPE = {4: b"\x08\x00", 6: b"\x86\xdd"}
_SYN, _ACK, _PUSH_ACK, _FIN_ACK = 0x02, 0x10, 0x18, 0x11
_SYN_OR_FIN = 0x03
"""Flags that take a place in the sequence (RFC 9293 section 3.4)."""
_SEGMENT_BYTES = 1400
_START_SECONDS = 1_764_000_000
_STEP_MICROSECONDS = 10_000
_PAUSE_SECONDS = 6 * 3600
"""Between scenes: longer than anything that a monitor remembers of a flow or a look-up's answer."""
_CAPTURE_HEAD = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 1 << 18, 1)
"""pcap, microseconds, LINKTYPE_ETHERNET (draft-ietf-opsawg-pcap section 4)."""


class Message(NamedTuple):
    """Payload, and who sent it; the device is the originator."""

    direction: Direction
    payload: bytes


class Conversation(NamedTuple):
    """What a device and one remote say to each other in one flow."""

    protocol: int
    port: int
    messages: tuple[Message, ...]
    remote: str = REMOTE
    device_port: int = DEVICE_PORT


def up(payload: bytes) -> Message:
    """Return what the device says."""
    return Message(Direction.ORIGINATOR, payload)


def down(payload: bytes) -> Message:
    """Return what the remote says."""
    return Message(Direction.RESPONDER, payload)


class Film(NamedTuple):
    """A capture with scenes, and where each begins."""

    capture: bytes
    first_frames: tuple[int, ...]
    """Number of the first frame of each scene, counted from 1."""


def capture(conversations: Iterable[Conversation]) -> bytes:
    """Return a pcap file with the conversations of one device, one after the other."""
    return film([conversations]).capture


def film(scenes: Iterable[Iterable[Conversation]]) -> Film:
    """Return one pcap file of scenes that cannot touch each other: each has its own device and its own time."""
    parts, first_frames, number = [_CAPTURE_HEAD], [], 0
    for scene, conversations in enumerate(scenes):
        if scene == MOST_SCENES:
            raise ValueError(f"a film has at most {MOST_SCENES} scenes")
        first_frames.append(number + 1)
        start_seconds = _START_SECONDS + scene * _PAUSE_SECONDS
        for place, frame in enumerate(_scene(conversations, scene)):
            seconds, microseconds = divmod(place * _STEP_MICROSECONDS, 1_000_000)
            parts.append(struct.pack("<IIII", start_seconds + seconds, microseconds, len(frame), len(frame)))
            parts.append(frame)
            number += 1
    return Film(b"".join(parts), tuple(first_frames))


def _scene(conversations: Iterable[Conversation], scene: int) -> Iterator[bytes]:
    for place, conversation in enumerate(conversations):
        yield from _frames(conversation, _Ends(conversation, conversation.device_port + place, scene))


def _frames(conversation: Conversation, ends: "_Ends") -> Iterator[bytes]:
    if conversation.protocol == UDP:
        for message in conversation.messages:
            yield ends.datagram(message)
        return
    device, remote = Direction.ORIGINATOR, Direction.RESPONDER
    yield ends.segment(device, _SYN)
    yield ends.segment(remote, _SYN | _ACK)
    yield ends.segment(device, _ACK)
    for message in conversation.messages:
        for start in range(0, len(message.payload), _SEGMENT_BYTES):
            part = message.payload[start : start + _SEGMENT_BYTES]
            yield ends.segment(message.direction, _PUSH_ACK, part)
    yield ends.segment(device, _FIN_ACK)
    yield ends.segment(remote, _FIN_ACK)
    yield ends.segment(device, _ACK)


class _Ends:
    """Both ends of one flow: addresses, ports and, for TCP, what each has sent."""

    def __init__(self, conversation: Conversation, device_port: int, scene: int) -> None:
        remote = ip_address(conversation.remote)
        device = ip_address(DEVICE if remote.version == 4 else DEVICE_V6) + scene
        self._version = remote.version
        self._protocol = conversation.protocol
        self._addresses = device.packed, remote.packed
        self._macs = (_DEVICE_MAC + scene).to_bytes(6, "big"), _GATEWAY_MAC
        self._ports = device_port, conversation.port
        self._sent = [1000, 5000]

    def datagram(self, message: Message) -> bytes:
        """Return a frame with a UDP datagram (RFC 768)."""
        source, target = self._from(message.direction, self._ports)
        bare = struct.pack("!HHHH", source, target, 8 + len(message.payload), 0) + message.payload
        return self._frame(message.direction, bare[:6] + self._checksum_of(bare) + bare[8:])

    def segment(self, sender: Direction, flags: int, payload: bytes = b"") -> bytes:
        """Return a frame with the next TCP segment of an end (RFC 9293 section 3.1)."""
        source, target = self._from(sender, self._ports)
        acknowledged = self._sent[1 - sender] if flags & _ACK else 0
        head = struct.pack(
            "!HHIIBBHHH", source, target, self._sent[sender], acknowledged, 0x50, flags, 65535, 0, 0
        )
        bare = head + payload
        self._sent[sender] += len(payload) + (flags & _SYN_OR_FIN != 0)
        return self._frame(sender, bare[:16] + self._checksum_of(bare) + bare[18:])

    def _frame(self, sender: Direction, segment: bytes) -> bytes:
        source, target = self._from(sender, self._addresses)
        from_mac, to_mac = self._from(sender, self._macs)
        if self._version == 6:
            head = struct.pack("!IHBB", 6 << 28, len(segment), self._protocol, 64) + source + target
        else:
            bare = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(segment), 0, 0x4000, 64, self._protocol, 0)
            head = bare[:10] + _checksum(bare + source + target) + source + target
        return to_mac + from_mac + _ETHERTYPE[self._version] + head + segment

    def _from(self, sender: Direction, ends: tuple[T, T]) -> tuple[T, T]:
        return ends if sender is Direction.ORIGINATOR else (ends[1], ends[0])

    def _checksum_of(self, segment: bytes) -> bytes:
        """Return the checksum over the pseudo-header too, where the order of the addresses does not matter."""
        pseudo = b"".join(self._addresses) + struct.pack("!II", len(segment), self._protocol)
        return _checksum(pseudo + segment)


def _checksum(content: bytes) -> bytes:
    """Return the Internet checksum (RFC 1071)."""
    padded = content + b"\0" * (len(content) % 2)
    total = sum(struct.unpack(f"!{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return struct.pack("!H", ~total & 0xFFFF)
