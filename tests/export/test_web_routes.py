import gzip
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from http import HTTPStatus
from typing import Any

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from monitor.export import _web_routes
from monitor.export._exposition import text_of
from monitor.export._web_counts import WebCounts
from monitor.export._web_http import Answer, Request
from monitor.export._web_routes import Reload, Routes
from monitor.export.board import Board, Health, State
from monitor.export.jsonl import alert_record
from monitor.export.prometheus import Settings
from monitor.model.finding import Severity
from tests.export._states import BUSY, main_loop, make_alert, make_state

OPENMETRICS = {"accept": "application/openmetrics-text; version=1.0.0"}


class Site:
    """Routes over a board that is answered."""

    def __init__(self, board: Board, reload: Reload | None = None, **settings: Any) -> None:
        self._routes = Routes(Settings(**settings), board, WebCounts(lambda: 0.0, lambda: False), reload)

    def ask(self, path: str, method: str = "GET", query: Any = None, **headers: str) -> Answer:
        return self._routes.answer(Request(method, path, query or {}, headers))


@pytest.fixture
def site() -> Iterator[Site]:
    with main_loop() as board:
        yield Site(board)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_web_routes, "PATIENCE_SECONDS", 0.5)


def test_metrics_are_in_the_format_that_is_asked_for(site: Site) -> None:
    plain, opened = site.ask("/metrics"), site.ask("/metrics", **OPENMETRICS)
    assert plain.content_type.startswith("text/plain; version=0.0.4")
    assert opened.content_type.startswith("application/openmetrics-text; version=1.0.0")
    families = {one.name for one in text_string_to_metric_families(opened.body.decode())}  # type: ignore[no-untyped-call]  # the library has none
    assert {
        "umbilical_alerts",
        "umbilical_alert_delay_seconds",
        "process_cpu_seconds",
        "umbilical_web_requests",
    } <= families
    assert b"_created" not in plain.body


