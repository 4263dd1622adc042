"""Counters with closed keys."""

from __future__ import annotations

from monitor.model.tally import Tally


def test_tallies_of_workers_add_up() -> None:
    one, other = Tally(["seen"]), Tally(["seen"])
    one.add("seen")
    other.add("seen", 2)
    one.merge(other)
    assert 3 == one["seen"]


def test_a_known_key_counts_from_zero() -> None:
    assert {"seen": 0} == dict(Tally(["seen"]).counts)
