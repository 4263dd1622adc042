"""The summary of a replay on one screen: who was contacted, what is alarming, where to, and what was not understood.

Rule 1: every text that came from a packet, a database or a file passes ``plain`` and is printed without markup.
Rule 2: it fits 80 columns and some 35 lines; what does not fit is counted.
"""

from collections.abc import Iterator, Sequence

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from monitor.export._plain import clock, count_of, day, duration, number, plain, size, tail
from monitor.export.digest import Summary, VendorRow
from monitor.model.alert import Alert
from monitor.model.finding import Severity

MAX_VENDORS, MAX_ALERTS, MAX_PLACES, MAX_GAPS, MAX_HINTS = 8, 7, 6, 8, 4
"""Rows of each part."""
EXPLAINED = 2
"""Alerts, from the top, whose reason is told as well."""
MAX_WIDTH = 100
WIDE = 96
"""Columns from which there is room for the organisation and the first contact."""
MAX_WHY = 190

STYLES = {
    Severity.CRITICAL: "bold red",
    Severity.HIGH: "red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "cyan",
    Severity.INFO: "dim",
}


def print_summary(summary: Summary, console: Console) -> None:
    """Print the summary; colours and width are the console's business."""
    width = min(console.width, MAX_WIDTH)
    for part in _parts(summary, width):
        console.print(part, width=width, highlight=False, markup=False, emoji=False)


def _parts(summary: Summary, width: int) -> Iterator[RenderableType]:
    yield from _headline(summary)
    yield from _vendors(summary, width)
    yield from _alerts(summary, width)
    yield from _places(summary)
    yield from _gaps(summary)
    yield from _hints(summary)


def _headline(summary: Summary) -> Iterator[RenderableType]:
    captures = summary.captures
    name = plain(captures[0], 48) if len(captures) == 1 else count_of(len(captures), "capture")
    yield Text.assemble((name, "bold"), _span(summary))
    counts = (
        count_of(summary.packets, "packet"),
        size(summary.bytes),
        count_of(summary.flows, "flow"),
        count_of(summary.devices, "device"),
    )
    yield Text(", ".join(counts))


def _span(summary: Summary) -> str:
    first, last = summary.first_ns, summary.last_ns
    if first is None or last is None:
        return ": no packets"
    end = clock(last) if day(first) == day(last) else f"{day(last)} {clock(last)}"
    return f": {day(first)} {clock(first)} to {end} UTC ({duration(last - first)})"


def _vendors(summary: Summary, width: int) -> Iterator[RenderableType]:
    rows = sorted(summary.vendors, key=lambda row: (-row.severity.rank, -row.downlink_bytes, row.vendor))
    if not rows:
        yield _title("Vendor contacts: none")
        return
    yield _title("Vendor contacts")
    one_day = len({day(ts_ns) for row in rows for ts_ns in (row.first_seen_ns, row.last_seen_ns)}) == 1
    wide = width >= WIDE
    table = _table()
    table.add_column("severity", no_wrap=True, width=8)
    table.add_column("vendor", no_wrap=True, max_width=16 if wide else 14)
    table.add_column("for", no_wrap=True, min_width=18)
    table.add_column("devices", no_wrap=True, max_width=9)
    table.add_column("where", no_wrap=True, ratio=1, min_width=5)
    table.add_column("up", justify="right", no_wrap=True, min_width=8)
    table.add_column("down", justify="right", no_wrap=True, min_width=8)
    if wide:
        table.add_column("seen", no_wrap=True, min_width=11)
    for row in rows[:MAX_VENDORS]:
        table.add_row(*_vendor_cells(row, wide=wide, one_day=one_day))
    yield _indented(table)
    yield from _more(len(rows) - MAX_VENDORS, "vendor")


def _vendor_cells(row: VendorRow, *, wide: bool, one_day: bool) -> list[Text]:
    cells = [
        Text(row.severity.value, STYLES[row.severity]),
        Text(plain(row.vendor, 40), "bold"),
        Text(_first_of(row.purposes)),
        Text(plain(row.devices[0], 24) if len(row.devices) == 1 else number(len(row.devices))),
        Text(_where(row, wide=wide)),
        Text(size(row.uplink_bytes)),
        Text(size(row.downlink_bytes)),
    ]
    return [*cells, Text(_seen(row, one_day=one_day))] if wide else cells


