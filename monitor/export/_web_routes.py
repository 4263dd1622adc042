"""What the web server answers, by path; ``web.py`` has the sockets.

Rule: everything is made of one state of the board; nothing that is asked for is a file, a command or a name to look up.
"""

import gzip
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from threading import Lock
from typing import Any

from prometheus_client import ProcessCollector
from prometheus_client.registry import Collector

from monitor.export._exposition import text_of
from monitor.export._line import line
from monitor.export._negotiation import Exposition, accepts_gzip, exposition_for
from monitor.export._page_rates import Rates
from monitor.export._page_verdict import verdict_of
from monitor.export._start_page import ICON, PAGE_POLICY, start_page
from monitor.export._web_http import Answer, Request
from monitor.export.board import MAX_FIRING_SHOWN, Board, State
from monitor.export.jsonl import alert_record
from monitor.export.openmetrics import registry
from monitor.export.prometheus import Settings
from monitor.model.alert import Alert
from monitor.model.finding import Severity
from monitor.model.instant import SECOND_NS, rfc3339

PATIENCE_SECONDS = 2.0
"""How long an asker waits for the main loop; a scrape has ten seconds."""
DEFAULT_ALERTS = 100
JSON = "application/json"
HTML = "text/html; charset=utf-8"
_GZIP_LEVEL = 1
_LOG = logging.getLogger("umbilical.web")

Reload = Callable[[], str | None]
"""Reads the configuration anew and waits until that is done; returns None, or why it was refused."""


@dataclass(slots=True)
class _Rendered:
    """Texts of one state, by how they are written: scrapes at the same time share them."""

    snapshot: Any = None
    texts: dict[tuple[Exposition, bool], bytes] | None = None


