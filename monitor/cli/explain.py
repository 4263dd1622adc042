"""``umbilical explain``: the evidence behind an alert, from the alert line and the capture."""

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from monitor.cli import options
from monitor.cli.alert_source import Found, in_captures, in_lines, in_recording, in_text, is_id
from monitor.cli.catalog_words import opened_as
from monitor.cli.demo import demo_request
from monitor.cli.failure import fail, guarded_output, say, told_plainly
from monitor.cli.kernels import keep_kernels
from monitor.cli.running import Request
from monitor.cli.words import safe

if TYPE_CHECKING:
    from rich.console import Console

    from monitor.catalog.catalog import Catalog
    from monitor.cli.dissection import Layer
    from monitor.cli.record_search import Recorded
    from monitor.config.tree import Config

EXAMPLES = """\b
Examples:
  umbilical replay site.pcap --json > alerts.jsonl
  umbilical explain alerts.jsonl                     every alert of a file (the first few)
  umbilical explain 0f614e46 --lines alerts.jsonl    one of them
  umbilical explain 0f614e46 --capture site.pcap     replays the capture to find it
  umbilical replay site.pcap --json | head -1 | umbilical explain - --full

\b
An alert of 'umbilical watch' names an interface; its packets are where the sensor recorded them:
  umbilical explain 0f614e46 --lines alerts.jsonl --record /var/lib/umbilical/record
  umbilical explain 0f614e46 --config umbilical.toml      which says where both are
"""
MAX_LOOK_UPS = 4
"""Recorded look-ups that are dissected besides the evidence."""
_DEMO = "the demo, where an id alone is looked for; see --lines, --capture and --config"


def explain(
    alert: Annotated[
        str,
        typer.Argument(
            metavar="ALERT",
            help="an alert id or its beginning, a line of JSON, a file of lines, or -; an id alone is looked for where"
            " the configuration says that alerts are written or recorded, else in the demo",
            show_default=False,
        ),
    ],
    *,
    lines: Annotated[
        str | None,
        typer.Option(
            "--lines", metavar="FILE", help="where to look for the id: alert lines, or -", show_default=False
        ),
    ] = None,
    capture: Annotated[
        list[str] | None,
        typer.Option(
            "--capture",
            metavar="FILE",
            help="the capture, if it is not where the alert says; may be given several times",
            show_default=False,
        ),
    ] = None,
    record: Annotated[
        Path | None,
        typer.Option(
            "--record",
            metavar="FOLDER",
            help="where 'umbilical watch --record' kept packets; by default [sensor] record_folder",
            show_default=False,
        ),
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="every field that tshark knows")] = False,
    config: options.ConfigFile = None,
    signatures: options.SignatureFolder = None,
    home: options.Home = None,
) -> None:
    """Explain an alert: its story, its signature, and the packets it rests on, dissected by tshark."""
    keep_kernels()
    replaying = Request(captures=capture or [], config=config, signatures=signatures, home=home)
    configured = _configured(config)
    record = record or configured.record_folder
    found = _found(alert, lines, replaying, _Kept(_lines_of(configured), record))
    if not found.alerts:
        is_whole_file = alert in {"-", found.place}
        fail(f"{found.place}: holds no alerts" if is_whole_file else f"no alert '{alert}' in {found.place}")
    catalog = opened_as(configured, signatures)
    with guarded_output():
        _print_all(found, catalog, _Places(capture or [], record), full=full)
    if found.more:
        say(f"{found.more} more alerts are in the file; name one by its id with --lines FILE")


class _Kept(NamedTuple):
    """Where a sensor keeps its alerts; None for nowhere."""

    lines: Path | None
    record: Path | None


class _Places(NamedTuple):
    """Where packets may be."""

    captures: list[str]
    record: Path | None


class _Spot(NamedTuple):
    """Where the packet of a piece of evidence is."""

    path: str
    number: int


def _found(alert: str, lines: str | None, replaying: Request, kept: _Kept) -> Found:
    if alert.lstrip().startswith("{"):
        return in_text(alert)
    if alert == "-" or _is_file(alert):
        return in_lines(alert)
    if not is_id(alert):
        fail(
            f"'{alert}' is no alert: give an id (at least four hex digits, at most 16), a line of JSON,"
            " a file of lines, or -"
        )
    wanted = alert.lower()
    if lines is not None:
        return in_lines(lines, wanted)
    if replaying.captures:
        return in_captures(replaying, wanted)
    return _kept_or_shown(wanted, kept)


def _is_file(name: str) -> bool:
    with told_plainly():
        try:
            return stat.S_ISREG(Path(name).stat().st_mode)
        except (FileNotFoundError, NotADirectoryError):
            return False


def _kept_or_shown(wanted: str, kept: _Kept) -> Found:
    """Look for an alert where a sensor keeps them, and where none does in the demo."""
    places = []
    for found in _in_kept(wanted, kept):
        if found.alerts:
            return found
        places.append(found.place)
    if kept.record is not None:
        return Found(alerts=[], place=" or ".join(places))
    found = in_captures(demo_request(), wanted)
    return replace(found, place=" or ".join([*places, _DEMO]))


def _in_kept(wanted: str, kept: _Kept) -> Iterator[Found]:
    if kept.lines is not None and _is_file(str(kept.lines)):
        yield in_lines(str(kept.lines), wanted)
    if kept.record is not None:
        yield in_recording(kept.record, wanted)


def _configured(config: Path | None) -> "Config":
    with told_plainly():
        from monitor.config.reader import load

        return load(config)


