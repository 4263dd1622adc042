import os
from pathlib import Path
from typing import Any

import pytest

from monitor.enrich.mmdb import NOWHERE, OLD_AFTER_DAYS, Database, Place, place_of
from monitor.model.errors import ConfigError
from tests.enrich.builder import write_database

DAY_NS = 86_400 * 1_000_000_000


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (  # the embedded file
            {
                "country": {"iso_code": "SG"},
                "autonomous_system_number": 45102,
                "autonomous_system_organization": "Alibaba",
            },
            Place("SG", 45102, "Alibaba"),
        ),
        (  # GeoLite2 City
            {
                "city": {"geoname_id": 1},
                "country": {"geoname_id": 2, "iso_code": "DE", "names": {"en": "Germany"}},
                "registered_country": {"iso_code": "US"},
            },
            Place("DE"),
        ),
        ({"registered_country": {"iso_code": "US"}}, Place("US")),  # GeoLite2 Country of an anycast network
        (  # GeoLite2 and DB-IP ASN
            {"autonomous_system_number": 15169, "autonomous_system_organization": "Google LLC"},
            Place(None, 15169, "Google LLC"),
        ),
        (  # IPinfo Lite
            {
                "asn": "AS15169",
                "as_name": "Google LLC",
                "as_domain": "google.com",
                "country": "United States",
                "country_code": "US",
            },
            Place("US", 15169, "Google LLC"),
        ),
        ({"country": "US", "country_name": "United States"}, Place("US")),  # IPinfo Country
        ({"country_code": "us"}, Place("US")),  # ip-location-db
        ({"country": {"iso_code": "XK"}}, Place("XK")),  # Kosovo, at DB-IP
        (  # GeoIP2 Enterprise
            {"traits": {"autonomous_system_number": 1, "autonomous_system_organization": "x"}},
            Place(None, 1, "x"),
        ),
    ],
)
def test_every_layout_is_read(record: dict[str, Any], expected: Place) -> None:
    assert expected == place_of(record)


@pytest.mark.parametrize(
    "record",
    [
        None,
        "US",
        [],
        {},
        {"country": {"iso_code": "ZZ"}},
        {"country": {"iso_code": "??"}},
        {"country": {"iso_code": ""}},
        {"country": {"iso_code": 49}},
        {"country": ["DE"]},
        {"asn": "ASX"},
        {"asn": "AS"},
        {"asn": 0},
        {"asn": True},
        {"asn": "AS99999999999"},
        {"asn": 1 << 32},
        {"as_name": ""},
        {"as_name": 1},
    ],
)
def test_what_makes_no_sense_is_not_known(record: object) -> None:
    assert place_of(record) == NOWHERE


def test_a_file_is_opened_and_looked_up(tmp_path: Path) -> None:
    path = write_database(tmp_path / "x.mmdb", {"8.8.8.0/24": {"country": {"iso_code": "US"}}})
    database = Database(path)
    assert database.place("8.8.8.8") == Place("US")
    assert database.place("9.9.9.9") == NOWHERE
    assert database.place("2001:4860::1") == NOWHERE


def test_an_ipv4_database_knows_nothing_of_ipv6(tmp_path: Path) -> None:
    path = write_database(tmp_path / "x.mmdb", {"8.8.8.0/24": {"country_code": "US"}}, ip_version=4)
    database = Database(path)
    assert database.place("8.8.8.8") == Place("US")
    assert database.place("2001:4860::1") == NOWHERE
    assert database.unreadable == 0


def test_a_missing_file_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.mmdb: no such file; .*leave it out to use the embedded"):
        Database(str(tmp_path / "none.mmdb"))


@pytest.mark.parametrize("content", [b"", b"\x1f\x8b\x08\x00", b"not a database" * 1000])
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.mmdb"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match="not a MaxMind DB file"):
        Database(str(path))


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=str(tmp_path)):
        Database(str(tmp_path))


def test_a_cut_file_is_refused(tmp_path: Path) -> None:
    path = Path(write_database(tmp_path / "x.mmdb", {"8.8.8.0/24": {"country_code": "US"}}))
    path.write_bytes(path.read_bytes()[:-60])
    with pytest.raises(ConfigError, match=r"x\.mmdb"):
        Database(str(path))


def test_a_database_about_something_else_is_refused(tmp_path: Path) -> None:
    path = write_database(tmp_path / "x.mmdb", {"8.8.8.0/24": {"is_anonymous": True}}, kind="Anonymous")
    with pytest.raises(ConfigError, match="'Anonymous' without countries"):
        Database(path)


def test_damage_in_the_middle_is_counted_and_answers_nothing(tmp_path: Path) -> None:
    path = Path(
        write_database(
            tmp_path / "x.mmdb",
            {
                "1.0.0.0/24": {"country_code": "AU"},
                "8.0.0.0/9": {"country_code": "US"},
                "99.0.0.0/8": {"as_name": "longer name"},
            },
        )
    )
    content = path.read_bytes()
    path.write_bytes(content.replace(b"longer name", b"\xff\xff\xff\xff\xff\xff name"))
    database = Database(str(path))
    assert database.place("8.8.8.8") == Place("US")
    assert database.place("99.1.1.1") == NOWHERE
    assert database.unreadable == 1


def test_an_old_database_says_so(tmp_path: Path) -> None:
    database = Database(write_database(tmp_path / "x.mmdb", {"8.8.8.0/24": {"country_code": "US"}}))
    built_ns = int(database._reader.metadata().build_epoch) * 1_000_000_000
    assert database.info().warning is None
    assert database.info(built_ns + OLD_AFTER_DAYS * DAY_NS).warning is None
    warning = database.info(built_ns + (OLD_AFTER_DAYS + 1) * DAY_NS).warning
    assert warning is not None
    assert warning.startswith("181 days old")


def test_what_is_no_file_is_told_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mmdb")
    for path in (tmp_path, tmp_path / "pipe.mmdb", Path("/dev/zero")):
        with pytest.raises(ConfigError, match="not a regular file"):
            Database(str(path))


def test_a_missing_database_is_told_wherever_it_was_named() -> None:
    with pytest.raises(ConfigError, match=r"correct geoip\.database or --geoip, or leave it out"):
        Database("/nowhere.mmdb")
