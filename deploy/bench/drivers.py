"""Peers that are libraries: the least program on top of each that does a monitor's work. Runs under the library's own Python.

    drivers.py nfstream|dpkt|scapy CAPTURE OUT

nfstream writes its table of flows. On the packet libraries stands a table of flows by 5-tuple with packets, bytes, first
and last time, and the names in DNS queries and HTTP Host headers.
"""

import sys
from collections import Counter
from pathlib import Path
from typing import NamedTuple

DNS_PORT, HTTP_PORT = 53, 80
HOST = b"\r\nHost: "
HEAD_BYTES = 512


class Packet(NamedTuple):
    """What a table needs of a packet."""

    at_s: float
    size: int
    key: tuple[int, bytes, int, bytes, int]


class Table:
    """Flows and names."""

    def __init__(self) -> None:
        self._flows: dict[tuple[int, bytes, int, bytes, int], list[float]] = {}
        self._names: Counter[str] = Counter()

    def see(self, packet: Packet) -> None:
        """Count a packet."""
        flow = self._flows.get(packet.key)
        if flow is None:
            self._flows[packet.key] = [1, packet.size, packet.at_s, packet.at_s]
            return
        flow[0] += 1
        flow[1] += packet.size
        flow[3] = packet.at_s

    def name(self, name: str) -> None:
        """Count a name."""
        self._names[name] += 1

    def host(self, payload: bytes) -> None:
        """Count the name in a Host header, if there is one."""
        at = payload.find(HOST, 0, HEAD_BYTES)
        if at >= 0:
            start = at + len(HOST)
            self.name(payload[start : payload.find(b"\r\n", start)].decode("latin-1"))

    def write(self, out: Path) -> None:
        """Write all."""
        with out.open("w", encoding="utf-8") as stream:
            for (protocol, source, source_port, target, target_port), flow in self._flows.items():
                ends = f"{source.hex()},{source_port},{target.hex()},{target_port}"
                stream.write(f"{protocol},{ends},{','.join(map(str, flow))}\n")
            for name, count in self._names.items():
                stream.write(f"{name},{count}\n")


def nfstream(capture: str, out: Path) -> None:
    """Write nfstream's own table."""
    from nfstream import NFStreamer  # noqa: PLC0415 - each driver has another library at hand

    NFStreamer(source=capture, n_dissections=20, statistical_analysis=False, accounting_mode=1).to_csv(
        path=str(out), columns_to_anonymize=()
    )


def dpkt(capture: str, out: Path) -> None:
    """Read with dpkt."""
    import dpkt as library  # noqa: PLC0415

    table = Table()
    with Path(capture).open("rb") as stream:
        for at_s, frame in library.pcap.UniversalReader(stream):
            network = library.ethernet.Ethernet(frame).data
            transport = network.data
            if not isinstance(transport, (library.tcp.TCP, library.udp.UDP)):
                continue
            protocol = 6 if isinstance(transport, library.tcp.TCP) else 17
            key = (protocol, network.src, transport.sport, network.dst, transport.dport)
            table.see(Packet(at_s, len(frame), key))
            if transport.dport == DNS_PORT and transport.data:
                for question in library.dns.DNS(transport.data).qd:
                    table.name(question.name)
            elif transport.dport == HTTP_PORT and transport.data:
                table.host(transport.data)
    table.write(out)


def scapy(capture: str, out: Path) -> None:
    """Read with scapy."""
    from scapy.layers.dns import DNSQR  # noqa: PLC0415
    from scapy.layers.inet import IP, TCP, UDP  # noqa: PLC0415
    from scapy.layers.inet6 import IPv6  # noqa: PLC0415
    from scapy.utils import PcapReader  # noqa: PLC0415

    table = Table()
    with PcapReader(capture) as packets:
        for packet in packets:
            network = packet.getlayer(IP) or packet.getlayer(IPv6)
            transport = packet.getlayer(TCP) or packet.getlayer(UDP)
            if network is None or transport is None:
                continue
            protocol = 6 if isinstance(transport, TCP) else 17
            ends = (network.src.encode(), transport.sport, network.dst.encode(), transport.dport)
            table.see(Packet(float(packet.time), len(packet), (protocol, *ends)))
            if transport.dport == DNS_PORT and packet.haslayer(DNSQR):
                table.name(packet[DNSQR].qname.decode().rstrip("."))
            elif transport.dport == HTTP_PORT and transport.payload:
                table.host(bytes(transport.payload))
    table.write(out)


if __name__ == "__main__":
    _, driver, capture_file, out_file = sys.argv
    {"nfstream": nfstream, "dpkt": dpkt, "scapy": scapy}[driver](capture_file, Path(out_file))
