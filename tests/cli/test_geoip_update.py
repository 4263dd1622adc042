import gzip
import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from monitor.cli import geoip_fetch
from monitor.config.reader import load
from monitor.enrich.installed import read_manifest
from monitor.model.instant import rfc3339
from tests.cli.command import Done
from tests.kit.geoip_files import (
    DAY_SECONDS,
    DBIP_COUNTRY,
    MAXMIND_ASN,
    MAXMIND_COUNTRY,
    Providers,
    behind_login,
    database,
    redirect,
    tagged,
    tar_gz,
)
from tests.kit.https_server import Authority, Server, https_server, new_authority

Command = Callable[..., Done]
NOW = time.time_ns() // 10**9
MONTH = rfc3339(NOW * 10**9)[:7]
LAST_MONTH = rfc3339((NOW - int(rfc3339(NOW * 10**9)[8:10]) * DAY_SECONDS) * 10**9)[:7]
COUNTRY_URL = f"/free/dbip-country-lite-{MONTH}.mmdb.gz"
TOKEN = "token_4711"  # noqa: S105 - the test's own
CLEAN, NEWER, REFUSED, LATER = 0, 1, 2, 75


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return new_authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def server(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.ca_file))
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with https_server(authority) as served:
        yield served


class Site:
    """A configuration, the command, and what is installed."""

    def __init__(self, folder: Path, server: Server, command: Command) -> None:
        self.config = folder / "umbilical.toml"
        self.store = folder / "geoip"
        self.offers = Providers(server)
        self.server = server
        self._command = command
        self.configure('provider = "dbip"')

    def configure(self, *lines: str) -> None:
        text = ["[geoip]", 'folder = "geoip"', f'server = "{self.server.url("")}"', *lines]
        self.config.write_text("\n".join(text) + "\n")

    def run(self, *arguments: str) -> Done:
        verb, *rest = arguments or ("update",)
        return self._command("geoip", verb, *rest, "--config", str(self.config))

    @property
    def paths(self) -> tuple[str, ...] | None:
        return load(self.config).database_paths

    @property
    def built(self) -> dict[str, str]:
        """The days of what is in use."""
        return {name: one.built[:10] for name, one in read_manifest(self.store / "current").items()}

    def country(self) -> str | None:
        record = self.run("lookup", "8.8.8.8", "--json").records[0]
        return str(record["country"])


@pytest.fixture
def site(tmp_path: Path, server: Server, umbilical: Command) -> Site:
    return Site(tmp_path, server, umbilical)


def _day(built: int) -> str:
    return rfc3339(built * 10**9)[:10]


def _raw(content: bytes) -> Callable[[Any], None]:
    return lambda request: request.wfile.write(content)


def _status(code: int, *headers: tuple[str, str]) -> Callable[[Any], None]:
    def answer(request: Any) -> None:
        request.send_response(code)
        for name, value in (*headers, ("Content-Length", "0")):
            request.send_header(name, value)
        request.end_headers()

    return answer


def test_nothing_is_installed_before_somebody_asks(site: Site) -> None:
    assert site.paths is None
    assert site.run("info").status == CLEAN
    assert not site.store.exists()
    assert site.server.asked == []


def test_databases_without_an_account_are_installed_and_used_at_once(site: Site) -> None:
    site.offers.dbip(MONTH, NOW - 3 * DAY_SECONDS)
    done = site.run()
    assert (CLEAN, "") == (done.status, done.out)
    assert f"dbip-asn-lite: built {_day(NOW - 3 * DAY_SECONDS)}, in use from now on" in done.err
    names = [Path(path).name for path in site.paths or ()]
    assert names == ["dbip-asn-lite.mmdb", "dbip-country-lite.mmdb", "embedded"]
    assert site.country() == "US"
    info = site.run("info", "--json").records
    assert [3, 3] == [one["age_days"] for one in info[:2]]
    modes = {path.stat().st_mode & 0o777 for path in (site.store / "current").iterdir()}
    assert modes == {0o644}
    assert {"umbilical/"} == {one["User-Agent"].rpartition("/")[0] + "/" for one in site.server.headers}


def test_a_second_update_fetches_nothing(site: Site) -> None:
    site.offers.dbip(MONTH, NOW)
    site.run()
    sets = sorted(site.store.iterdir())
    done = site.run()
    assert (CLEAN, 2) == (done.status, done.err.count("is the newest there is"))
    assert sets == sorted(site.store.iterdir())
    assert all("If-None-Match" in one for one in site.server.headers[2:])


