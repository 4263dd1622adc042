import io
from dataclasses import replace
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from monitor.alert.book import AlertBook
from monitor.export.digest import Gap, PlaceRow, Summary, VendorRow
from monitor.export.summary import MAX_ALERTS, MAX_VENDORS, print_summary
from monitor.model.alert import Alert
from monitor.model.finding import Severity
from monitor.model.instant import SECOND_NS
from tests.kit.facts import T0, make_finding, make_observation

EMPTY = Summary(captures=("a.pcap",), first_ns=None, last_ns=None, packets=0, bytes=0, flows=0, devices=0)


def alerts(count: int, **changes: Any) -> tuple[Alert, ...]:
    book = AlertBook()
    for number in range(count):
        severity = Severity.HIGH if number == count - 1 else Severity.LOW
        finding = make_finding(
            (str(number),), make_observation(at=number, remote_name="fota.acme.example"), severity=severity
        )
        book.tell(replace(finding, title=f"story {number}", **changes))
    return tuple(book.close())


def vendor(name: str = "Acme Wireless", **changes: Any) -> VendorRow:
    return VendorRow(
        **{
            "vendor": name,
            "purposes": ("firmware-update", "telemetry"),
            "devices": ("meter-17",),
            "countries": ("CN", "SG"),
            "organisations": ("Example Cloud Ltd",),
            "uplink_bytes": 1500,
            "downlink_bytes": 3 << 20,
            "first_seen_ns": T0,
            "last_seen_ns": T0 + 3600 * SECOND_NS,
            "severity": Severity.HIGH,
            **changes,
        }
    )


FULL = replace(
    EMPTY,
    first_ns=T0,
    last_ns=T0 + 90_000 * SECOND_NS,
    packets=1_234_567,
    bytes=5 << 30,
    flows=2,
    devices=1,
    vendors=tuple(vendor(f"Vendor {number}") for number in range(20)),
    alerts=alerts(20),
    places=tuple(PlaceRow(country, 1, 1, 5, 5) for country in ("CN", "DE", None)),
    gaps=(Gap(12, "malformed messages"), Gap(0, "nothing of this")),
    damage=("a.pcap: cut short at byte 99",),
    hints=("umbilical explain 00 shows the packets behind an alert",),
)


def shown(summary: Summary, width: int = 100, *, colour: bool = False) -> str:
    stream = io.StringIO()
    console = Console(
        file=stream, width=width, force_terminal=colour, color_system="truecolor" if colour else None
    )
    print_summary(summary, console)
    return stream.getvalue()


def test_an_empty_capture_is_told_in_a_few_lines() -> None:
    text = shown(EMPTY)
    assert "a.pcap: no packets" in text
    assert "Vendor contacts: none" in text
    assert "Alerts: none" in text


@pytest.mark.parametrize("width", [80, 100, 200])
def test_a_full_summary_fits_the_screen(width: int) -> None:
    lines = shown(FULL, width).splitlines()
    assert max(cell_len(line) for line in lines) <= min(width, 100)
    assert len(lines) <= 40


def test_the_headline_tells_span_and_size() -> None:
    text = shown(FULL)
    assert "a.pcap: 2027-01-15 08:00:00 to 2027-01-16 09:00:00 UTC (1 d 1 h)" in text
    assert "1 234 567 packets, 5.0 GiB, 2 flows, 1 device" in text


def test_a_vendor_is_told_with_purpose_device_place_and_bytes() -> None:
    text = shown(replace(EMPTY, vendors=(vendor(),)))
    (line,) = [line for line in text.splitlines() if "Acme Wireless" in line]
    assert line.split() == [
        *("high", "Acme", "Wireless", "firmware-update", "+1", "meter-17"),
        *("CN", "SG", *line.split()[8:-5]),
        *("1.5", "KiB", "3.0", "MiB", "08:00-09:00"),
    ]


def test_the_most_severe_alert_comes_first_and_says_why() -> None:
    lines = shown(FULL).splitlines()
    first = next(number for number, line in enumerate(lines) if line.strip().startswith("high     story"))
    assert "story 19" in lines[first]
    assert "meter-17 → fota.acme.example" in lines[first]
    assert "The device asked its vendor" in lines[first + 1]
    assert "story 0" in "\n".join(lines[first + 2 :])


def test_what_does_not_fit_is_counted() -> None:
    text = shown(FULL)
    assert f"and {20 - MAX_ALERTS} more alerts" in text
    assert f"and {20 - MAX_VENDORS} more vendors" in text


def test_gaps_damage_and_hints_are_told() -> None:
    text = shown(FULL)
    assert "12 malformed messages" in text
    assert "nothing of this" not in text
    assert "cut short at byte 99" in text
    assert "umbilical explain 00" in text
    assert "not known" in text


def test_hostile_text_is_neither_markup_nor_control() -> None:
    evil = "[red]\x1b[2J\u202e:smile:\n"
    summary = replace(
        FULL,
        captures=(evil,),
        alerts=alerts(1, why=evil),
        vendors=(vendor(evil, devices=(evil,), organisations=(evil,), countries=(evil,)),),
        places=(PlaceRow(evil, 1, 1, 1, 1),),
        hints=(evil,),
        damage=(evil,),
        gaps=(Gap(1, evil),),
    )
    text = shown(summary)
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "[red]\\x1b[2J\\u202e:smile:" in text


def test_colours_are_for_terminals_only() -> None:
    assert "\x1b[" in shown(FULL, colour=True)
    assert "\x1b[" not in shown(FULL)
