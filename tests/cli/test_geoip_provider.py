from pathlib import Path

import pytest

from monitor.cli.geoip_provider import PROVIDERS, Account, Provider, account_of, checksum_of, edition_of
from monitor.config.site import GeoIpProvider

DIGEST = "c0ffee" * 10 + "beef"
MAXMIND = PROVIDERS[GeoIpProvider.MAXMIND]
IPINFO = PROVIDERS[GeoIpProvider.IPINFO]
DBIP = PROVIDERS[GeoIpProvider.DBIP]


def test_every_provider_that_can_be_chosen_is_known() -> None:
    assert set(PROVIDERS) == set(GeoIpProvider)
    for provider in PROVIDERS.values():
        assert provider.server.startswith("https://")
        assert any(one.knows_country for one in provider.editions)
        assert any(one.knows_asn for one in provider.editions)


@pytest.mark.parametrize(
    ("day", "months"),
    [("2026-11-22", ["2026-11", "2026-10"]), ("2027-01-01", ["2027-01", "2026-12"])],
)
def test_monthly_databases_are_looked_for_in_this_month_and_the_last(day: str, months: list[str]) -> None:
    urls = [one.url for one in DBIP.sources(DBIP.editions[1], day, None, None)]
    assert urls == [f"https://download.db-ip.com/free/dbip-country-lite-{one}.mmdb.gz" for one in months]


def test_a_mirror_has_the_same_paths() -> None:
    (source,) = MAXMIND.sources(MAXMIND.editions[0], "2026-11-22", None, "https://mirror.example.org/")
    base = "https://mirror.example.org/geoip/databases/GeoLite2-ASN/download?suffix=tar.gz"
    assert (base, f"{base}.sha256") == source


def test_a_token_stands_behind_the_question_mark_only() -> None:
    (source,) = IPINFO.sources(IPINFO.editions[0], "2026-11-22", Account("", "abc-1"), None)
    assert source.url == "https://ipinfo.io/data/ipinfo_lite.mmdb?token=abc-1"
    assert source.checksum_url == "https://ipinfo.io/data/ipinfo_lite.mmdb/checksums?token=abc-1"


@pytest.mark.parametrize(
    ("provider", "text", "account"),
    [
        (MAXMIND, "123:abcd_EF\n", Account("123", "abcd_EF")),
        (MAXMIND, "AccountID 123\nLicenseKey  abcd_EF\nEditionIDs X\n", Account("123", "abcd_EF")),
        (MAXMIND, "#AccountID 9\nUserId 123\n\nLicenseKey abcd_EF", Account("123", "abcd_EF")),
        (IPINFO, "  token1234\n", Account("", "token1234")),
        (IPINFO, "two words", None),
        (IPINFO, "a\nb", None),
        (IPINFO, "x" * 9999, None),
        (MAXMIND, "abc:abcd", None),
        (MAXMIND, "123:", None),
        (MAXMIND, "AccountID 123", None),
        (MAXMIND, "123:YOUR KEY", None),
        (MAXMIND, "\x00\xff", None),
    ],
)
def test_accounts_in_the_forms_that_people_have(
    tmp_path: Path, provider: Provider, text: str, account: Account | None
) -> None:
    path = tmp_path / "key"
    path.write_text(text)
    path.chmod(0o600)
    if account is None:
        with pytest.raises(ValueError, match="this should hold") as told:
            account_of(provider, path)
        assert text.strip() not in str(told.value)
    else:
        assert (account, None) == account_of(provider, path)


def test_a_provider_without_accounts_needs_no_file() -> None:
    assert account_of(DBIP, None) == (None, None)
    with pytest.raises(ValueError, match="maxmind wants to know who asks"):
        account_of(MAXMIND, None)


@pytest.mark.parametrize(
    ("text", "checksum"),
    [
        (f"{DIGEST}  GeoLite2-ASN_20261101.tar.gz\n".encode(), DIGEST),
        (f"{DIGEST.upper()}".encode(), DIGEST),
        (f'{{"checksums": {{"md5": "0", "sha256": "{DIGEST}"}}}}'.encode(), DIGEST),
        (f'{{"sha256" : "{DIGEST}"}}'.encode(), DIGEST),
        (b"", None),
        (b"<html>", None),
        (b'{"sha256": "short"}', None),
        (b"\xff" * 64, None),
    ],
)
def test_a_checksum_is_found_in_what_providers_write(text: bytes, checksum: str | None) -> None:
    assert checksum_of(text) == checksum


@pytest.mark.parametrize(
    ("type_", "name"),
    [
        ("DBIP-Country-Lite", "dbip-country-lite"),
        ("DBIP-ASN-Lite (compat=GeoLite2-ASN)", "dbip-asn-lite"),
        ("GeoLite2-ASN", "GeoLite2-ASN"),
        ("ipinfo generic_lite.mmdb", "ipinfo_lite"),
        ("DBIP-Country-RouteViews-ASN-Combined", None),
        ("GeoLite2-City", None),
        ("", None),
    ],
)
def test_a_database_says_whose_it_is(type_: str, name: str | None) -> None:
    found = edition_of(type_)
    assert (None if found is None else found[1].name) == name
