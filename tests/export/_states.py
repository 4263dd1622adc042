"""Snapshots and states as the main loop would show them, and a board that always has an answer."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from monitor.alert.book import AlertBook
from monitor.export.board import About, Board, Health, State
from monitor.export.histogram import Histogram
from monitor.export.sensor_counts import Checkpoint, Delivery, Reload, SensorCounts, Spool, TableFill
from monitor.export.snapshot import (
    AlertLabels,
    ContactBytes,
    ContactLabels,
    Exemplar,
    FindingLabels,
    FiringLabels,
    FrameCounts,
    Known,
    Snapshot,
)
from monitor.model.alert import Alert
from monitor.model.instant import SECOND_NS
from tests.kit.facts import make_finding

NOW_NS = 1_800_000_000 * SECOND_NS
FINDING = FindingLabels("vendor_contact", "acme", "acme.fota-check", "firmware-update", "low")
KNOWN = Known(
    findings=(FINDING, FindingLabels("watched_place", "", "", "", "medium")),
    contacts=(ContactLabels("acme", "firmware-update"),),
    devices=("meter-17",),
    vendors=("acme",),
    interfaces=("eth1", "eth2"),
    drop_reasons=("nic", "malformed"),
    malformed=(("protocols", "dns"), ("decode", "frame")),
    rooms=("protocols", "detect"),
    tables=("flow", "alerts"),
    plugins=(("protocols", "dns"),),
    ignore_reasons=("not_ip",),
    outputs=("jsonl", "syslog"),
    databases=("embedded",),
    workers=("0",),
)


def _delays() -> Histogram:
    delays = Histogram()
    for seconds in (0.004, 0.15, 0.15, 90.0):
        delays.observe(seconds)
    return delays


SENSOR = SensorCounts(
    up={"eth1": True, "eth2": True},
    last_frame_ns={"eth1": NOW_NS - SECOND_NS, "eth2": NOW_NS - 2 * SECOND_NS},
    ignored={("eth1", "not_ip"): 4},
    completeness=1.0,
    one_way=0.0,
    reload=Reload(last_success_ns=NOW_NS - 60 * SECOND_NS),
    checkpoint=Checkpoint(NOW_NS - 30 * SECOND_NS, 4096, 0),
    spool=Spool(2048, 1 << 20, 5),
    deliveries={
        "jsonl": Delivery(12, 0, 0, 0, NOW_NS - SECOND_NS),
        "syslog": Delivery(11, 3, 1, 0, NOW_NS, rejected=2),
    },
    geoip_build_ns={"embedded": NOW_NS - 40 * 86_400 * SECOND_NS},
    workers_up={"0": True},
    alert_delay=_delays().counts(),
    memory_budget_bytes=1 << 30,
    tables={"flow": TableFill(7, 1024), "alerts": TableFill(1, 32)},
)
QUIET = Snapshot(known=KNOWN, version="0.1.0", catalog_digest="ab12")
BUSY = replace(
    QUIET,
    catalog_signatures={("acme", "test"): 3},
    catalog_day_ns=NOW_NS - 86_400 * SECOND_NS,
    findings={FINDING: 4},
    alerts={AlertLabels("vendor_contact", "acme", "low"): 2},
    firing={FiringLabels("vendor_contact", "acme", "low", "meter-17"): 1},
    contact_bytes={ContactLabels("acme", "firmware-update"): ContactBytes(10, 20)},
    contact_last_seen_ns={ContactLabels("acme", "firmware-update"): NOW_NS},
    devices={"acme": 1},
    frames={"eth1": FrameCounts(100, 64_000), "eth2": FrameCounts(50, 32_000)},
    dropped={("eth1", "malformed"): 3},
    malformed={("protocols", "dns"): 5},
    internal_errors={"detect": 0},
    flows_active=7,
    evictions={"flow": 1},
    capture_lag_seconds=0.25,
    plugin_seconds={("protocols", "dns"): 1.5},
    exemplars={AlertLabels("vendor_contact", "acme", "low"): Exemplar("a1b2c3", NOW_NS)},
    created_ns=NOW_NS - 3600 * SECOND_NS,
    sensor=SENSOR,
)


def make_alert(**changes: Any) -> Alert:
    told = AlertBook(capture_of=lambda _: "eth1").tell(make_finding())
    assert told is not None
    return replace(told, **changes)


def make_state(**changes: Any) -> State:
    alert = make_alert()
    state = State(
        snapshot=BUSY,
        health=Health(is_capturing=True, has_catalog=True),
        about=About(
            name="north substation",
            started_ns=NOW_NS - 7200 * SECOND_NS,
            clock_ns=NOW_NS,
            event_ns=NOW_NS - SECOND_NS,
            vendor_names={"acme": "Acme Wireless"},
            credits=("IP Geolocation by DB-IP",),
        ),
        firing=(alert,),
        firing_total=1,
    )
    return replace(state, **changes)


@contextmanager
def main_loop(state: State | None = None) -> Iterator[Board]:
    """Return a board that is answered as the main loop would, until the end of the block."""
    board, over = Board(), threading.Event()
    shown = state or make_state()

    def loop() -> None:
        while not over.wait(0.002):
            if board.wanted():
                board.show(replace(shown, snapshot=replace(shown.snapshot)))

    thread = threading.Thread(target=loop)
    thread.start()
    try:
        yield board
    finally:
        over.set()
        thread.join()
