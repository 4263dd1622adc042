"""The start page: the state of the sensor at a glance, as plain HTML without scripts and without outside resources.

Rule: it shows one ``State`` and decides nothing; ``_page_verdict.py`` says what the state amounts to.
"""

from collections import Counter
from collections.abc import Iterable, Mapping

from monitor.export._html import Html, el, join
from monitor.export._page_parts import Fact, alert_card, bars, facts, table, tiles
from monitor.export._page_rates import Rate
from monitor.export._page_style import STYLE, STYLE_HASH
from monitor.export._page_verdict import COMPLETE, STALE_CATALOG_NS, STALE_GEOIP_NS, Mood, Verdict
from monitor.export._page_words import NOTHING, age, bits, per_second, share, since, stamp
from monitor.export._plain import count_of, number, size
from monitor.export.board import State
from monitor.export.sensor_counts import Delivery, SensorCounts
from monitor.model.finding import Severity
from monitor.model.instant import SECOND_NS

REFRESH_SECONDS = 15
MAX_ALERTS = 20
MAX_RECENT = 8
MAX_VENDORS = 12
PAGE_POLICY = (
    f"default-src 'none'; style-src '{STYLE_HASH}'; img-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)

_LOGO = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" aria-hidden="true"><rect width="32" height="32" '
    'rx="8" fill="#0b6bcb"/><path d="M8.5 21.5c5 3.500 6-3 7.500-5.500s3-9 8-5.500" fill="none" stroke="#fff" '
    'stroke-width="2.600" stroke-linecap="round"/><circle cx="8.500" cy="21.500" r="3" fill="#fff"/><circle cx="23.500" '
    'cy="10.500" r="3" fill="#7fe3ff"/></svg>'
)
ICON = _LOGO.encode()


def start_page(
    state: State, verdict: Verdict, rates: Mapping[str, Rate], *, has_reload: bool = False
) -> bytes:
    """Return the page."""
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("title", f"{verdict.word} · {state.about.name} · Umbilical"),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        Html(f'<meta http-equiv="refresh" content="{REFRESH_SECONDS}">'),
        el("meta", name="robots", content="noindex"),
        el("link", rel="icon", href="/favicon.svg", type="image/svg+xml"),
        Html(f"<style>{STYLE}</style>"),
    )
    body = el("body", _header(state), _main(state, verdict, rates), _footer(state, has_reload=has_reload))
    return ("<!doctype html>" + el("html", head, body, lang="en")).encode("utf-8", "replace")


def _header(state: State) -> Html:
    return el(
        "header",
        Html(_LOGO),
        el("h1", "Umbilical"),
        el("span", state.about.name, class_="site"),
        el("span", f"{stamp(state.about.clock_ns)} UTC", class_="when"),
    )


def _main(state: State, verdict: Verdict, rates: Mapping[str, Rate]) -> Html:
    return el(
        "main",
        _hero(state, verdict),
        _tiles(state, rates),
        _firing(state),
        _interfaces(state, rates),
        el("div", _vendors(state), _outputs(state), class_="pair"),
        el("div", _knowledge(state), _sensor(state), class_="pair"),
    )


def _hero(state: State, verdict: Verdict) -> Html:
    said = (
        el("ul", *(el("li", reason) for reason in verdict.reasons))
        if verdict.reasons
        else el("p", "Capturing, processing and telling, as it should.")
    )
    left = el("div", el("div", verdict.word, class_="word"), said, class_=f"state {verdict.mood.value}")
    total = state.firing_total
    by_severity = Counter(one.severity for one in state.firing)
    chips = [
        el("span", f"{by_severity[one]} {one.value}", class_=f"chip {mood_of(one)}")
        for one in reversed(Severity)
        if by_severity[one]
    ]
    worst = max(state.firing, key=lambda one: one.severity.rank, default=None)
    right = el(
        "div",
        el("a", number(total) if total else "Quiet", href="/alerts", class_="word"),
        el("p", "alert fires now" if total == 1 else "alerts fire now" if total else "no alert fires now"),
        el("div", *chips, class_="chips") if chips else None,
        class_=f"alerts {'good' if worst is None else mood_of(worst.severity)}",
    )
    return el("div", left, right, class_="hero")