def test_a_server_that_forgets_what_it_said_does_not_make_a_new_set(site: Site) -> None:
    site.offers.dbip(MONTH, NOW)
    for path, answer in list(site.server.answers.items()):
        if callable(answer):
            site.server.answers[path] = gzip.compress(
                database("DBIP-ASN-Lite" if "asn" in path else DBIP_COUNTRY, NOW)
            )
    site.run()
    sets = sorted(site.store.iterdir())
    assert site.run("update", "--check").status == CLEAN
    assert site.run().err.count("is the newest there is") == 2
    assert sets == sorted(site.store.iterdir())


def test_before_the_month_is_out_there_the_last_one_is_taken(site: Site) -> None:
    site.offers.dbip(LAST_MONTH, NOW - 30 * DAY_SECONDS)
    assert site.run().status == CLEAN
    assert site.run("update", "--check").status == CLEAN
    site.offers.dbip(MONTH, NOW)
    check = site.run("update", "--check")
    assert (NEWER, 2) == (check.status, check.err.count("there is a newer one"))
    assert set(site.built.values()) == {_day(NOW - 30 * DAY_SECONDS)}
    assert site.run().status == CLEAN
    assert set(site.built.values()) == {_day(NOW)}
    before = f"before it: dbip-asn-lite, built {_day(NOW - 30 * DAY_SECONDS)}; umbilical geoip rollback"
    assert before in site.run("info").out


def test_a_rollback_goes_back_and_forth(site: Site) -> None:
    assert site.run("rollback").status == REFUSED
    site.offers.dbip(LAST_MONTH, NOW - 30 * DAY_SECONDS)
    site.run()
    assert "nothing to go back to" in site.run("rollback").err
    site.offers.dbip(MONTH, NOW)
    site.run()
    seen: list[str] = []
    for _ in range(3):
        assert site.run("rollback").status == CLEAN
        seen += set(site.built.values())
    assert seen == [_day(NOW - 30 * DAY_SECONDS), _day(NOW), _day(NOW - 30 * DAY_SECONDS)]


def test_what_is_older_is_refused_unless_forced(site: Site) -> None:
    site.offers.dbip(MONTH, NOW)
    site.run()
    site.offers.dbip(MONTH, NOW - 9 * DAY_SECONDS)
    done = site.run()
    assert REFUSED == done.status
    assert "older than the one in use" in done.err
    assert set(site.built.values()) == {_day(NOW)}
    assert site.run("update", "--force").status == CLEAN
    assert set(site.built.values()) == {_day(NOW - 9 * DAY_SECONDS)}


def test_what_lost_most_of_its_content_is_refused_unless_forced(site: Site) -> None:
    site.offers.dbip(MONTH, NOW - DAY_SECONDS, size=200_000)
    site.run()
    site.offers.dbip(MONTH, NOW, size=80_000)
    assert "the one in use has" in site.run().err
    assert site.run("update", "--force").status == CLEAN


def test_an_account_is_shown_to_the_provider_and_not_to_where_it_redirects(
    site: Site, tmp_path: Path
) -> None:
    account = tmp_path / "GeoIP.conf"
    account.write_text("# mine\nAccountID 123456\nLicenseKey aBcD_e1\nEditionIDs GeoLite2-Country\n")
    account.chmod(0o600)
    site.configure('provider = "maxmind"', 'account_file = "GeoIP.conf"')
    site.offers.maxmind(NOW)
    done = site.run()
    assert (CLEAN, 2) == (done.status, done.err.count("in use from now on"))
    shown = {
        path.partition("?")[0].split("/")[1]: "Authorization" in headers
        for path, headers in zip(site.server.asked, site.server.headers, strict=True)
    }
    assert shown == {"geoip": True, "presigned": False}
    kept = b"".join(path.read_bytes() for path in site.store.rglob("*.json"))
    assert b"secret" not in kept
    asked = len(site.server.asked)
    assert "is the newest there is" in site.run().err
    assert site.run("update", "--check").status == CLEAN
    assert all(path.endswith(".sha256") for path in site.server.asked[asked:])