class Routes:
    """Answers requests; threads share it."""

    def __init__(self, settings: Settings, board: Board, web: Collector, reload: Reload | None) -> None:
        self._settings = settings
        self._board = board
        self._web = web
        self._reload_now = reload if settings.enable_reload else None
        self._process = ProcessCollector(registry=None)
        self._rates = Rates()
        self._rendered, self._rendering, self._reloading = _Rendered(), Lock(), Lock()
        self._ways: Mapping[str, Mapping[str, Callable[[Request], Answer]]] = {
            "/": {"GET": self._start_page},
            "/metrics": {"GET": self._metrics},
            "/alerts": {"GET": self._alerts},
            "/-/healthy": {"GET": self._healthy},
            "/-/ready": {"GET": self._ready},
            "/-/reload": {"POST": self._reload},
            "/favicon.svg": {"GET": self._icon},
        }

    def answer(self, request: Request) -> Answer:
        """Return the answer to a request."""
        way = self._ways.get(request.path)
        if way is None:
            known = ", ".join(self._ways)
            return Answer.text(HTTPStatus.NOT_FOUND, f"There is nothing here. There are {known}.")
        method = "GET" if request.method == "HEAD" else request.method
        if method not in way:
            allowed = ", ".join((*way, "HEAD") if "GET" in way else way)
            return Answer.text(HTTPStatus.METHOD_NOT_ALLOWED, f"This takes {allowed}.", Allow=allowed)
        return way[method](request)

    def _metrics(self, request: Request) -> Answer:
        if self._is_hung:
            return self._hung()
        state = self._board.fresh(PATIENCE_SECONDS)
        if state is None:
            return Answer.text(HTTPStatus.SERVICE_UNAVAILABLE, "Not started yet.", Retry_After="1")
        self._rates.since(state.about.clock_ns, state.snapshot.frames)
        exposition = exposition_for(request.header("accept"))
        is_packed = accepts_gzip(request.header("accept-encoding"))
        headers = {"Vary": "Accept, Accept-Encoding"} | ({"Content-Encoding": "gzip"} if is_packed else {})
        body = self._text(state, exposition, is_packed=is_packed)
        return Answer(content_type=exposition.content_type, body=body, headers=headers)

    def _text(self, state: State, exposition: Exposition, *, is_packed: bool) -> bytes:
        with self._rendering:
            if self._rendered.snapshot is not state.snapshot or self._rendered.texts is None:
                self._rendered = _Rendered(state.snapshot, {})
            texts = self._rendered.texts = self._rendered.texts or {}
            text = texts.get((exposition, False))
            if text is None:
                text = texts[exposition, False] = self._written(state, exposition)
            if is_packed and (exposition, True) not in texts:
                texts[exposition, True] = gzip.compress(text, _GZIP_LEVEL, mtime=0)
            return texts[exposition, is_packed]

    def _written(self, state: State, exposition: Exposition) -> bytes:
        snapshot = state.snapshot
        if not self._settings.created_series:
            snapshot = replace(snapshot, created_ns=None)
        families = registry(lambda: snapshot, self._web, self._process).collect()
        return text_of(families, exposition.format, exposition.escaping)

    def _start_page(self, _: Request) -> Answer:
        state = self._board.fresh(PATIENCE_SECONDS)
        if state is None:
            return Answer.text(HTTPStatus.SERVICE_UNAVAILABLE, "Not started yet.", Retry_After="1")
        verdict = verdict_of(state, self._board.silent_seconds)
        rates = self._rates.since(state.about.clock_ns, state.snapshot.frames)
        page = start_page(state, verdict, rates, has_reload=self._reload_now is not None)
        return Answer(content_type=HTML, body=page, headers={"Content-Security-Policy": PAGE_POLICY})

    def _icon(self, _: Request) -> Answer:
        return Answer(content_type="image/svg+xml", body=ICON, headers={"Cache-Control": "max-age=86400"})

    def _healthy(self, _: Request) -> Answer:
        return self._hung() if self._is_hung else Answer.text(HTTPStatus.OK, "Umbilical is healthy.")

    def _ready(self, _: Request) -> Answer:
        state = self._board.fresh(PATIENCE_SECONDS)
        if state is None:
            reasons: tuple[str, ...] = ("Not started yet.",)
        elif state.is_stale:
            reasons = (f"The main loop has said nothing for {self._board.silent_seconds:.0f} s.",)
        elif state.health.is_ready:
            return Answer.text(HTTPStatus.OK, "Umbilical is ready.")
        else:
            reasons = state.health.reasons or ("Not ready.",)
        return Answer.text(HTTPStatus.SERVICE_UNAVAILABLE, "\n".join(reasons))

    @property
    def _is_hung(self) -> bool:
        return self._board.silent_seconds > self._settings.healthy_within_ns / SECOND_NS

    def _hung(self) -> Answer:
        silent = self._board.silent_seconds
        return Answer.text(
            HTTPStatus.SERVICE_UNAVAILABLE, f"The main loop has said nothing for {silent:.0f} s."
        )

    def _reload(self, request: Request) -> Answer:
        if self._reload_now is None:
            return Answer.text(
                HTTPStatus.FORBIDDEN, "Not enabled: set enable_reload in [export.prometheus], or send SIGHUP."
            )
        if _is_from_elsewhere(request):
            return Answer.text(HTTPStatus.FORBIDDEN, "A page of another site may not ask for this.")
        if not self._reloading.acquire(blocking=False):
            return Answer.text(HTTPStatus.SERVICE_UNAVAILABLE, "A reload is under way.", Retry_After="1")
        try:
            refusal = self._reload_now()
        finally:
            self._reloading.release()
        if refusal is not None:
            words = f"Refused; the old configuration stays.\n{refusal}"
            return Answer.text(HTTPStatus.INTERNAL_SERVER_ERROR, words)
        return Answer.text(HTTPStatus.OK, "Reloaded.")

    def _alerts(self, request: Request) -> Answer:
        fault = _fault_of(request)
        if fault is not None:
            return Answer.text(HTTPStatus.BAD_REQUEST, fault)
        state = self._board.fresh(PATIENCE_SECONDS)
        if state is None:
            return Answer.text(HTTPStatus.SERVICE_UNAVAILABLE, "Not started yet.", Retry_After="1")
        severities, vendors = request.query.get("severity"), request.query.get("vendor")
        matching = [
            one
            for one in state.firing
            if (severities is None or one.severity in severities)
            and (vendors is None or (one.vendor or "") in vendors)
        ]
        limit = int(request.query.get("limit", (str(DEFAULT_ALERTS),))[-1])
        return Answer(content_type=JSON, body=_alerts_json(state, matching, limit))


_PARAMETERS = ("severity", "vendor", "limit")


def _fault_of(request: Request) -> str | None:
    """Return what is wrong with the parameters of /alerts: a filter with a slip in it must not look like no alerts."""
    for name in request.query:
        if name not in _PARAMETERS:
            return f"Unknown parameter; there are {', '.join(_PARAMETERS)}."
    for severity in request.query.get("severity", ()):
        if severity not in set(Severity):
            return f"severity is one of {', '.join(Severity)}."
    for limit in request.query.get("limit", ()):
        if not (limit.isascii() and limit.isdigit() and len(limit) < 7 and int(limit) <= MAX_FIRING_SHOWN):
            return f"limit is a whole number up to {MAX_FIRING_SHOWN}."
    return None


def _alerts_json(state: State, matching: list[Alert], limit: int) -> bytes:
    shown = matching[:limit]
    answer = {
        "time": rfc3339(state.about.clock_ns),
        "stale": state.is_stale,
        "firing_total": state.firing_total,
        "matching": len(matching),
        "alerts": [alert_record(alert) for alert in shown],
    }
    return line(answer)


def _is_from_elsewhere(request: Request) -> bool:
    """Whether a browser says that another site's page asks (Fetch Metadata; RFC 6454 section 7)."""
    site = request.header("sec-fetch-site")
    origin = request.header("origin")
    of_host = origin.partition("://")[2]
    return site not in {"", "same-origin", "none"} or (bool(origin) and of_host != request.header("host"))
