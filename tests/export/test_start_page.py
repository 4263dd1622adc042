import base64
import hashlib
import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.export._page_rates import Rate
from monitor.export._page_verdict import verdict_of
from monitor.export._start_page import ICON, MAX_ALERTS, MAX_VENDORS, PAGE_POLICY, start_page
from monitor.export.board import State
from monitor.model.finding import Severity
from tests.export._states import BUSY, QUIET, make_alert, make_state

EVIL = "\"'><script>document.title='pwned'</script><img src=x onerror=alert(1)>\u202e\x1b[2J"
ALLOWED = {
    *("html", "head", "meta", "title", "link", "style", "body", "header", "main", "footer", "section"),
    *("svg", "rect", "path", "circle", "h1", "h2", "h3", "p", "div", "span", "a", "b", "i", "code", "small"),
    *("ul", "li", "dl", "dt", "dd", "table", "thead", "tbody", "tr", "th", "td", "meter"),
}
needs_chromium = pytest.mark.skipif(shutil.which("chromium") is None, reason="needs chromium")


class Seen(HTMLParser):
    """Elements, attributes and words of a page."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: set[tuple[str, str, str | None]] = set()
        self.words = ""
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes |= {(tag, name, value) for name, value in attrs}

    def handle_data(self, data: str) -> None:
        self.words += data + "\n"


def page(state: State | None = None) -> bytes:
    shown = state or make_state()
    return start_page(shown, verdict_of(shown, 0.0), {"eth1": Rate(84_000, 4e8)})


def test_the_state_is_there_at_a_glance() -> None:
    words = Seen(page()).words
    for one in (
        "Watching",
        "north substation",
        "2027-01-15 08:00:00 UTC",
        "Acme Wireless: Firmware update poll",
        "The device asked its vendor for new firmware.",
        "84 000",
        "400 M",
        "100 %",
        "Acme Wireless",
        "jsonl",
        "2027-01-14, 1 d 0 h ago",
        "IP Geolocation by DB-IP",
    ):
        assert one in words, one


def test_nothing_comes_from_outside_and_nothing_runs() -> None:
    seen = Seen(page())
    assert seen.elements <= ALLOWED
    links = {value for _, name, value in seen.attributes if name in {"href", "src", "action"}}
    assert all(link is not None and link.startswith("/") and not link.startswith("//") for link in links)
    assert not [name for _, name, _ in seen.attributes if name.startswith("on") or name == "style"]


def test_the_policy_allows_this_style_and_no_other() -> None:
    style = re.search(rb"<style>(.*?)</style>", page(), re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1]).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in PAGE_POLICY
    assert "unsafe" not in PAGE_POLICY


def hostile(text: str) -> State:
    evil = make_alert(
        title=text, why=text, device=text, remote_name=text, country=text, organisation=text, alert_id=text
    )
    state = make_state(firing=(evil,))
    about = replace(
        state.about,
        name=text,
        credits=(text,),
        output_faults={text: text},
        recent=(replace(evil, count=7),),
        vendor_names={"acme": text},
    )
    known = replace(BUSY.known, interfaces=(text,), outputs=(text,))
    health = replace(state.health, reasons=(text,))
    snapshot = replace(BUSY, known=known, devices={text: 3, "acme": 2}, version=text, catalog_digest=text)
    return replace(state, about=about, health=health, snapshot=snapshot)


def test_text_from_the_wire_is_text() -> None:
    told = page(hostile(EVIL))
    seen = Seen(told)
    assert seen.elements <= ALLOWED
    assert b"<script" not in told
    assert "\x1b" not in told.decode()
    assert "\u202e" not in told.decode()


@settings(max_examples=25, deadline=None)
@given(st.text())
def test_any_text_is_text(text: str) -> None:
    plain, told = Seen(page(hostile("x"))), Seen(page(hostile(text)))
    assert told.elements <= ALLOWED
    assert {name for _, name, _ in told.attributes} <= {name for _, name, _ in plain.attributes}


def test_a_sensor_that_has_just_started_has_a_page() -> None:
    state = make_state(snapshot=QUIET, firing=(), firing_total=0)
    words = Seen(page(state)).words
    for one in ("Quiet", "Nothing fires.", "No device was seen yet.", "not known"):
        assert one in words, one


def test_a_sensor_without_outputs_says_so() -> None:
    state = make_state(snapshot=replace(BUSY, known=replace(BUSY.known, outputs=())))
    assert "No output is configured." in Seen(page(state)).words


def test_very_many_alerts_and_vendors_are_not_all_shown() -> None:
    alerts = tuple(make_alert(alert_id=f"id{number}", severity=Severity.HIGH) for number in range(1000))
    crowded = replace(BUSY, devices={f"vendor{number}": number + 1 for number in range(65)})
    told = page(make_state(firing=alerts, firing_total=5000, snapshot=crowded))
    words = Seen(told).words
    assert len(re.findall(rb'class="alert ', told)) == MAX_ALERTS
    assert "4 980 more alerts fire" in words
    assert f"{65 - MAX_VENDORS} more vendors" in words
    assert len(told) < 60_000


def test_what_was_told_lately_is_there_once() -> None:
    firing, over = make_alert(alert_id="id-of-now"), make_alert(alert_id="over", title="It is over")
    state = make_state(firing=(firing,))
    state = replace(state, about=replace(state.about, recent=(firing, over)))
    words = Seen(page(state)).words
    assert words.count("id-of-now") == 1
    assert "Told lately" in words
    assert "It is over" in words


def test_the_page_says_when_a_reload_can_be_asked_for() -> None:
    state = make_state()
    assert b"/-/reload" in start_page(state, verdict_of(state, 0.0), {}, has_reload=True)
    assert b"/-/reload" not in start_page(state, verdict_of(state, 0.0), {})


def test_the_icon_is_a_picture() -> None:
    assert ICON.startswith(b"<svg ")


@needs_chromium
def test_a_browser_shows_hostile_names_as_text(tmp_path: Path) -> None:
    """Without the policy, so that only the escaping stands between the names and the page."""
    file = tmp_path / "page.html"
    file.write_bytes(page(hostile(EVIL)))
    chromium = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
    quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
    done = subprocess.run(
        [*chromium, *quiet, f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", file.as_uri()],
        capture_output=True,
        timeout=60,
        check=True,
    )
    dom = done.stdout.decode()
    assert "<title>pwned</title>" not in dom
    assert Seen(done.stdout).elements <= ALLOWED
