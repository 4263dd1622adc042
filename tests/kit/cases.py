"""Reads ``pcaps/<case>/case.yaml`` and says whether what a case expects was seen.

An expectation names a kind (observation, flow, finding, alert) with some of its fields under their published names, and
how often it must occur: ``count``, or at least once. It matches subsets, so that a new field rewrites no case.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from monitor.export.records import ObservationLines, flow_record, flow_row
from tests.kit.house import alert_facts, run

if TYPE_CHECKING:
    from collections.abc import Mapping

    from monitor.model.finding import Finding
    from tests.kit.house import Run

FOLDER = Path(__file__).parents[2] / "pcaps"
KINDS = ("observation", "flow", "finding", "alert")
_KEYS = {"purpose", "origin", "licence", "benign", "expect"}
_REQUIRED = _KEYS - {"benign"}

Facts = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """One entry of ``expect``."""

    kind: str
    fields: Facts
    count: int | None = None
    """None: at least once."""

    def fault(self, seen: Mapping[str, list[Facts]]) -> str | None:
        """Return what is wrong, in words; None when all is well."""
        found = sum(is_part(self.fields, one) for one in seen[self.kind])
        if found == self.count or (self.count is None and found):
            return None
        wanted = "at least 1" if self.count is None else self.count
        return f"expected {wanted}, found {found}: {self.kind} {self.fields}"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Case:
    """One folder of ``pcaps/``."""

    name: str
    folder: Path
    purpose: str
    build: Path | None
    benign: bool
    """Ordinary traffic only: no alert above ``info``."""
    expect: tuple[Expectation, ...]

    @property
    def captures(self) -> list[Path]:
        return sorted(path for path in self.folder.iterdir() if path.suffix in {".pcap", ".pcapng"})

    @property
    def golden(self) -> Path:
        """Every alert in full; few cases have it."""
        return self.folder / "expected.jsonl"


@cache
def cases() -> tuple[Case, ...]:
    """Return every case, by name."""
    return tuple(read_case(path.parent) for path in sorted(FOLDER.glob("*/case.yaml")))


@cache
def run_of(case: Case) -> Run:
    """Return what the whole house says of a case; it is run once for all tests of a process."""
    return run(case.captures)


def read_case(folder: Path) -> Case:
    """Read and check one ``case.yaml``."""
    told = yaml.safe_load((folder / "case.yaml").read_text("utf-8"))
    assert told.keys() <= _KEYS, f"{folder.name}: unknown {told.keys() - _KEYS}"
    assert told.keys() >= _REQUIRED, f"{folder.name}: missing {_REQUIRED - told.keys()}"
    build = told["origin"].get("build")
    return Case(
        name=folder.name,
        folder=folder,
        purpose=told["purpose"],
        build=folder / build if build else None,
        benign=told.get("benign", False),
        expect=tuple(map(_expectation, told["expect"])),
    )


def seen_by(told: Run) -> dict[str, list[Facts]]:
    """Return everything that expectations may name, as plain records."""
    record = ObservationLines().record
    return {
        "observation": [record(one) for one in told.observations],
        "flow": [flow_record(flow_row(one, vendor)) for one, vendor in told.flows],
        "finding": [_finding_facts(one) for one in told.findings],
        "alert": [alert_facts(one) for one in told.alerts],
    }


def is_part(expected: Any, actual: Any) -> bool:
    """Whether the expected value is part of the actual one: some keys of a record, some records of a list."""
    if isinstance(expected, dict):
        return isinstance(actual, dict) and all(
            is_part(value, actual.get(name)) for name, value in expected.items()
        )
    if (
        isinstance(expected, list)
        and isinstance(actual, list)
        and any(isinstance(one, dict) for one in expected)
    ):
        return all(any(is_part(one, other) for other in actual) for one in expected)
    return bool(expected == actual)


def _expectation(told: Facts) -> Expectation:
    [kind] = [key for key in told if key in KINDS]
    assert told.keys() <= {kind, "count"}, f"unknown {told.keys() - {kind, 'count'}}"
    return Expectation(kind=kind, fields=told[kind], count=told.get("count"))


def _finding_facts(finding: Finding) -> Facts:
    contact = finding.observation.contact
    return {
        "detector": finding.detector,
        "signature": finding.signature,
        "vendor": finding.vendor,
        "purpose": None if finding.purpose is None else finding.purpose.value,
        "severity": finding.severity.value,
        "confidence": finding.confidence.value,
        "saw": finding.saw,
        "device": None if contact is None else contact.device.name,
        "remote_ip": None if contact is None else contact.remote.ip,
        "remote_name": finding.observation.remote_name,
    }
