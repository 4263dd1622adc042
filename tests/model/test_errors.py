"""Faults of authors say where they are."""

from __future__ import annotations

from monitor.model.errors import ConfigError, Location, Malformed, SignatureError


def test_a_fault_is_told_with_file_and_line() -> None:
    error = SignatureError("unknown field 'confidense'", Location("signatures/acme.yaml", 41))
    assert "signatures/acme.yaml:41: unknown field 'confidense'" == str(error)


def test_a_fault_of_a_whole_file_has_no_line() -> None:
    assert "umbilical.toml: unreadable" == str(ConfigError("unreadable", Location("umbilical.toml")))
    assert "unreadable" == str(ConfigError("unreadable"))


def test_bytes_on_the_wire_are_a_value_error() -> None:
    assert issubclass(Malformed, ValueError)
