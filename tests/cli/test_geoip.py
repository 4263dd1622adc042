from collections.abc import Callable

import pytest

from tests.cli.command import Done

Command = Callable[..., Done]


def test_a_place_is_told_with_its_credit(umbilical: Command) -> None:
    done = umbilical("geoip", "lookup", "8.8.8.8", "10.0.0.1")
    assert (0, "") == (done.status, done.err)
    lines = done.out.splitlines()
    assert ["8.8.8.8", "US", "AS15169", "Google", "LLC"] == lines[0].split()
    assert ["10.0.0.1", "-", "-", "-"] == lines[1].split()
    assert "DB-IP" in lines[-1]


def test_places_as_json(umbilical: Command) -> None:
    done = umbilical("geoip", "lookup", "--json", "8.8.8.8", "10.0.0.1")
    assert [("8.8.8.8", "US", 15169), ("10.0.0.1", None, None)] == [
        (one["address"], one["country"], one["asn"]) for one in done.records
    ]


def test_a_wrong_address_is_told_before_anything_is_printed(umbilical: Command) -> None:
    done = umbilical("geoip", "lookup", "8.8.8.8", "8.8.8\x1b[2J")
    assert Done(status=2, out="", err="umbilical: not an IP address: '8.8.8\\x1b[2J'\n") == done


@pytest.mark.parametrize(
    "text",
    [
        "1.2.3",
        "1.2",
        "010.1.1.1",
        "1",
        "0x7f000001",
        "1.2.3.0004",
        "",
        " 8.8.8.8",
        "8.8.8.8/32",
        "fe80::1%eth0",
    ],
)
def test_a_text_that_some_programs_take_for_an_address_is_none(umbilical: Command, text: str) -> None:
    done = umbilical("geoip", "lookup", "8.8.8.8", text)
    assert (2, "") == (done.status, done.out)
    assert done.err.startswith(f"umbilical: not an IP address: '{text}'")


def test_info_tells_build_date_and_credit(umbilical: Command) -> None:
    done = umbilical("geoip", "info")
    assert done.status == 0
    assert "built 20" in done.out
    assert "CC BY 4.0" in done.out


def test_info_as_json(umbilical: Command) -> None:
    (record,) = umbilical("geoip", "info", "--json").records
    assert {"path", "type", "built", "age_days", "nodes", "warning"} == set(record)
    assert record["age_days"] >= 0


def test_a_missing_database_is_told_in_a_line(umbilical: Command) -> None:
    done = umbilical("geoip", "info", "--geoip", "/nowhere.mmdb")
    assert (2, "", 1) == (done.status, done.out, done.err.count("\n"))
