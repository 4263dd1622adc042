from pathlib import Path

import pytest

from monitor.cli.geoip_provider import PROVIDERS, Edition
from monitor.cli.geoip_review import Before, Refused, review
from monitor.config.site import GeoIpProvider
from tests.kit.geoip_files import DAY_SECONDS, DBIP_ASN, DBIP_COUNTRY, IPINFO, database

NOW = 1_795_000_000
NOW_NS = NOW * 10**9
ASN, COUNTRY = PROVIDERS[GeoIpProvider.DBIP].editions
(BOTH,) = PROVIDERS[GeoIpProvider.IPINFO].editions


def _file(folder: Path, content: bytes) -> Path:
    path = folder / "x.mmdb"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(("kind", "edition"), [(DBIP_ASN, ASN), (DBIP_COUNTRY, COUNTRY), (IPINFO, BOTH)])
def test_a_right_database_is_taken(tmp_path: Path, kind: str, edition: Edition) -> None:
    info = review(_file(tmp_path, database(kind, NOW)), edition, None, NOW_NS)
    assert (kind, "2026-11-18") == (info.type, info.built[:10])


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (database(DBIP_COUNTRY, NOW, size=500), "too small"),
        (database(DBIP_ASN, NOW), "is not dbip-country-lite"),
        (database(DBIP_COUNTRY, NOW, wrong=True), "8.8.8.8 is in ZA, not in US"),
        (database(DBIP_COUNTRY, NOW + 3 * DAY_SECONDS), "in the future"),
        (bytes(1 << 17), "not a MaxMind DB file"),
    ],
)
def test_a_wrong_database_is_refused(tmp_path: Path, content: bytes, problem: str) -> None:
    with pytest.raises(Refused, match=problem):
        review(_file(tmp_path, content), COUNTRY, None, NOW_NS, force=True)


def test_networks_are_looked_up_too(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"8\.8\.8\.8 is in AS15170, not in AS15169"):
        review(_file(tmp_path, database(DBIP_ASN, NOW, wrong=True)), ASN, None, NOW_NS)


def test_it_must_not_be_older_or_much_smaller_than_the_one_in_use(tmp_path: Path) -> None:
    path = _file(tmp_path, database(DBIP_COUNTRY, NOW))
    size = path.stat().st_size
    for before, problem in (
        (Before("2026-11-19T00:00:00.000000000Z", size), "older than the one in use"),
        (Before("2026-11-01T00:00:00.000000000Z", 3 * size), "the one in use has"),
    ):
        with pytest.raises(Refused, match=problem):
            review(path, COUNTRY, before, NOW_NS)
        assert review(path, COUNTRY, before, NOW_NS, force=True).type == DBIP_COUNTRY
    before = Before("2026-11-01T00:00:00.000000000Z", size)
    assert review(path, COUNTRY, before, NOW_NS).type == DBIP_COUNTRY
