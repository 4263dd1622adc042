"""Floods: every table stays within its bound and counts what it gives up, and what matters is still seen afterwards."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from monitor.enrich.names import DEVICE_CAPACITY as NAMES_OF_A_DEVICE
from monitor.flow.settings import Settings as FlowSettings
from monitor.model.frame import FRAME, FrameBatch, Interface
from monitor.pipeline.back import Back, Outputs
from monitor.pipeline.front import Front
from monitor.pipeline.metrics import _evictions
from monitor.pipeline.planning import plan_of
from monitor.pipeline.site import open_site
from tests.kit import dns_wire
from tests.kit.frames import Frame, ethernet, ipv4, tcp_syn, udp, write
from tests.kit.house import run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from monitor.model.alert import Alert

_FLOODS = spec_from_file_location("floods", Path(__file__).parents[2] / "deploy/bench/wire/floods.py")
assert _FLOODS is not None
FLOODS = module_from_spec(_FLOODS)
"""The floods of the benchmark."""
assert _FLOODS.loader is not None
_FLOODS.loader.exec_module(FLOODS)
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


SHARE = 1 / 64
FULL = {"devices": 1 << 16, "stations": 1 << 16, "names": 1 << 18, "flow_names": 1 << 16, "alerts": 1 << 15}
"""What tables hold where memory is no matter."""


def test_in_little_memory_every_table_keeps_to_its_share_and_alerts_still_come() -> None:
    site = open_site(share_of=lambda _: SHARE)
    told: list[Alert] = []
    outputs = Outputs(alert=told.append)
    plan = replace(plan_of(site, outputs, seed=1), flow=FlowSettings(capacity=CAPACITY), share=SHARE)
    front, back = Front(plan), Back(site, outputs, [Interface(name="tap0", capture="tap0", link_type=1)])
    ordinal = 0
    for kind, count in (("devices", 3000), ("names", 6000), ("contacts", 1500), ("beginnings", 1500)):
        batch = _batch(FLOODS.KINDS[kind](0, count), ordinal)
        ordinal += count
        for observation in front.take(batch):
            back.take(observation)
        back.pass_time(front.clock_ns)
        assert len(back.ledger.devices) <= FULL["devices"] * SHARE
    for name, fill in back.tables().items():
        assert fill.entries <= fill.capacity
        assert fill.capacity <= FULL.get(name, 1 << 20) * SHARE or name.startswith("detect.")
    health = front.health()
    assert min(
        _evictions(site, back, health)[name] for name in ("flow", "devices", "names", "alerts", "readings")
    )
    assert sum(len(one.devices) for one in back.ledger.places.values()) <= 4 * FULL["devices"] * SHARE
    assert len({alert.device for alert in told if alert.signature == "airm2m.mreport"}) == 1500


def _batch(frames: Any, first_ordinal: int) -> FrameBatch:
    """Return frames that are rows of octets, one flood after the other."""
    rows = np.zeros(len(frames), FRAME)
    rows["captured"] = rows["wire"] = frames.shape[1]
    rows["offset"] = np.arange(len(frames)) * frames.shape[1]
    rows["number"] = first_ordinal + 1 + np.arange(len(frames))
    rows["ts_ns"] = T0 + rows["number"] * STEP_NS
    rows["link_type"] = 1
    return FrameBatch(buffer=frames.reshape(-1), frames=rows, first_ordinal=first_ordinal)
