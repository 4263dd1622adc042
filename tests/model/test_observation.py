"""The closed list of observation types and fields."""

from __future__ import annotations

from monitor.model.observation import FIELDS, FLOW_OBSERVATIONS, OBSERVATIONS


def test_every_observation_is_made_of_known_fields() -> None:
    assert {name for fields in OBSERVATIONS.values() for name in fields} <= set(FIELDS)


def test_every_field_belongs_to_an_observation() -> None:
    assert set(FIELDS) == {name for fields in OBSERVATIONS.values() for name in fields}


def test_every_field_says_what_it_means() -> None:
    assert all(field.meaning for field in FIELDS.values())


def test_the_flow_observations_are_observations() -> None:
    assert set(OBSERVATIONS) >= FLOW_OBSERVATIONS
