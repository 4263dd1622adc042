from pathlib import Path

import pytest

from monitor.enrich.geoip import EMBEDDED, GeoIp
from monitor.enrich.mmdb import NOWHERE, Place
from tests.enrich.builder import write_database


@pytest.fixture(scope="module")
def embedded() -> GeoIp:
    return GeoIp.load()


@pytest.mark.parametrize(
    ("ip", "country", "asn"),
    [
        ("8.8.8.8", "US", 15169),
        ("1.1.1.1", "AU", 13335),
        ("140.82.112.3", "US", 36459),
        ("3.120.0.1", "DE", 16509),
        ("52.80.0.1", "CN", 55960),
        ("223.5.5.5", "CN", 45102),
        ("47.92.0.1", "CN", 37963),
        ("47.241.0.1", "SG", 45102),
        ("81.68.0.1", "CN", 45090),
        ("121.36.0.1", "CN", 55990),
        ("77.88.8.8", "RU", 13238),
        ("88.198.0.1", "DE", 24940),
        ("212.58.244.1", "GB", 2818),
        ("2400:3200::1", "CN", 37963),
        ("2a02:6b8::feed:ff", "RU", 13238),
        ("2a01:4f8::1", "DE", 24940),
    ],
)
def test_the_embedded_database_knows_the_world(embedded: GeoIp, ip: str, country: str, asn: int) -> None:
    place = embedded.lookup(ip)
    assert (country, asn) == (place.country, place.asn)
    assert place.organisation


@pytest.mark.parametrize(
    "ip",
    ["10.0.0.1", "192.168.1.1", "100.64.0.1", "127.0.0.1", "203.0.113.1", "224.0.0.1", "fe80::1", "ff02::1"],
)
def test_special_addresses_are_nowhere(embedded: GeoIp, ip: str) -> None:
    assert embedded.lookup(ip) == NOWHERE


@pytest.mark.parametrize("ip", ["64:ff9b::808:808", "2002:808:808::1", "::ffff:8.8.8.8"])
def test_an_ipv4_address_inside_is_what_counts(embedded: GeoIp, ip: str) -> None:
    assert embedded.lookup(ip) == embedded.lookup("8.8.8.8")


def test_a_private_address_behind_nat64_is_nowhere(embedded: GeoIp) -> None:
    assert embedded.lookup("64:ff9b::a00:1") == NOWHERE


@pytest.mark.parametrize(
    "text", ["1.2.3", "8.8", "010.1.1.1", "08.8.8.8", "0x08080808", "134744072", "8.8.8.0008"]
)
def test_a_text_that_a_reader_would_take_for_another_address_is_refused(embedded: GeoIp, text: str) -> None:
    with pytest.raises(ValueError, match="not an IP address"):
        embedded.lookup(text)


def test_what_is_no_address_is_refused(embedded: GeoIp) -> None:
    with pytest.raises(ValueError, match="nonsense"):
        embedded.lookup("nonsense")


def test_the_embedded_database_says_what_it_is_and_whom_to_credit(embedded: GeoIp) -> None:
    (info,) = embedded.info(now_ns=0)
    assert info.built == "2026-06-17T00:00:00.000000000Z"
    assert info.nodes > 1_000_000
    assert "https://db-ip.com" in embedded.attribution
    assert "CC BY 4.0" in embedded.attribution
    assert "country-asn.mmdb" in embedded.attribution


def test_databases_are_merged_and_the_first_known_value_counts(tmp_path: Path) -> None:
    country = write_database(
        tmp_path / "country.mmdb", {"8.8.8.0/24": {"country": {"iso_code": "CH"}}}, kind="GeoLite2-Country"
    )
    asn = write_database(
        tmp_path / "asn.mmdb",
        {
            "8.8.8.0/24": {
                "autonomous_system_number": 64500,
                "autonomous_system_organization": "Ours",
                "country_code": "FR",
            }
        },
        kind="DBIP-ASN-Lite",
    )
    geoip = GeoIp.load([country, asn])
    assert geoip.lookup("8.8.8.8") == Place("CH", 64500, "Ours")
    assert geoip.lookup("9.9.9.9") == NOWHERE
    assert [info.type for info in geoip.info()] == ["GeoLite2-Country", "DBIP-ASN-Lite"]
    assert "MaxMind" in geoip.attribution
    assert "db-ip.com" in geoip.attribution


def test_the_embedded_database_may_fill_the_gaps_of_the_sites_own(tmp_path: Path) -> None:
    own = write_database(tmp_path / "own.mmdb", {"8.8.8.0/24": {"country_code": "CH"}}, kind="ours")
    geoip = GeoIp.load([own, EMBEDDED])
    assert geoip.lookup("8.8.8.8") == Place("CH", 15169, "Google LLC")
    assert f"ours: {own}" in geoip.attribution


def test_an_organisation_goes_with_its_number(tmp_path: Path) -> None:
    number = write_database(tmp_path / "number.mmdb", {"8.8.8.0/24": {"asn": 64500}})
    geoip = GeoIp.load([number, EMBEDDED])
    assert geoip.lookup("8.8.8.8") == Place("US", 64500, None)


def test_without_databases_nothing_is_known() -> None:
    geoip = GeoIp.load([])
    assert geoip.lookup("8.8.8.8") == NOWHERE
    assert ("", []) == (geoip.attribution, geoip.info())