def mood_of(severity: Severity) -> str:
    """Return the colour of a severity."""
    if severity.rank >= Severity.HIGH.rank:
        return Mood.BAD.value
    return Mood.WARNING.value if severity is Severity.MEDIUM else "quiet"


def _tiles(state: State, rates: Mapping[str, Rate]) -> Html:
    snapshot, sensor = state.snapshot, state.snapshot.sensor or SensorCounts()
    completeness, lag = sensor.completeness, snapshot.capture_lag_seconds
    is_lossy = completeness is not None and completeness < COMPLETE
    frames = sum(rate.frames_per_second for rate in rates.values()) if rates else None
    return tiles(
        ("Processed, 5 min", share(completeness), "", Mood.BAD if is_lossy else None),
        ("Arriving", *per_second(frames), None),
        ("Behind the wire", NOTHING if lag is None else since(int(lag * SECOND_NS)), "", None),
        ("Devices seen", number(sum(snapshot.devices.values())), "", None),
        ("Flows open", number(snapshot.flows_active), "", None),
        ("Running for", since(state.about.clock_ns - state.about.started_ns), "", None),
    )


def _firing(state: State) -> Html:
    now_ns, shown = state.about.clock_ns, state.firing[:MAX_ALERTS]
    cards: list[Html | None] = [alert_card(one, now_ns, mood_of(one.severity)) for one in shown]
    if not shown:
        cards.append(el("div", "Nothing fires.", class_="none"))
    rest = state.firing_total - len(shown)
    if rest > 0:
        link = el("a", "as JSON", href="/alerts?limit=1000")
        cards.append(el("div", f"{count_of(rest, 'more alert')} fire; all of them ", link, class_="more"))
    recent = [one for one in state.about.recent if one not in shown][:MAX_RECENT]
    told = [
        el("h2", "Told lately") if recent else None,
        el("div", *(alert_card(one, now_ns, "quiet") for one in recent), class_="card") if recent else None,
    ]
    return join(
        el("section", el("h2", "Firing now"), el("div", *cards, class_="card")),
        el("section", *told) if recent else None,
    )


def _interfaces(state: State, rates: Mapping[str, Rate]) -> Html:
    snapshot, sensor = state.snapshot, state.snapshot.sensor or SensorCounts()
    lost: Counter[str] = Counter()
    for (name, _), amount in snapshot.dropped.items():
        lost[name] += amount
    rows = []
    for name in snapshot.known.interfaces:
        is_up, counts, rate = sensor.up.get(name), snapshot.frames.get(name), rates.get(name)
        mood = "quiet" if is_up is None else "good" if is_up else "bad"
        rows.append(
            (
                join(el("i", class_=f"dot {mood}"), name),
                "unknown" if is_up is None else "up" if is_up else "down",
                NOTHING if rate is None else number(round(rate.frames_per_second)),
                NOTHING if rate is None else bits(rate.bits_per_second),
                NOTHING if counts is None else number(counts.frames),
                number(lost[name]),
                age(state.about.clock_ns, sensor.last_frame_ns.get(name, 0)),
            )
        )
    heads = ("Interface", "State", "Frames/s", "Bit/s", "Frames", "Dropped", "Last frame")
    return el("section", el("h2", "Interfaces"), table(heads, rows, numbers=range(2, 7)))


def _vendors(state: State) -> Html:
    names = {"": "no known vendor", **state.about.vendor_names}
    counts = sorted(
        ((amount, names.get(vendor, vendor)) for vendor, amount in state.snapshot.devices.items() if amount),
        reverse=True,
    )
    shown = [(name, amount) for amount, name in counts[:MAX_VENDORS]]
    rest = sum(amount for amount, _ in counts[MAX_VENDORS:])
    if rest:
        shown.append((f"{len(counts) - MAX_VENDORS} more vendors", rest))
    inside = bars(shown) if shown else el("div", "No device was seen yet.", class_="none")
    return el("section", el("h2", "Devices by module vendor"), el("div", inside, class_="card"))


