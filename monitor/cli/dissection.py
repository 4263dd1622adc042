"""Frames as tshark reads them, through pyshark: a second opinion on what our own parsers saw.

tshark reads a capture only up to the last frame that is asked for; from a large one, or one it cannot read itself, the
frames are first copied into a small capture.
"""

import re
import shutil
import struct
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from monitor.cli.failure import told_plainly
from monitor.cli.tshark import packets_from
from monitor.cli.words import safe

LARGE_BYTES = 64 << 20
"""Captures beyond it are not read by tshark from their beginning."""
MAX_FIELDS = 12
"""Fields of one layer that are shown without ``--full``."""
MAX_FIELD = 160
HOW_TO_GET = (
    "tshark is not installed, so the packets cannot be dissected; get it with"
    " apt install tshark (Debian, Ubuntu), dnf install wireshark-cli (Fedora) or brew install wireshark (macOS)"
)
_READ_BY_TSHARK = {None, "gzip"}
_BITS = re.compile(r"[01. ]{4,} = ")
_CHOSEN = {
    "dns": ("dns.qry.name", "dns.qry.type", "dns.flags.rcode", "dns.cname", "dns.a", "dns.aaaa"),
    "tls": (
        "tls.record.version",
        "tls.handshake.type",
        "tls.handshake.extensions_server_name",
        "tls.handshake.extensions_alpn_str",
        "tls.handshake.ja3",
        "tls.handshake.ja4",
        "x509sat.printableString",
        "x509sat.uTF8String",
        "x509ce.dNSName",
    ),
    "quic": (
        "quic.version",
        "quic.dcid",
        "tls.handshake.extensions_server_name",
        "tls.handshake.extensions_alpn_str",
    ),
    "http": (
        "http.request.method",
        "http.request.uri",
        "http.host",
        "http.user_agent",
        "http.response.code",
        "http.content_type",
        "http.content_length",
        "http.server",
        "http.request.full_uri",
    ),
    "mqtt": ("mqtt.msgtype", "mqtt.ver", "mqtt.clientid", "mqtt.username", "mqtt.topic", "mqtt.len"),
    "coap": ("coap.code", "coap.opt.uri_host", "coap.opt.uri_path_recon", "coap.opt.uri_query", "coap.type"),
    "dhcp": ("dhcp.option.hostname", "dhcp.option.vendor_class_id", "dhcp.hw.mac_addr", "dhcp.ip.your"),
    "ntp": ("ntp.flags.vn", "ntp.flags.mode", "ntp.stratum"),
    "frame": (),
    "pkt_comment": (),
    "vlan": ("vlan.id",),
    "gtp": ("gtp.message", "gtp.teid"),
}
"""What tells most, by layer; of layers that are not here the first fields are shown."""
_ENDS = {
    "eth": ("eth.src", "eth.dst"),
    "ip": ("ip.src", "ip.dst"),
    "ipv6": ("ipv6.src", "ipv6.dst"),
    "tcp": ("tcp.srcport", "tcp.dstport"),
    "udp": ("udp.srcport", "udp.dstport"),
}
"""Layers that are told by their two ends."""


class Layer(NamedTuple):
    """One protocol of a frame."""

    name: str
    lines: tuple[str, ...]


class Dissection(NamedTuple):
    """What tshark said; frames that it did not find are left out."""

    frames: dict[int, tuple[Layer, ...]]
    problem: str | None = None


def dissect(capture: str, numbers: Sequence[int], *, full: bool) -> Dissection:
    """Dissect frames of a capture by their numbers."""
    program = shutil.which("tshark")
    if program is None:
        return Dissection({}, HOW_TO_GET)
    wanted = sorted(set(numbers))
    if _is_for_tshark(capture):
        return _through_tshark(program, capture, dict(zip(wanted, wanted, strict=True)), full=full)
    with tempfile.TemporaryDirectory(prefix="umbilical-") as folder:
        frames: dict[int, tuple[Layer, ...]] = {}
        problem = None
        for path, places in _copied(capture, wanted, Path(folder)):
            part = _through_tshark(program, path, places, full=full)
            frames |= part.frames
            problem = problem or part.problem
        return Dissection(frames, problem)