def test_the_licence_of_maxmind_lets_no_old_database_be_kept(site: Site, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("123456:aBcD_e1\n")
    site.configure('provider = "maxmind"', 'account_file = "key"')
    for built in (NOW - DAY_SECONDS, NOW):
        site.offers.maxmind(built)
        assert site.run().status == CLEAN
    assert site.run("rollback").status == REFUSED
    assert len(list(site.store.glob("set-*"))) == 1


def test_a_key_that_others_may_read_is_pointed_at(site: Site, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(TOKEN)
    (tmp_path / "token").chmod(0o644)
    site.configure('provider = "ipinfo"', 'account_file = "token"')
    site.offers.ipinfo(NOW, TOKEN)
    done = site.run()
    assert CLEAN == done.status
    assert "others may read this key; chmod 600 mends that" in done.err
    assert TOKEN not in done.err + done.out + (site.store / "current" / "installed.json").read_text()
    assert site.country() == "US"


def test_another_provider_takes_the_place_of_the_first(site: Site, tmp_path: Path) -> None:
    site.offers.dbip(MONTH, NOW)
    site.run()
    (tmp_path / "token").write_text(TOKEN)
    site.configure('provider = "ipinfo"', 'account_file = "token"')
    site.offers.ipinfo(NOW - 9 * DAY_SECONDS, TOKEN)
    assert site.run().status == CLEAN
    assert set(site.built) == {"ipinfo_lite"}
    site.run("rollback")
    assert set(site.built) == {"dbip-asn-lite", "dbip-country-lite"}


def test_files_that_somebody_brought_need_no_network(site: Site, tmp_path: Path) -> None:
    packed = tmp_path / "GeoLite2-Country.tar.gz"
    packed.write_bytes(tar_gz({"a/GeoLite2-Country.mmdb": database(MAXMIND_COUNTRY, NOW)}))
    plain = tmp_path / "asn.mmdb"
    plain.write_bytes(database(MAXMIND_ASN, NOW))
    assert site.run("update", str(packed)).status == CLEAN
    assert site.run("update", str(plain)).status == CLEAN
    assert set(site.built) == {"GeoLite2-Country", "GeoLite2-ASN"}
    assert site.server.asked == []
    assert plain.exists()
    plain.write_bytes(database(MAXMIND_ASN, NOW - DAY_SECONDS))
    assert f"{plain}: built on" in site.run("update", str(plain)).err
    plain.write_bytes(database("Acme-City", NOW))
    assert "name it in [geoip] database to use it" in site.run("update", str(plain)).err
    assert site.run("update", str(tmp_path / "none.mmdb")).status == REFUSED


def test_databases_that_the_configuration_names_are_not_pushed_aside(site: Site) -> None:
    site.configure('database = ["embedded"]')
    site.offers.dbip(MONTH, NOW)
    assert "but [geoip] database names other files" in site.run().err
    assert site.paths == ("embedded",)
    site.configure('database = ["geoip/current/dbip-country-lite.mmdb"]')
    assert "names other files" not in site.run("update", "--force").err
    assert site.country() == "US"


@pytest.mark.parametrize(
    ("answer", "problem", "status"),
    [
        (_status(401), "401 Unauthorized; is the key in [geoip] account_file right?", REFUSED),
        (_status(403), "403 Forbidden; is the key in [geoip] account_file right?", REFUSED),
        (_status(429, ("Retry-After", "3600")), "429 Too Many Requests; it asks to wait 3600 seconds", LATER),
        (_status(500), "500 Internal Server Error", LATER),
        (_status(503, ("Retry-After", "Sun, 22 Nov")), "asks to wait until Sun, 22 Nov", LATER),
        (redirect(COUNTRY_URL), "to look elsewhere, too often", REFUSED),
        (redirect("http://localhost/x"), "only https", REFUSED),
        (_raw(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\nabc"), "cut short: 3 of 900 bytes came", LATER),
        (_raw(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"), "too large", REFUSED),
        (_raw(b""), "closed connection without response", LATER),
        (b"<!doctype html><title>Please log in</title>", "a web page, not a database", REFUSED),
        (b"", "empty", REFUSED),
        (b"\x1f\x8b" + os.urandom(1000), "damaged", REFUSED),
        (gzip.compress(database(DBIP_COUNTRY, NOW))[:-2000], "damaged", REFUSED),
        (gzip.compress(database(DBIP_COUNTRY, NOW)[:-500]), "only the beginning of one", REFUSED),
        (gzip.compress(database(DBIP_COUNTRY, NOW, size=300_000)[50_000:]), "damaged", REFUSED),
        (gzip.compress(b"hello", mtime=0), "not a MaxMind DB", REFUSED),
        (
            gzip.compress(database(MAXMIND_COUNTRY, NOW)),
            "'GeoLite2-Country' is not dbip-country-lite",
            REFUSED,
        ),
        (gzip.compress(database(DBIP_COUNTRY, NOW, wrong=True)), "8.8.8.8 is in ZA, not in US", REFUSED),
        (gzip.compress(database(DBIP_COUNTRY, NOW, size=1000)), "too small", REFUSED),
        (gzip.compress(database(DBIP_COUNTRY, NOW + 9 * DAY_SECONDS)), "in the future", REFUSED),
        (gzip.compress(database(DBIP_COUNTRY, NOW - 99 * DAY_SECONDS)), "older than the one in use", REFUSED),
    ],
)
def test_whatever_is_wrong_with_what_comes_the_databases_in_use_stay(
    site: Site, answer: bytes | Callable[[Any], None], problem: str, status: int
) -> None:
    site.offers.dbip(LAST_MONTH, NOW - 30 * DAY_SECONDS)
    site.run()
    before = sorted(site.store.rglob("*")), site.built
    site.offers.dbip(MONTH, NOW)
    site.server.answers[COUNTRY_URL] = answer
    for path in [one for one in site.server.answers if LAST_MONTH in one]:
        site.server.answers[path] = _status(404)
    done = site.run()
    assert (status, "", 1) == (done.status, done.out, done.err.count("\n")), done.err
    assert problem in done.err
    assert before == (sorted(site.store.rglob("*")), site.built)
    assert site.country() == "US"


def test_a_provider_that_has_nothing_is_told(site: Site) -> None:
    done = site.run()
    assert (REFUSED, True) == (
        done.status,
        f"{LAST_MONTH}.mmdb.gz: the server says 404 Not Found" in done.err,
    )
    assert not any(site.store.glob("set-*"))


def test_a_server_that_drips_is_given_up(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def drip(request: Any) -> None:
        request.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 90000\r\n\r\n")
        while not site.server.over.wait(0.05):
            request.wfile.write(b"x")

    monkeypatch.setattr(geoip_fetch.Errand.__init__, "__kwdefaults__", _patient(0.6))
    site.offers.dbip(MONTH, NOW)
    site.server.answers[COUNTRY_URL] = drip
    done = site.run()
    assert (LATER, True) == (done.status, "gave up, it takes too long" in done.err)


def _patient(seconds: float) -> dict[str, Any]:
    defaults = dict(geoip_fetch.Errand.__init__.__kwdefaults__ or {})
    return defaults | {"max_seconds": seconds}


@pytest.mark.parametrize(
    ("files", "change", "problem"),
    [
        ({"../../x.mmdb": b"x"}, None, "a path outside of itself"),
        ({"/etc/x.mmdb": b"x"}, None, "a path outside of itself"),
        ({"a/x.mmdb": b""}, lambda member: setattr(member, "type", b"2"), "links or devices"),
        ({"a/x.mmdb": b""}, lambda member: setattr(member, "type", b"3"), "links or devices"),
        ({"a/readme": b"x"}, None, "0 databases instead of 1"),
        ({"a/x.mmdb": b"x", "b/y.mmdb": b"x"}, None, "2 databases instead of 1"),
        ({f"a/{place}": b"" for place in range(100)}, None, "more than 64 files"),
    ],
)
def test_an_archive_that_looks_like_an_attack_is_refused(
    site: Site, tmp_path: Path, files: dict[str, bytes], change: Any, problem: str
) -> None:
    (tmp_path / "key").write_text("123456:aBcD_e1\n")
    (tmp_path / "key").chmod(0o600)
    site.configure('provider = "maxmind"', 'account_file = "key"')
    site.offers.maxmind(NOW)
    site.offers.put_maxmind(MAXMIND_COUNTRY, tar_gz(files, change or (lambda _: None)))
    done = site.run()
    assert (REFUSED, 1) == (done.status, done.err.count("\n")), done.err
    assert problem in done.err
    assert "signature=secret" not in done.err
    assert not any(site.store.glob("set-*"))
    assert not (tmp_path / "x.mmdb").exists()


def test_a_wrong_or_missing_checksum_is_refused(site: Site, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("123456:aBcD_e1\n")
    (tmp_path / "key").chmod(0o600)
    site.configure('provider = "maxmind"', 'account_file = "key"')
    site.offers.maxmind(NOW)
    path = f"/geoip/databases/{MAXMIND_ASN}/download?suffix=tar.gz.sha256"
    for text, problem in ((b"0" * 64 + b"  x.tar.gz", "not what its checksum says"), (b"oops", "no SHA-256")):
        site.server.answers[path] = behind_login(tagged(text))
        done = site.run()
        assert (REFUSED, True) == (done.status, problem in done.err), done.err
    (tmp_path / "key").write_text("123456:wrong_key\n")
    assert "401 Unauthorized; is the key" in site.run().err


@pytest.mark.parametrize(
    ("lines", "content", "problem"),
    [
        (['provider = "maxmind"'], None, "set [geoip] account_file"),
        (['provider = "ipinfo"', 'account_file = "key"'], None, "key: no such file"),
        (['provider = "ipinfo"', 'account_file = "key"'], "a b", "this should hold the token"),
        (['provider = "ipinfo"', 'account_file = "key"'], "", "this should hold the token"),
        (['provider = "maxmind"', 'account_file = "key"'], "abc:def", "this should hold the account id"),
        (['provider = "maxmind"', 'account_file = "key"'], "AccountID 1", "this should hold the account id"),
        (['provider = "acme"'], None, "geoip.provider"),
    ],
)
def test_a_missing_or_wrong_account_is_told_before_anything_is_asked(
    site: Site, tmp_path: Path, lines: list[str], content: str | None, problem: str
) -> None:
    if content is not None:
        (tmp_path / "key").write_text(content)
    site.configure(*lines)
    done = site.run()
    assert (REFUSED, True) == (done.status, problem in done.err), done.err
    assert site.server.asked == []


def test_a_server_that_is_not_there_is_tried_again_later(site: Site, authority: Authority) -> None:
    with https_server(authority) as gone:
        address = gone.url("")
    site.config.write_text(f'[geoip]\nfolder = "geoip"\nserver = "{address}"\n')
    assert (LATER, True) == ((done := site.run()).status, "Connection refused" in done.err)


def test_a_check_that_cannot_ask_says_so(site: Site, authority: Authority) -> None:
    with https_server(authority) as gone:
        address = gone.url("")
    site.config.write_text(f'[geoip]\nfolder = "geoip"\nserver = "{address}"\n')
    done = site.run("update", "--check")
    assert (LATER, "") == (done.status, done.out)
    assert "Connection refused" in done.err
    assert "there is" not in done.err


def test_a_check_asks_also_when_nothing_is_installed(site: Site) -> None:
    missing = site.run("update", "--check")
    assert (REFUSED, True) == (missing.status, "404 Not Found" in missing.err)
    site.offers.dbip(LAST_MONTH, NOW)
    done = site.run("update", "--check")
    assert (NEWER, 2) == (done.status, done.err.count("there is one, and none is installed"))
    assert site.server.asked
    assert not site.store.exists() or not any(site.store.glob("set-*"))


def test_two_updates_at_once_do_not_meet(site: Site) -> None:
    from monitor.cli.disk import held

    site.offers.dbip(MONTH, NOW)
    with held(site.store):
        done = site.run()
    assert (LATER, True) == (done.status, "another update is running" in done.err)


def test_a_set_that_was_damaged_is_fetched_anew(site: Site) -> None:
    site.offers.dbip(MONTH, NOW)
    site.run()
    (site.store / "current" / "dbip-asn-lite.mmdb").write_bytes(b"")
    assert site.run().err.count("in use from now on") == 1
    (site.store / "current" / "installed.json").write_text("{")
    done = site.run()
    assert (REFUSED, True) == (done.status, "installed.json: damaged" in done.err)


def test_a_proxy_is_used_where_one_is_set(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    site.offers.dbip(MONTH, NOW)
    done = site.run()
    assert (LATER, []) == (done.status, site.server.asked)


def test_what_is_known_of_a_set_stands_in_plain_json(site: Site) -> None:
    site.offers.dbip(MONTH, NOW)
    site.run()
    record = json.loads((site.store / "current" / "installed.json").read_text())["dbip-asn-lite"]
    assert record["provider"] == "dbip"
    assert record["url"] == site.server.url(f"/free/dbip-asn-lite-{MONTH}.mmdb.gz")
    assert record["built"][:10] == _day(NOW)
