from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.cli.fetch import FetchError
from monitor.cli.geoip_fetch import Errand
from monitor.cli.geoip_provider import PROVIDERS, Account
from monitor.cli.geoip_review import Refused
from monitor.config.site import GeoIpProvider
from monitor.enrich.installed import Installed
from monitor.model.instant import rfc3339
from tests.kit.geoip_files import DAY_SECONDS, Providers
from tests.kit.https_server import Authority, Server, https_server, new_authority

NOW = 1_795_000_000
MONTH, LAST_MONTH = "2026-11", "2026-10"
DBIP = PROVIDERS[GeoIpProvider.DBIP]
COUNTRY = DBIP.editions[1]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return new_authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def server(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with https_server(authority) as served:
        yield served


@pytest.fixture
def errand(authority: Authority, server: Server) -> Errand:
    return Errand(
        provider=DBIP, account=None, server=server.url(""), now_ns=NOW * 10**9, tls=authority.trusted()
    )


def test_a_database_is_brought_with_what_the_next_errand_needs_to_know(
    errand: Errand, server: Server, tmp_path: Path
) -> None:
    Providers(server).dbip(MONTH, NOW - DAY_SECONDS)
    first = errand.bring(COUNTRY, None, tmp_path)
    assert first is not None
    assert [path.name for path in tmp_path.iterdir()] == ["dbip-country-lite.mmdb"]
    assert (rfc3339((NOW - DAY_SECONDS) * 10**9), "dbip") == (first.built, first.provider)
    assert first.etag is not None
    assert errand.bring(COUNTRY, first, tmp_path) is None
    assert not errand.is_newer(COUNTRY, first)
    assert errand.is_newer(COUNTRY, None)
    Providers(server).dbip(MONTH, NOW)
    assert errand.is_newer(COUNTRY, first)


def test_an_older_month_is_not_asked_for_what_is_here(errand: Errand, server: Server, tmp_path: Path) -> None:
    offers = Providers(server)
    offers.dbip(LAST_MONTH, NOW - 30 * DAY_SECONDS)
    offers.dbip(MONTH, NOW)
    here = errand.bring(COUNTRY, None, tmp_path)
    del server.answers[f"/free/dbip-country-lite-{MONTH}.mmdb.gz"]
    assert errand.bring(COUNTRY, here, tmp_path) is None
    assert not errand.is_newer(COUNTRY, here)
    assert not any(LAST_MONTH in path for path in server.asked)


def test_a_provider_that_has_nothing_is_an_error(errand: Errand, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="404"):
        errand.bring(COUNTRY, None, tmp_path)
    with pytest.raises(FetchError, match="404"):
        errand.is_newer(COUNTRY, Installed(provider="dbip", type="x", built="2026", size_bytes=1))


def test_a_checksum_decides_before_anything_large_is_fetched(
    authority: Authority, server: Server, tmp_path: Path
) -> None:
    ipinfo = PROVIDERS[GeoIpProvider.IPINFO]
    errand = Errand(
        provider=ipinfo,
        account=Account("", "abcd"),
        server=server.url(""),
        now_ns=NOW * 10**9,
        tls=authority.trusted(),
    )
    Providers(server).ipinfo(NOW, "abcd")
    here = errand.bring(ipinfo.editions[0], None, tmp_path)
    asked = len(server.asked)
    assert errand.bring(ipinfo.editions[0], here, tmp_path) is None
    assert ["/data/ipinfo_lite.mmdb/checksums?token=abcd"] == server.asked[asked:]
    server.answers["/data/ipinfo_lite.mmdb?token=abcd"] = b"other"
    with pytest.raises(Refused, match="not what its checksum says") as told:
        errand.bring(ipinfo.editions[0], None, tmp_path)
    assert "abcd" not in str(told.value)
