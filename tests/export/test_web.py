"""The whole server on a real port: what real programs say to it, and what bad ones do."""

import errno
import json
import os
import shutil
import socket
import stat
import subprocess
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple
from urllib.parse import quote
from urllib.request import urlopen

import bcrypt
import pytest

from monitor.export import _web_connection, web
from monitor.export.prometheus import Settings
from monitor.export.web import WebServer
from monitor.model.errors import ConfigError
from tests.export._states import main_loop
from tests.export._web_client import PATIENCE_SECONDS, connect, get, request, say
from tests.kit.https_server import new_authority
from tests.kit.threads import Threads

needs_promtool = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="needs promtool (apt: prometheus)"
)
needs_prometheus = pytest.mark.skipif(shutil.which("prometheus") is None, reason="needs prometheus")
ANY_PORT = "127.0.0.1:0"
CONFIG = (
    "tls_server_config:\n  cert_file: server.pem\n  key_file: server.pem\n"
    f"basic_auth_users:\n  scraper: {bcrypt.hashpw(b'secret', b'$2b$04$abcdefghijklmnopqrstuu').decode()}\n"
)
RIGHT = "Basic " + b64encode(b"scraper:secret").decode()


class Running(NamedTuple):
    """A server and where it is."""

    server: WebServer
    port: int


@contextmanager
def running(folder: Path | None = None, **settings: Any) -> Iterator[Running]:
    chosen = Settings(**{"listen": ANY_PORT} | settings)
    with main_loop() as board:
        server = WebServer(chosen, board, folder=folder)
        server.start()
        try:
            yield Running(server, int(server.address.rpartition(":")[2]))
        finally:
            server.close()


@pytest.fixture
def port() -> Iterator[int]:
    with running() as one:
        yield one.port


def test_everything_is_there(port: int) -> None:
    for path, words in (
        ("/", b"<!doctype html>"),
        ("/metrics", b"umbilical_build_info"),
        ("/alerts", b'"firing_total":1'),
        ("/-/healthy", b"healthy"),
        ("/-/ready", b"ready"),
        ("/favicon.svg", b"<svg"),
    ):
        told = get(port, path)
        assert told.status == 200, path
        assert words in told.body, path
        assert told.headers["x-content-type-options"] == "nosniff"
        assert say(connect(port), request("HEAD", path)).headers["content-length"]


def test_python_s_own_client_reads_it(port: int) -> None:
    with urlopen(f"http://127.0.0.1:{port}/alerts", timeout=PATIENCE_SECONDS) as told:
        assert json.load(told)["firing_total"] == 1


def test_the_server_counts_what_it_answers(port: int) -> None:
    get(port, "/x")
    assert 'umbilical_web_requests_total{code="404"} 1.0' in get(port, "/metrics").text


def test_the_address_says_where(tmp_path: Path) -> None:
    new_authority(tmp_path)
    (tmp_path / "web.yml").write_text(CONFIG)
    with running() as plain, running(tmp_path, web_config="web.yml") as secured:
        assert plain.server.address == f"http://127.0.0.1:{plain.port}"
        assert secured.server.address == f"https://127.0.0.1:{secured.port}"


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6 here")
def test_ipv6_and_every_address() -> None:
    with running(listen="[::1]:0") as one:
        assert one.server.address == f"http://[::1]:{one.port}"
    with running(listen=":0") as one:
        assert get(one.port, "/-/healthy").status == 200


def test_a_unix_socket_is_served_for_its_group_and_removed(tmp_path: Path) -> None:
    path = tmp_path / "web.sock"
    with main_loop() as board:
        server = WebServer(Settings(listen=f"unix:{path}"), board)
        server.start()
        assert stat.S_IMODE(path.stat().st_mode) == 0o660
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(PATIENCE_SECONDS)
            client.connect(str(path))
            assert say(client, request("GET", "/-/healthy")).status == 200
        with pytest.raises(ConfigError, match="in use"):
            WebServer(Settings(listen=f"unix:{path}"), board)
        server.close()
        assert not path.exists()


def test_a_dead_socket_gives_way_and_a_file_does_not(tmp_path: Path) -> None:
    path = tmp_path / "web.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    with running_on(path):
        assert path.is_socket()
    path.write_text("mine")
    with pytest.raises(ConfigError, match="in use"), running_on(path):
        pass
    assert path.read_text() == "mine"


@contextmanager
def running_on(path: Path) -> Iterator[None]:
    with main_loop() as board:
        server = WebServer(Settings(listen=f"unix:{path}"), board)
        server.start()
        yield
        server.close()