def test_metrics_are_packed_for_who_can_unpack_them(site: Site) -> None:
    packed = site.ask("/metrics", **{"accept-encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert b"umbilical_build_info" in gzip.decompress(packed.body)


def test_the_moments_of_creation_can_be_left_out() -> None:
    with main_loop() as board:
        lean, full = Site(board, created_series=False), Site(board)
        assert b"umbilical_alerts_created" in full.ask("/metrics", **OPENMETRICS).body
        assert b"umbilical_alerts_created" not in lean.ask("/metrics", **OPENMETRICS).body


def test_scrapes_of_one_state_are_written_once(monkeypatch: pytest.MonkeyPatch) -> None:
    written = []

    def counted(*given: Any) -> bytes:
        written.append(given)
        return text_of(*given)

    monkeypatch.setattr(_web_routes, "text_of", counted)
    with main_loop() as board:
        site = Site(board)
        askers = [threading.Thread(target=site.ask, args=("/metrics",)) for _ in range(20)]
        for asker in askers:
            asker.start()
        for asker in askers:
            asker.join()
    assert 1 <= len(written) <= 3


def test_a_sensor_that_works_is_healthy_and_ready(site: Site) -> None:
    assert site.ask("/-/healthy").status is HTTPStatus.OK
    assert site.ask("/-/ready").status is HTTPStatus.OK


def test_a_sensor_that_does_not_capture_is_healthy_and_not_ready() -> None:
    health = Health(is_capturing=False, has_catalog=True, reasons=("eth1 is down", "eth2 is down"))
    with main_loop(make_state(health=health)) as board:
        site = Site(board)
        assert site.ask("/-/healthy").status is HTTPStatus.OK
        told = site.ask("/-/ready")
    assert (told.status, told.body) == (HTTPStatus.SERVICE_UNAVAILABLE, b"eth1 is down\neth2 is down\n")


def test_before_the_first_state_nothing_is_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_web_routes, "PATIENCE_SECONDS", 0.01)
    site = Site(Board())
    for path in ("/-/ready", "/metrics", "/", "/alerts"):
        told = site.ask(path)
        assert (told.status, told.body) == (HTTPStatus.SERVICE_UNAVAILABLE, b"Not started yet.\n"), path
    assert site.ask("/-/healthy").status is HTTPStatus.OK


def hung() -> Board:
    board = Board()
    board.show(make_state())
    time.sleep(0.03)
    return board


def test_a_main_loop_that_hangs_fails_the_scrape_so_that_up_is_0(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_web_routes, "PATIENCE_SECONDS", 0.01)
    site = Site(hung(), healthy_within_ns=10_000_000)
    for path in ("/metrics", "/-/healthy", "/-/ready"):
        told = site.ask(path)
        assert told.status is HTTPStatus.SERVICE_UNAVAILABLE, path
        assert b"The main loop has said nothing for" in told.body


def test_a_main_loop_that_is_late_still_shows_its_last_state_and_says_that_it_is_old(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_web_routes, "PATIENCE_SECONDS", 0.01)
    site = Site(hung())
    assert site.ask("/metrics").status is HTTPStatus.OK
    assert json.loads(site.ask("/alerts").body)["stale"] is True
    assert b"Not responding" in site.ask("/").body
    assert site.ask("/-/ready").status is HTTPStatus.SERVICE_UNAVAILABLE


def firing() -> State:
    alerts = tuple(
        make_alert(alert_id=f"id{number}", severity=severity, vendor=vendor)
        for number, (severity, vendor) in enumerate(
            [
                (Severity.CRITICAL, "acme"),
                (Severity.LOW, "acme"),
                (Severity.LOW, None),
                (Severity.LOW, "zeta"),
            ]
        )
    )
    return make_state(firing=alerts, firing_total=40)


@pytest.mark.parametrize(
    ("query", "ids", "matching"),
    [
        ({}, ["id0", "id1", "id2", "id3"], 4),
        ({"severity": ("low",)}, ["id1", "id2", "id3"], 3),
        ({"severity": ("low", "critical"), "vendor": ("acme",)}, ["id0", "id1"], 2),
        ({"vendor": ("",)}, ["id2"], 1),
        ({"vendor": ("nobody",)}, [], 0),
        ({"limit": ("2",)}, ["id0", "id1"], 4),
        ({"limit": ("0",)}, [], 4),
    ],
)
def test_alerts_are_the_published_records_filtered(
    query: dict[str, tuple[str, ...]], ids: list[str], matching: int
) -> None:
    state = firing()
    with main_loop(state) as board:
        told = Site(board).ask("/alerts", query=query)
    document = json.loads(told.body)
    assert [one["alert_id"] for one in document["alerts"]] == ids
    assert (document["matching"], document["firing_total"], document["stale"]) == (matching, 40, False)
    if ids[:1] == ["id0"]:
        assert document["alerts"][0] == json.loads(json.dumps(alert_record(state.firing[0])))


@pytest.mark.parametrize(
    "query",
    [
        {"sevrity": ("low",)},
        {"severity": ("hi",)},
        {"limit": ("-1",)},
        {"limit": ("1001",)},
        {"limit": ("٣",)},
    ],
)
def test_a_filter_with_a_slip_in_it_is_refused(query: dict[str, tuple[str, ...]], site: Site) -> None:
    assert site.ask("/alerts", query=query).status is HTTPStatus.BAD_REQUEST


def test_alerts_with_text_that_is_no_unicode_are_told() -> None:
    with main_loop(make_state(firing=(make_alert(title="\udcff"),))) as board:
        told = Site(board).ask("/alerts")
    assert json.loads(told.body)["alerts"][0]["title"] == "\\udcff"


def test_the_start_page_has_its_own_policy_and_the_others_allow_nothing(site: Site) -> None:
    told = site.ask("/")
    assert told.content_type.startswith("text/html")
    assert "style-src 'sha256-" in told.headers["Content-Security-Policy"]
    assert site.ask("/favicon.svg").content_type == "image/svg+xml"


def test_rates_are_shown_once_there_were_two_states() -> None:
    with main_loop() as board:
        site = Site(board)
        site.ask("/metrics")
    later = make_state(snapshot=replace(BUSY, frames={"eth1": BUSY.frames["eth1"]._replace(frames=5100)}))
    later = replace(later, about=replace(later.about, clock_ns=later.about.clock_ns + 10**9))
    thread = threading.Thread(target=_answer, args=(board, later))
    thread.start()
    page = site.ask("/").body.decode()
    thread.join()
    assert "5 000" in page


def _answer(board: Board, state: State) -> None:
    while not board.wanted():
        time.sleep(0.001)
    board.show(state)


@pytest.mark.parametrize("path", ["/x", "//metrics", "/../etc/passwd", "/metrics/", "/Metrics", ""])
def test_there_is_nothing_else(path: str, site: Site) -> None:
    told = site.ask(path)
    assert told.status is HTTPStatus.NOT_FOUND
    assert path.encode() + b" " not in told.body or path in {"", "/"}


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("POST", "/metrics", "GET, HEAD"),
        ("DELETE", "/", "GET, HEAD"),
        ("GET", "/-/reload", "POST"),
        ("HEAD", "/-/reload", "POST"),
    ],
)
def test_other_methods_are_refused_with_what_is_allowed(
    method: str, path: str, allow: str, site: Site
) -> None:
    told = site.ask(path, method)
    assert (told.status, told.headers["Allow"]) == (HTTPStatus.METHOD_NOT_ALLOWED, allow)