def _outputs(state: State) -> Html:
    sensor, faults = state.snapshot.sensor or SensorCounts(), state.about.output_faults
    rows = []
    for name in state.snapshot.known.outputs:
        one = sensor.deliveries.get(name, Delivery())
        mood = "bad" if name in faults or one.dropped else "warning" if one.pending else "good"
        rows.append(
            (
                join(el("i", class_=f"dot {mood}"), name),
                number(one.delivered),
                number(one.pending),
                number(one.dropped),
                age(state.about.clock_ns, one.last_success_ns),
            )
        )
    inside = (
        table(("Output", "Given", "Waiting", "Lost", "Last"), rows, numbers=range(1, 5))
        if rows
        else el("div", el("div", "No output is configured.", class_="none"), class_="card")
    )
    return el("section", el("h2", "Outputs"), inside)


def _knowledge(state: State) -> Html:
    snapshot, now_ns = state.snapshot, state.about.clock_ns
    sensor = snapshot.sensor or SensorCounts()
    signatures = sum(snapshot.catalog_signatures.values())
    of_vendors = count_of(len(snapshot.known.vendors), "vendor")
    rows: list[Fact] = [
        ("Signatures", f"{number(signatures)} for {of_vendors}", None),
        _aged("Their day", snapshot.catalog_day_ns, now_ns, STALE_CATALOG_NS),
        ("Digest", el("code", snapshot.catalog_digest[:16]), None),
    ]
    rows += [
        _aged(f"Geo-IP, {name}", built_ns, now_ns, STALE_GEOIP_NS)
        for name, built_ns in sensor.geoip_build_ns.items()
    ]
    rows += [(credit, None, None) for credit in state.about.credits]
    return el("section", el("h2", "What it knows"), facts(rows))


def _aged(name: str, day_ns: int, now_ns: int, stale_ns: int) -> tuple[str, str, str | None]:
    if not day_ns:
        return (name, "not known", "warning")
    mood = "warning" if now_ns - day_ns > stale_ns else None
    return (name, f"{stamp(day_ns)[:10]}, {age(now_ns, day_ns)}", mood)


def _sensor(state: State) -> Html:
    snapshot, now_ns = state.snapshot, state.about.clock_ns
    sensor = snapshot.sensor or SensorCounts()
    evicted, errors = sum(snapshot.evictions.values()), sum(snapshot.internal_errors.values())
    up, workers = sum(sensor.workers_up.values()), len(sensor.workers_up)
    saved = sensor.checkpoint
    rows: list[Fact] = [
        ("State on disk", _saved(now_ns, saved.last_success_ns, saved.bytes), None),
        ("Spool", f"{size(sensor.spool.bytes)} of {size(sensor.spool.limit_bytes)}", None),
        ("Given up by full tables", number(evicted), "warning" if evicted else None),
        ("Messages malformed", number(sum(snapshot.malformed.values())), None),
        ("Faults of this program", number(errors), "bad" if errors else None),
    ]
    if workers:
        rows.insert(0, ("Workers", f"{up} of {workers} live", None if up == workers else "bad"))
    if sensor.memory_budget_bytes:
        rows.append(("Memory budget", size(sensor.memory_budget_bytes), None))
    return el("section", el("h2", "How it is"), facts(rows))


def _saved(now_ns: int, last_ns: int | None, size_bytes: int) -> str:
    if last_ns is None:
        return "none is kept"
    return f"{size(size_bytes)}, {age(now_ns, last_ns)}" if last_ns else "not yet"


def _footer(state: State, *, has_reload: bool) -> Html:
    links = (
        ("/metrics", "Metrics"),
        ("/alerts", "Alerts"),
        ("/-/healthy", "Healthy?"),
        ("/-/ready", "Ready?"),
    )
    said: Iterable[Html] = (el("a", words, href=path) for path, words in links)
    return el(
        "footer",
        *said,
        el("span", "POST /-/reload reads the configuration anew") if has_reload else None,
        el("span", f"Umbilical {state.snapshot.version} · again every {REFRESH_SECONDS} s", class_="end"),
    )
