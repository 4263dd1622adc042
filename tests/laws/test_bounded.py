"""Floods: every table stays within its bound and counts what it gives up, and what matters is still seen afterwards."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest

from monitor.enrich.names import DEVICE_CAPACITY as NAMES_OF_A_DEVICE
from monitor.flow.settings import Settings as FlowSettings
from tests.kit import dns_wire
from tests.kit.frames import Frame, ethernet, ipv4, tcp_syn, udp, write
from tests.kit.house import run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

T0 = 1_800_000_000_000_000_000
STEP_NS = 10_000
DEVICE, RESOLVER, REMOTE = 0x0A14_0011, 0x0A14_0001, 0xC633_6407
"""10.20.0.17, 10.20.0.1, 198.51.100.7."""
CAPACITY = 1024
TCP, UDP, DNS = 6, 17, 53
VENDOR_NAME = "cloudota.quectel.com"


def syn_flood() -> Iterator[bytes]:
    """Connections from everywhere that are never answered."""
    random = Random(1)
    for number in range(8_000):
        segment = tcp_syn(random.randrange(1024, 65536), 80, number)
        yield ipv4(0x0A00_0000 | random.getrandbits(24), REMOTE, TCP, segment)


def random_names() -> Iterator[bytes]:
    """One device asks for names that nobody has, and each is answered."""
    for number in range(4 * NAMES_OF_A_DEVICE):
        name, port = f"{number:x}.flood.example", 1024 + number % 60_000
        answer = dns_wire.record(1, (0xC612_0000 | number).to_bytes(4, "big"))
        yield ipv4(DEVICE, RESOLVER, UDP, udp(port, DNS, dns_wire.query(name)))
        yield ipv4(RESOLVER, DEVICE, UDP, udp(DNS, port, dns_wire.response(name, answer)))


def many_devices() -> Iterator[bytes]:
    """More devices than are remembered, each with one contact."""
    for number in range(3 * CAPACITY):
        yield ipv4(0x0A40_0000 + number, REMOTE, UDP, udp(5000, 9000, b"\x2a"))


def fragments() -> Iterator[bytes]:
    """First fragments whose others never come."""
    for number in range(5_000):
        whole = bytearray(ipv4(DEVICE, REMOTE, UDP, udp(5000, 9000, bytes(32))))
        whole[4:8] = number.to_bytes(2, "big") + b"\x20\0"  # identification, more fragments
        yield bytes(whole)


@pytest.mark.parametrize(
    ("flood", "evicted"),
    [
        (syn_flood, ("flow", "evicted")),
        (random_names, ("enrich", "evicted_names")),
        (many_devices, ("enrich", "evicted_devices")),
        (fragments, ("decode", "fragments_evicted")),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_a_flood_fills_no_table_and_hides_no_contact(
    flood: Callable[[], Iterator[bytes]], evicted: tuple[str, str], tmp_path: Path
) -> None:
    frames = list(_frames(flood))
    settings = FlowSettings(capacity=CAPACITY)
    told = run(write(tmp_path, frames), flow=settings, device_capacity=CAPACITY, tell_all=False)
    front = told.health.front
    tallies = {"flow": front.flow, "decode": front.decode, "enrich": told.result.back.enrich_tally}
    room, counter = evicted
    assert tallies[room][counter] > 0
    assert front.flow["active"] <= CAPACITY
    assert front.frames == len(frames)
    assert [VENDOR_NAME] == [alert.remote_name for alert in told.alerts]


def _frames(flood: Callable[[], Iterator[bytes]]) -> Iterator[Frame]:
    """The flood, and after it a device that asks its vendor for firmware."""
    ts_ns = T0
    for datagram in flood():
        ts_ns += STEP_NS
        yield ethernet(
            ts_ns,
            datagram,
            source_mac=0x0251_0000_0000 | datagram[12] << 16 | datagram[14] << 8 | datagram[15],
        )
    question = ipv4(DEVICE, RESOLVER, UDP, udp(4000, DNS, dns_wire.query(VENDOR_NAME)))
    record = dns_wire.record(1, REMOTE.to_bytes(4, "big"))
    answer = ipv4(RESOLVER, DEVICE, UDP, udp(DNS, 4000, dns_wire.response(VENDOR_NAME, record)))
    yield ethernet(ts_ns + 1_000_000, question)
    yield ethernet(ts_ns + 2_000_000, answer, source_mac=0x0200_5E00_0001)
    yield ethernet(ts_ns + 3_000_000, ipv4(DEVICE, REMOTE, TCP, tcp_syn(4001, 8100, 1)))
