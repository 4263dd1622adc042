"""The pieces that the start page is put together of: tiles, tables, bars, facts, the card of an alert."""

from collections.abc import Container, Iterable, Sequence

from monitor.export._html import Html, el, join
from monitor.export._page_words import age
from monitor.export._plain import count_of, number, plain, tail
from monitor.model.alert import Alert, AlertState

_MAX_NAME = 60
Tile = tuple[str, str, str, str | None]
Fact = tuple[str, str | None, str | None]


def tiles(*given: Tile) -> Html:
    """Return large numbers with a name, a unit and a mood."""
    return el(
        "div",
        *(
            el(
                "dl",
                el("dt", name),
                el("dd", amount, " " if unit else None, el("small", unit) if unit else None),
                class_=f"tile {mood or ''}".strip(),
            )
            for name, amount, unit, mood in given
        ),
        class_="tiles",
    )


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], numbers: Container[int]) -> Html:
    """Return a table; the columns of numbers stand to the right."""

    def cells(kind: str, row: Sequence[str]) -> Iterable[Html]:
        return (el(kind, cell, class_="n" if place in numbers else None) for place, cell in enumerate(row))

    head = el("thead", el("tr", *cells("th", heads)))
    body = el("tbody", *(el("tr", *cells("td", row)) for row in rows))
    return el("div", el("table", head, body), class_="card scroll")


def bars(given: Sequence[tuple[str, int]]) -> Html:
    """Return amounts as bars, the longest for the largest."""
    most = max(amount for _, amount in given)
    return el(
        "ul",
        *(
            el(
                "li",
                el("span", name, title=name),
                el("meter", min=0, max=most, value=amount),
                el("span", number(amount), class_="num"),
            )
            for name, amount in given
        ),
        class_="bars",
    )


def facts(given: Sequence[Fact]) -> Html:
    """Return names with what is known under them; one that has no value is a note."""
    pairs = (
        join(el("dt", name), el("dd", value, class_=mood)) for name, value, mood in given if value is not None
    )
    notes = (el("dd", name, class_="note") for name, value, _ in given if value is None)
    return el("dl", *pairs, *notes, class_="card facts")


def chip(words: str, mood: str) -> Html:
    """Return a small coloured word."""
    return el("span", words, class_=f"chip {mood}")


def alert_card(alert: Alert, now_ns: int, mood: str) -> Html:
    """Return what an alert says, who it is about and when it was seen."""
    said = alert.severity.value if alert.state is AlertState.FIRING else "resolved"
    return el(
        "div",
        el("h3", chip(said, mood), alert.title),
        el("p", alert.why),
        el(
            "div",
            el("span", "device ", el("b", plain(alert.device, _MAX_NAME))),
            _remote(alert),
            el("span", f"seen {count_of(alert.count, 'time')}, last {age(now_ns, alert.last_seen_ns)}"),
            el("span", f"confidence {alert.confidence.value}"),
            el("code", alert.alert_id),
            class_="meta",
        ),
        class_=f"alert {mood}",
    )


def _remote(alert: Alert) -> Html | None:
    name = alert.remote_name or alert.remote_ip
    if not name:
        return None
    where = ", ".join(one for one in (alert.country, alert.organisation) if one)
    return el(
        "span", "remote ", el("b", tail(name, _MAX_NAME)), f" ({plain(where, _MAX_NAME)})" if where else None
    )