def _first_of(words: Sequence[str]) -> str:
    more = f" +{len(words) - 1}" if len(words) > 1 else ""
    return plain(words[0], 18 - len(more)) + more if words else ""


def _where(row: VendorRow, *, wide: bool) -> str:
    countries = " ".join(plain(one, 3) for one in row.countries[:2]) or "?"
    if not wide or not row.organisations:
        return countries
    return f"{countries} {plain(row.organisations[0], 40)}"


def _seen(row: VendorRow, *, one_day: bool) -> str:
    """Return when, short: hours and minutes of one day, else month and day."""
    if one_day:
        return f"{clock(row.first_seen_ns)[:5]}-{clock(row.last_seen_ns)[:5]}"
    return f"{day(row.first_seen_ns)[5:]} {day(row.last_seen_ns)[5:]}"


def _alerts(summary: Summary, width: int) -> Iterator[RenderableType]:
    alerts = sorted(
        summary.alerts,
        key=lambda one: (-one.severity.rank, -one.confidence.rank, one.first_seen_ns, one.alert_id),
    )
    yield _title(f"Alerts: {number(len(alerts)) if alerts else 'none'}")
    for place, alert in enumerate(alerts[:MAX_ALERTS]):
        yield _alert(alert, width)
        if place < EXPLAINED:
            yield Padding(Text(plain(alert.why, MAX_WHY), "dim"), (0, 0, 0, 11))
    yield from _more(len(alerts) - MAX_ALERTS, "alert")


def _alert(alert: Alert, width: int) -> RenderableType:
    table = Table.grid(padding=(0, 1), expand=True)
    table.add_column(width=8, no_wrap=True)
    table.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    table.add_column(width=41 if width >= WIDE else 37, no_wrap=True, overflow="ellipsis")
    if width >= WIDE:
        table.add_column(width=16, no_wrap=True)
    ends = plain(alert.device, 18)
    far = alert.remote_name or alert.remote_ip
    if far:
        ends += f" → {tail(far, (38 if width >= WIDE else 34) - len(ends))}"
    cells = [Text(alert.severity.value, STYLES[alert.severity]), Text(plain(alert.title, 80)), Text(ends)]
    table.add_row(*cells, *([Text(alert.alert_id, "dim")] if width >= WIDE else []))
    return _indented(table)


def _places(summary: Summary) -> Iterator[RenderableType]:
    rows = sorted(
        summary.places, key=lambda row: (-(row.uplink_bytes + row.downlink_bytes), row.country or "~")
    )
    if not rows:
        return
    yield _title("Where in the world")
    table = _table()
    table.add_column("country")
    for name in ("flows", "devices", "up", "down"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows[:MAX_PLACES]:
        country = "not known" if row.country is None else plain(row.country, 20)
        traffic = (size(row.uplink_bytes), size(row.downlink_bytes))
        table.add_row(Text(country), number(row.flows), number(row.devices), *traffic)
    table.expand = False
    yield _indented(table)
    yield from _more(len(rows) - MAX_PLACES, "country", "countries")


def _gaps(summary: Summary) -> Iterator[RenderableType]:
    gaps = sorted((gap for gap in summary.gaps if gap.amount), key=lambda gap: -gap.amount)
    if not gaps and not summary.damage:
        return
    yield _title("Not seen or not understood")
    for damage in summary.damage[:MAX_GAPS]:
        yield _indented(Text(plain(damage), "red"))
    if gaps:
        told = ", ".join(f"{number(gap.amount)} {plain(gap.what, 60)}" for gap in gaps[:MAX_GAPS])
        yield _indented(Text(told))


def _hints(summary: Summary) -> Iterator[RenderableType]:
    if summary.hints:
        yield Text()
    for hint in summary.hints[:MAX_HINTS]:
        yield Text(plain(hint), "dim")


def _title(text: str) -> RenderableType:
    return Padding(Text(text, "bold"), (1, 0, 0, 0))


def _table() -> Table:
    return Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, expand=True, header_style="dim")


def _indented(part: RenderableType) -> RenderableType:
    return Padding(part, (0, 0, 0, 2))


def _more(count: int, one: str, many: str | None = None) -> Iterator[RenderableType]:
    if count > 0:
        word = one if count == 1 else many or f"{one}s"
        yield _indented(Text(f"and {number(count)} more {word}", "dim"))