def _is_for_tshark(capture: str) -> bool:
    from monitor.capture.bytestream import ByteStream

    with told_plainly():
        stream = ByteStream(capture)
        try:
            return stream.compression in _READ_BY_TSHARK and (stream.size_bytes or 0) <= LARGE_BYTES
        finally:
            stream.close()


def _copied(capture: str, wanted: list[int], folder: Path) -> Iterator[tuple[str, dict[int, int]]]:
    """Copy frames into small captures, one for each link type, and say where each frame stands in its own."""
    from monitor.capture.replay import Replay

    with told_plainly():
        source = Replay([capture])
    found: dict[int, list[tuple[int, bytes]]] = {}
    left = set(wanted)
    for batch in source.batches():
        for row in batch.frames:
            number = int(row["number"])
            if number in left:
                left.discard(number)
                start = int(row["offset"])
                octets = batch.buffer[start : start + int(row["captured"])].tobytes()
                record = _record(int(row["ts_ns"]), octets, int(row["wire"]))
                found.setdefault(int(row["link_type"]), []).append((number, record))
        if not left:
            break
    source.close()
    for link_type, records in found.items():
        path = folder / f"{link_type}.pcap"
        path.write_bytes(_header(link_type) + b"".join(record for _, record in records))
        yield str(path), {place: number for place, (number, _) in enumerate(records, 1)}


def _header(link_type: int) -> bytes:
    """Return the file header of a nanosecond pcap (draft-ietf-opsawg-pcap section 4)."""
    return struct.pack("<IHHIIII", 0xA1B23C4D, 2, 4, 0, 0, 262_144, link_type)


def _record(ts_ns: int, octets: bytes, wire_bytes: int) -> bytes:
    seconds, fraction_ns = divmod(ts_ns, 1_000_000_000)
    return struct.pack("<IIII", seconds & 0xFFFF_FFFF, fraction_ns, len(octets), wire_bytes) + octets


def _through_tshark(program: str, capture: str, places: dict[int, int], *, full: bool) -> Dissection:
    """Run tshark once; ``places`` maps the number in this capture to the one that is told."""
    frames: dict[int, tuple[Layer, ...]] = {}

    def take(packet: Any) -> None:
        frames[places[int(packet.number)]] = tuple(_layers(packet, full=full))

    problem = packets_from(program, capture, places, take)
    return Dissection(frames, problem if len(frames) < len(places) else None)


def _layers(packet: Any, *, full: bool) -> Iterator[Layer]:
    for layer in packet.layers:
        name = safe(str(layer.layer_name))
        if full:
            yield Layer(name, tuple(_all_fields(layer)))
            continue
        lines = tuple(_short(layer, name))
        if lines:
            yield Layer(name, lines)


def _all_fields(layer: Any) -> Iterator[str]:
    """Yield every field in the order of the bytes."""
    fields = [one for group in layer._all_fields.values() for one in group.all_fields]  # noqa: SLF001 - pyshark's own printer does the same
    for field in sorted(fields, key=lambda one: int(one.pos or 0)):
        text = None if field.hide else field.showname or field.show
        if text:
            yield _cut(text)


def _short(layer: Any, name: str) -> Iterator[str]:
    if name in _ENDS:
        source, destination = (layer.get_field(field) for field in _ENDS[name])
        if source is not None and destination is not None:
            yield f"{safe(str(source))} → {safe(str(destination))}"
        return
    if name not in _CHOSEN:
        plain = list(_all_fields(layer))
        if plain and "Reassembled" in plain[0]:
            yield plain[0].partition(": #")[0]
            return
        yield from plain[:MAX_FIELDS]
        if len(plain) > MAX_FIELDS:
            yield f"and {len(plain) - MAX_FIELDS} more fields (--full)"
        return
    for chosen in _CHOSEN[name]:
        group = layer.get_field(chosen)
        for field in () if group is None else group.all_fields[:MAX_FIELDS]:
            yield _cut(field.showname or f"{chosen}: {field.show}")


def _cut(text: str) -> str:
    text = _BITS.sub("", text)
    return safe(text if len(text) <= MAX_FIELD else text[:MAX_FIELD] + " ...")
