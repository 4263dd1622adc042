"""The closed scales of findings."""

from __future__ import annotations

from monitor.model.finding import Confidence, Severity


def test_severities_and_confidences_are_ordered() -> None:
    assert ["info", "low", "medium", "high", "critical"] == sorted(Severity, key=lambda s: s.rank)
    assert ["low", "medium", "high"] == sorted(Confidence, key=lambda c: c.rank)