def test_what_cannot_be_listened_on_is_told_in_one_line(tmp_path: Path) -> None:
    with running() as one, main_loop() as board:
        for listen, words in (
            (f"127.0.0.1:{one.port}", f"127.0.0.1:{one.port} is in use"),
            ("192.0.2.1:9777", "192.0.2.1:9777 is no address of this machine"),
            ("nowhere.invalid:9777", "nowhere.invalid:9777 cannot be used"),
            (f"unix:{tmp_path}/absent/web.sock", "cannot be used: no such file or directory"),
        ):
            with pytest.raises(ConfigError) as caught:
                WebServer(Settings(listen=listen), board)
            assert str(caught.value).startswith("[export.prometheus] listen: ")
            assert words in str(caught.value)
            assert len(str(caught.value).splitlines()) == 1
        with pytest.raises(ConfigError, match="no such file"):
            WebServer(Settings(listen=ANY_PORT, web_config="absent.yml"), board, folder=tmp_path)


def test_a_port_that_is_free_again_can_be_taken_at_once() -> None:
    with running() as one:
        get(one.port, "/")
    with running(listen=f"127.0.0.1:{one.port}"):
        assert get(one.port, "/-/healthy").status == 200


def test_it_listens_from_the_moment_it_is_made_and_answers_once_started() -> None:
    with main_loop() as board:
        server = WebServer(Settings(listen=ANY_PORT), board)
        client = connect(int(server.address.rpartition(":")[2]))
        client.sendall(request("GET", "/-/healthy"))
        server.start()
        assert say(client, b"").status == 200
        server.close()


def test_closing_ends_every_thread_and_every_connection() -> None:
    threads = Threads()
    with running() as one:
        idle = [connect(one.port) for _ in range(5)]
        get(one.port, "/-/healthy")
    end = time.monotonic() + PATIENCE_SECONDS
    while threads.names() and time.monotonic() < end:
        time.sleep(0.01)
    assert threads.names() == []
    for client in idle:
        assert client.recv(1) == b""
        client.close()


def test_tls_and_a_password_keep_others_out_and_are_read_again(tmp_path: Path) -> None:
    authority = new_authority(tmp_path)
    config = tmp_path / "web.yml"
    config.write_text(CONFIG)
    with running(tmp_path, web_config="web.yml") as one:
        trusted = authority.trusted()
        assert get(one.port, "/metrics", trusted).status == 401
        assert get(one.port, "/metrics", trusted, Authorization=RIGHT).status == 200
        assert get(one.port, "/metrics").text == "This server speaks HTTPS only.\n"
        config.write_text(CONFIG + "http_server_config:\n  headers: {X-Frame-Options: sameorigin}\n")
        told = get(one.port, "/metrics", trusted, Authorization=RIGHT)
        assert told.headers["x-frame-options"] == "sameorigin"
        config.write_text("nonsense: 1\n")
        told = get(one.port, "/metrics", trusted, Authorization=RIGHT)
        assert "umbilical_web_config_last_reload_successful 0.0" in told.text


# What bad clients do.


def test_a_crowd_that_says_nothing_cannot_keep_a_scrape_out(monkeypatch: pytest.MonkeyPatch) -> None:
    threads = Threads()
    with running(max_connections=8) as one:
        crowd = [connect(one.port) for _ in range(100)]
        for client in crowd:
            with suppress(OSError):
                client.sendall(b"GET /metrics HTTP/1.1\r\nX")
        told = get(one.port, "/metrics")
        assert told.status == 200
        assert len(threads.names()) < 40
        for client in crowd:
            client.close()
    assert 'umbilical_web_connections_dropped_total{reason="crowded_out"}' in told.text


def test_a_thousand_requests_at_once_are_answered_or_counted(port: int) -> None:
    answered = []

    def ask() -> None:
        for _ in range(50):
            with suppress(OSError, ValueError, IndexError):
                answered.append(get(port, "/-/healthy").status)

    askers = [threading.Thread(target=ask) for _ in range(20)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert set(answered) == {200}
    assert len(answered) > 900
    assert get(port, "/metrics").status == 200


def test_a_process_that_may_open_no_more_pauses_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    paused: list[float] = []
    with running() as one:
        really, refusals = one.server._listener, iter([errno.EMFILE, errno.ENFILE, errno.ECONNABORTED])

        class Short:
            """A listener that cannot accept for a while."""

            def accept(self) -> Any:
                refusal = next(refusals, None)
                if refusal is not None:
                    raise OSError(refusal, "no")
                return really.accept()

            def __getattr__(self, name: str) -> Any:
                return getattr(really, name)

        monkeypatch.setattr(web, "time", SimpleNamespace(sleep=paused.append))
        one.server._listener = Short()  # type: ignore[assignment]  # it accepts, and that is all that is asked
        told = get(one.port, "/-/healthy")
        one.server._listener = really
    assert (told.status, len(paused)) == (200, 2)


def test_a_system_without_more_threads_closes_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    with running() as one:
        monkeypatch.setattr(threading.Thread, "start", refused)
        with connect(one.port) as client:
            assert client.recv(1) == b""
        monkeypatch.undo()
        assert get(one.port, "/-/healthy").status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/..%2f..%2fetc%2fpasswd",
        "/metrics/../../etc/passwd",
        "/metrics%00.html",
        "/" + "a" * 8000,
    ],
)
def test_no_path_leads_out(path: str, port: int) -> None:
    told = get(port, path)
    assert told.status == 404
    assert b"root:" not in told.body


