"""What the tests of speech share: an example's packets, read back by dpkt, a reader that is not ours."""

import io
from typing import Any, NamedTuple

import dpkt

from monitor.catalog.records import Example
from monitor.catalog.rehearsal import example_capture
from monitor.catalog.vocabulary import Expect
from monitor.model.observation import Value


class Packet(NamedTuple):
    """One packet that carries payload."""

    target: str
    port: int
    payload: bytes


def frames(capture: bytes) -> list[Any]:
    """Return the IP packets of a capture."""
    reader = dpkt.pcap.Reader(io.BytesIO(capture))
    return [dpkt.ethernet.Ethernet(frame).data for _, frame in reader]


def heard(fields: dict[str, Value]) -> list[Packet]:
    """Return what is on the wire when an example with these fields is said, packets without payload left out."""
    capture = example_capture(Example(expect=Expect.MATCH, fields=fields))
    assert capture is not None
    packets = [
        Packet(dpkt.utils.inet_to_str(packet.dst), packet.data.dport, bytes(packet.data.data))
        for packet in frames(capture)
    ]
    return [packet for packet in packets if packet.payload]