def _lines_of(configured: "Config") -> Path | None:
    """Return the file that a sensor with this configuration writes alert lines to."""
    section = configured.sections.get("export.jsonl")
    if section is None or section.format != "json":
        return None
    name: str = section.path
    return (configured.path or Path()).parent / name


def _print_all(found: Found, catalog: "Catalog", places: _Places, *, full: bool) -> None:
    from monitor.cli.screen import PAPER_COLUMNS, new_console
    from monitor.cli.story import story
    from monitor.export.schema import SCHEMAS

    console = new_console()
    width = min(console.width, PAPER_COLUMNS)
    published = frozenset(SCHEMAS["alert"]()["properties"])
    for place, alert in enumerate(found.alerts):
        if place:
            _print(console, "\n" + "-" * width + "\n", "dim")
        for text, style in story(alert, catalog, width, published):
            _print(console, text, style)
        _print_evidence(console, alert, places, full=full)


def _print_evidence(console: "Console", alert: dict[str, Any], places: _Places, *, full: bool) -> None:
    from monitor.cli.story import evidence_of, seen

    entries = evidence_of(alert)
    kept = _recorded(alert, entries, places)
    spots = [_spot(entry, kept, places.captures) for entry in entries]
    layers = _dissected([spot for spot in spots if spot is not None], full=full)
    _print(console, "\nWhat was seen", "bold")
    if not entries:
        _print(console, "  The alert names no frame.")
    for entry, spot in zip(entries, spots, strict=True):
        _print(console, f"  {seen(entry)}", "cyan")
        _print_layers(console, () if spot is None else layers.get(spot, ()))
    _say_missing(entries, spots, places.record)
    if kept:
        _print_recording(console, str(alert.get("alert_id")), kept, full=full)


def _recorded(alert: dict[str, Any], entries: list[dict[str, Any]], places: _Places) -> "list[Recorded]":
    """Return what was recorded of an alert whose captures are not there."""
    if places.record is None or all(_located(_capture_of(entry), places.captures) for entry in entries):
        return []
    from monitor.cli.record_search import recorded

    with told_plainly():
        return recorded(places.record, alert)


def _spot(entry: dict[str, Any], kept: "Sequence[Recorded]", captures: list[str]) -> _Spot | None:
    from monitor.cli.record_search import is_of

    path = _located(_capture_of(entry), captures)
    if path is not None:
        return _Spot(path, entry["frame"])
    return next((_Spot(one.path, one.number) for one in kept if is_of(one, entry)), None)


def _dissected(spots: list[_Spot], *, full: bool) -> "dict[_Spot, tuple[Layer, ...]]":
    """Dissect frames, each file once; what is missing is said."""
    from monitor.cli.dissection import dissect

    layers: dict[_Spot, tuple[Layer, ...]] = {}
    for path in dict.fromkeys(spot.path for spot in spots):
        wanted = [spot.number for spot in spots if spot.path == path]
        told = dissect(path, wanted, full=full)
        layers |= {_Spot(path, number): found for number, found in told.frames.items()}
        _say_problem(told.problem, path, missing=[one for one in wanted if one not in told.frames])
    return layers


def _print_recording(console: "Console", alert_id: str, kept: "list[Recorded]", *, full: bool) -> None:
    look_ups = [_Spot(one.path, one.number) for one in kept if one.note.name][:MAX_LOOK_UPS]
    _print(console, f"\nWhat was recorded (packets: {len(kept)})", "bold")
    word = alert_id if all(alert_id in one.note.alerts for one in kept) else kept[0].note.flow
    for path in dict.fromkeys(one.path for one in kept):
        _print(console, f"  tshark -r {quote(path)} -Y 'frame.comment contains \"{word}\"'")
    layers = _dissected(look_ups, full=full)
    for spot in look_ups:
        _print(console, f"  look-up, frame {spot.number} of {spot.path}", "cyan")
        _print_layers(console, layers.get(spot, ()))


def _print_layers(console: "Console", layers: "Sequence[Layer]") -> None:
    for layer in layers:
        for number, line in enumerate(layer.lines):
            _print(console, f"    {'' if number else layer.name:<6} {line}")


def _say_missing(entries: list[dict[str, Any]], spots: Sequence[_Spot | None], record: Path | None) -> None:
    names = [_capture_of(entry) for entry, spot in zip(entries, spots, strict=True) if spot is None]
    for name in dict.fromkeys(names):
        missing = f"{name or 'the capture'}: not there any more"
        if record is None:
            say(f"{missing}; name it with --capture FILE, or --record FOLDER, to see the packets")
        else:
            say(f"{missing}, and {names.count(name)} of its frames are not in {record} (any more)")


def _say_problem(problem: str | None, path: str, missing: list[int]) -> None:
    if problem is not None:
        say(problem)
    elif missing:
        say(f"{path}: has no frame {', '.join(map(str, missing))}; is it the capture of this alert?")


def _capture_of(entry: dict[str, Any]) -> str:
    return str(entry.get("capture") or "")


def _located(name: str, captures: list[str]) -> str | None:
    """Return where a capture is now: what the operator names comes first, matched by file name when there are several."""
    same_name = [one for one in captures if Path(one).name == Path(name).name]
    chosen = same_name or (captures if len(captures) == 1 else [])
    candidates = [*chosen, name]
    # Names come from alert lines, too: whatever one is, it leads to a file or it does not.
    return next((one for one in candidates if one and os.path.isfile(one)), None)  # noqa: PTH113 - pathlib raises for some names


def _print(console: "Console", text: str, style: str = "") -> None:
    safe_text = "\n".join(map(safe, text.split("\n")))
    console.print(safe_text, style=style, markup=False, highlight=False, emoji=False, soft_wrap=True)
