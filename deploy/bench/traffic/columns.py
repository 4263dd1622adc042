"""Packets as rows of one table, and the bytes they carry; nothing here knows a protocol above UDP and TCP."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

PACKET = np.dtype(
    [
        ("at_s", "f8"),
        ("source", "u2"),
        ("target", "u2"),
        ("v6", "?"),
        ("protocol", "u1"),
        ("source_port", "u2"),
        ("target_port", "u2"),
        ("flags", "u1"),
        ("sequence", "u4"),
        ("acknowledged", "u4"),
        ("payload_at", "i8"),
        ("payload_bytes", "u2"),
    ]
)
Packets = npt.NDArray[np.void]
"""An array of PACKET."""

ICMP, TCP, UDP = 1, 6, 17
FIN, SYN, PSH, ACK = 1, 2, 8, 16
WORD = 0xFFFFFFFF
HOST_BYTES = 16
"""A host's address in the table; IPv4 fills the first four."""
LINK_BYTES = 14 + 16
"""Ethernet, and the header of a record in the capture."""
IPV4_BYTES, IPV6_BYTES, TCP_BYTES, UDP_BYTES = 20, 40, 20, 8


class Slice(NamedTuple):
    """A piece of the shared payload."""

    at: int
    size: int


NOTHING = Slice(0, 0)


class Ends(NamedTuple):
    """Who sends to whom: hosts by their number; for ICMP the source port is the type."""

    source: int
    target: int
    v6: bool
    protocol: int
    source_port: int
    target_port: int

    def turned(self) -> "Ends":
        """Return the other direction."""
        return Ends(self.target, self.source, self.v6, self.protocol, self.target_port, self.source_port)

    @property
    def header_bytes(self) -> int:
        """Bytes before the payload, without TCP options."""
        network = IPV6_BYTES if self.v6 else IPV4_BYTES
        return LINK_BYTES + network + (TCP_BYTES if self.protocol == TCP else UDP_BYTES)


class TcpFields(NamedTuple):
    """What TCP has beyond ports."""

    flags: int = 0
    sequence: int = 0
    acknowledged: int = 0


NO_TCP = TcpFields()


class Columns:
    """The packets of a capture in the making."""

    def __init__(self) -> None:
        self.payload = bytearray()
        self.hosts: list[bytes] = []
        self.size_bytes = 0
        """About: TCP options are not counted."""
        self.flows = 0
        self.bulk_packets = 0
        self._single: list[tuple[Any, ...]] = []
        self._bulk: list[Packets] = []

    @property
    def packets(self) -> int:
        """Packets so far."""
        return len(self._single) + self.bulk_packets

    def host(self, address: bytes) -> int:
        """Add a host; returns its number."""
        self.hosts.append(address.ljust(HOST_BYTES, b"\0"))
        return len(self.hosts) - 1

    def data(self, raw: bytes) -> Slice:
        """Keep payload."""
        piece = Slice(len(self.payload), len(raw))
        self.payload += raw
        return piece

    def put(self, at_s: float, ends: Ends, payload: Slice = NOTHING, tcp: TcpFields = NO_TCP) -> None:
        """Put one packet."""
        flags, sequence, acknowledged = tcp
        self._single.append((at_s, *ends, flags, sequence & WORD, acknowledged & WORD, *payload))
        self.size_bytes += ends.header_bytes + payload.size

    def put_bulk(self, ends: Ends, columns: dict[str, Any]) -> None:
        """Put many packets of one direction; ``columns`` are fields of PACKET, arrays or constants, ``at_s`` among them."""
        rows = np.zeros(len(columns["at_s"]), PACKET)
        for name, value in (ends._asdict() | columns).items():
            rows[name] = value
        self._bulk.append(rows)
        self.bulk_packets += len(rows)

    def table(self) -> Packets:
        """Return all packets in order of time."""
        rows = np.concatenate((np.array(self._single, PACKET), *self._bulk))
        return rows[np.argsort(rows["at_s"], kind="stable")]