@pytest.mark.parametrize(
    "words",
    [
        b"\x00" * 100,
        b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 5000,
        b"\x16\x03\x01\x00\x05hello\r\n\r\n",
        b"GET /\xe2\x82 HTTP/1.1\r\n\r\n",
    ],
)
def test_garbage_harms_nobody(words: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_web_connection, "REQUEST_SECONDS", 0.3)
    with running() as one:
        with suppress(OSError, IndexError, ValueError):
            assert say(connect(one.port), words).status in {400, 404, 431}
        assert get(one.port, "/-/healthy").status == 200


# What programs of others make of it.


@needs_promtool
def test_promtool_finds_nothing_to_say(port: int) -> None:
    """It reads the older format only; a real Prometheus reads the newer one below."""
    text = get(port, "/metrics").body
    done = subprocess.run(
        ["promtool", "check", "metrics"], input=text, capture_output=True, check=False, timeout=60
    )
    assert (done.stdout, done.stderr, done.returncode) == (b"", b"", 0)


PROMETHEUS = """
global: {scrape_interval: 1s, scrape_timeout: 1s}
scrape_configs:
  - job_name: plain
    static_configs: [{targets: ["127.0.0.1:%(plain)d"]}]
  - job_name: secured
    scheme: https
    tls_config: {ca_file: %(folder)s/ca.pem}
    basic_auth: {username: scraper, password: secret}
    static_configs: [{targets: ["localhost:%(secured)d"]}]
"""
SCRAPED_SECONDS = float(os.environ.get("SCRAPED_SECONDS", "4"))
"""How long the real Prometheus scrapes; an hour is welcome where there is one."""


@needs_prometheus
def test_a_real_prometheus_scrapes_without_an_error(tmp_path: Path) -> None:
    new_authority(tmp_path)
    (tmp_path / "web.yml").write_text(CONFIG)
    with running() as plain, running(tmp_path, web_config="web.yml") as secured:
        ports = {"plain": plain.port, "secured": secured.port, "folder": tmp_path}
        (tmp_path / "prometheus.yml").write_text(PROMETHEUS % ports)
        with prometheus(tmp_path) as asked:
            end = time.monotonic() + SCRAPED_SECONDS
            while time.monotonic() < end or not _both(asked("count(up == 1)")):
                assert time.monotonic() < end + 60, "Prometheus did not start"
                time.sleep(0.2)
            targets = asked("/api/v1/targets")["activeTargets"]
            assert {one["lastError"] for one in targets} == {""}
            assert asked("count(up == 0)")["result"] == []
            assert _both(asked("count(min_over_time(up[1h]) == 1)"))
            assert _both(
                asked('count(umbilical_alerts_total{severity="low",detector="vendor_contact"} == 2)')
            )
            assert _both(asked("count(histogram_quantile(0.5, umbilical_alert_delay_seconds_bucket) < 0.2)"))
            exemplars = asked("/api/v1/query_exemplars?query=umbilical_alerts_total&start=0&end=4000000000")
            assert {one["labels"]["alert_id"] for series in exemplars for one in series["exemplars"]} == {
                "a1b2c3"
            }


def _both(answer: Any) -> bool:
    return [one["value"][1] for one in answer["result"]] == ["2"]


@contextmanager
def prometheus(folder: Path) -> Iterator[Any]:
    """Run Prometheus; asks it a query, or an address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = ["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data"]
    command += [
        f"--web.listen-address=127.0.0.1:{port}",
        "--enable-feature=exemplar-storage",
        "--log.level=warn",
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def asked(what: str) -> Any:
        path = what if what.startswith("/") else f"/api/v1/query?query={quote(what)}"
        try:
            with urlopen(f"http://127.0.0.1:{port}{path}", timeout=PATIENCE_SECONDS) as told:
                return json.load(told)["data"]
        except OSError:
            return {"result": []}

    try:
        yield asked
    finally:
        process.terminate()
        process.wait(30)