def test_a_reload_is_done_before_it_is_answered() -> None:
    done = []
    with main_loop() as board:
        told = Site(board, lambda: done.append(1), enable_reload=True).ask("/-/reload", "POST")
    assert (told.status, told.body, done) == (HTTPStatus.OK, b"Reloaded.\n", [1])


def test_a_reload_that_is_refused_says_why() -> None:
    with main_loop() as board:
        told = Site(board, lambda: "umbilical.toml:3: unknown key", enable_reload=True).ask(
            "/-/reload", "POST"
        )
    assert told.status is HTTPStatus.INTERNAL_SERVER_ERROR
    assert b"the old configuration stays" in told.body
    assert b"umbilical.toml:3" in told.body


def test_a_reload_that_is_not_enabled_is_forbidden() -> None:
    with main_loop() as board:
        told = Site(board, lambda: None).ask("/-/reload", "POST")
    assert told.status is HTTPStatus.FORBIDDEN
    assert b"enable_reload" in told.body


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example", "host": "localhost"},
        {"origin": "null", "host": "localhost"},
    ],
)
def test_a_page_of_another_site_may_not_reload(headers: dict[str, str]) -> None:
    with main_loop() as board:
        told = Site(board, lambda: None, enable_reload=True).ask("/-/reload", "POST", **headers)
    assert told.status is HTTPStatus.FORBIDDEN


def test_a_page_of_ours_may_reload() -> None:
    headers = {"sec-fetch-site": "same-origin", "origin": "http://localhost:9777", "host": "localhost:9777"}
    with main_loop() as board:
        told = Site(board, lambda: None, enable_reload=True).ask("/-/reload", "POST", **headers)
    assert told.status is HTTPStatus.OK


def test_one_reload_at_a_time() -> None:
    under_way, over = threading.Event(), threading.Event()

    def slow() -> None:
        under_way.set()
        over.wait(5)

    with main_loop() as board:
        site = Site(board, slow, enable_reload=True)
        first = threading.Thread(target=site.ask, args=("/-/reload", "POST"))
        first.start()
        under_way.wait(5)
        second = site.ask("/-/reload", "POST")
        over.set()
        first.join()
    assert second.status is HTTPStatus.SERVICE_UNAVAILABLE
