"""Observations and databases for the tests of this room."""

from pathlib import Path
from typing import Any

from mmdb_writer import MMDBWriter
from netaddr import IPSet  # type: ignore[import-untyped]  # only in tests

from monitor.enrich.enricher import Enricher
from monitor.enrich.load import load
from monitor.model.flow import Direction, Flow
from monitor.model.observation import Observation, Value
from tests.kit.playbook import make_flow

DEVICE_MAC = 0x009B08_000001
"""A Quectel prefix."""
ROUTER_MAC = 0x02_00_00_00_00_01
SECOND_NS = 1_000_000_000


def write_database(
    path: Path, records: dict[str, dict[str, Any]], *, kind: str = "Test", ip_version: int = 6
) -> str:
    """Write an MMDB with one record per network; returns its path."""
    writer = MMDBWriter(ip_version=ip_version, ipv4_compatible=ip_version == 6, database_type=kind)
    for network, record in records.items():
        writer.insert_network(IPSet([network]), record)
    writer.to_db_file(str(path))
    return str(path)


def make_enricher(**changes: Any) -> Enricher:
    """Return an enricher without geo-IP, which the tests that want it ask for."""
    return load(**{"mac_vendor": lambda _mac: None, "databases": [], **changes})


def link_flow(**changes: object) -> Flow:
    """Return a flow on a link with MAC addresses."""
    return make_flow(**{"orig_mac": DEVICE_MAC, "resp_mac": ROUTER_MAC, **changes})  # type: ignore[arg-type]  # any field


def observe(
    kind: str,
    fields: dict[str, Value] | None = None,
    flow: Flow | None = None,
    *,
    direction: Direction = Direction.ORIGINATOR,
    at_s: int = 0,
) -> Observation:
    """Return an observation as the corridor hands it to the room."""
    return Observation(kind, fields or {}, flow or link_flow(), direction, at_s * SECOND_NS, 1, 1)
