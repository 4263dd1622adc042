"""``umbilical explain``: the evidence behind an alert, from the alert line and the capture."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from monitor.cli import options
from monitor.cli.alert_source import Found, in_captures, in_lines, in_text, is_id
from monitor.cli.demo import demo_request
from monitor.cli.failure import fail, guarded_output, say, told_plainly
from monitor.cli.running import Request
from monitor.cli.words import safe

if TYPE_CHECKING:
    from rich.console import Console

    from monitor.catalog.catalog import Catalog

EXAMPLES = """\b
Examples:
  umbilical replay site.pcap --json > alerts.jsonl
  umbilical explain alerts.jsonl                     every alert of a file (the first few)
  umbilical explain 0f614e46 --lines alerts.jsonl    one of them
  umbilical explain 0f614e46 --capture site.pcap     replays the capture to find it
  umbilical replay site.pcap --json | head -1 | umbilical explain - --full
"""


def explain(
    alert: Annotated[
        str,
        typer.Argument(
            metavar="ALERT",
            help="an alert id or its beginning, a line of JSON, a file of lines, or -; an id alone is looked for in the demo",
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
    full: Annotated[bool, typer.Option("--full", help="every field that tshark knows")] = False,
    config: options.ConfigFile = None,
    signatures: options.SignatureFolder = None,
    home: options.Home = None,
) -> None:
    """Explain an alert: its story, its signature, and the packets it rests on, dissected by tshark."""
    replaying = Request(captures=capture or [], config=config, signatures=signatures, home=home)
    found = _found(alert, lines, replaying)
    if not found.alerts:
        fail(f"no alert '{alert}' there")
    catalog = _catalog(config, signatures)
    with guarded_output():
        _print_all(found, catalog, capture or [], full=full)
    if found.more:
        say(f"{found.more} more alerts are in the file; name one by its id with --lines FILE")


def _found(alert: str, lines: str | None, replaying: Request) -> Found:
    if alert.lstrip().startswith("{"):
        return in_text(alert)
    if alert == "-" or Path(alert).is_file():
        return in_lines(alert)
    if not is_id(alert):
        fail(f"'{alert}' is no alert: give an id (hex digits), a line of JSON, a file of lines, or -")
    if lines is not None:
        return in_lines(lines, alert)
    return in_captures(replaying if replaying.captures else demo_request(), alert)


def _catalog(config: Path | None, signatures: Path | None) -> "Catalog":
    with told_plainly():
        from monitor.catalog.catalog import Catalog
        from monitor.catalog.pack_in_use import folders_in_use
        from monitor.config.reader import load

        configured = load(config)
        folders = folders_in_use(configured.pack_folder, signatures)
        return Catalog.load(folders, local=configured.signature_folders)


def _print_all(found: Found, catalog: "Catalog", captures: list[str], *, full: bool) -> None:
    from monitor.cli.screen import PAPER_COLUMNS, new_console
    from monitor.cli.story import evidence_of, story
    from monitor.export.schema import SCHEMAS

    console = new_console()
    width = min(console.width, PAPER_COLUMNS)
    published = frozenset(SCHEMAS["alert"]()["properties"])
    for place, alert in enumerate(found.alerts):
        if place:
            _print(console, "\n" + "-" * width + "\n", "dim")
        for text, style in story(alert, catalog, width, published):
            _print(console, text, style)
        _print_evidence(console, evidence_of(alert), captures, full=full)


def _print_evidence(
    console: "Console", entries: list[dict[str, Any]], captures: list[str], *, full: bool
) -> None:
    from monitor.cli.dissection import dissect
    from monitor.cli.story import seen

    _print(console, "\nWhat was seen", "bold")
    if not entries:
        _print(console, "  The alert names no frame.")
    by_capture: dict[str, list[dict[str, Any]]] = {}
    for entry in entries:
        by_capture.setdefault(str(entry.get("capture") or ""), []).append(entry)
    for name, some in by_capture.items():
        path = _located(name, captures)
        told = None if path is None else dissect(path, [entry["frame"] for entry in some], full=full)
        for entry in some:
            _print(console, f"  {seen(entry)}", "cyan")
            for layer in () if told is None else told.frames.get(entry["frame"], ()):
                for number, line in enumerate(layer.lines):
                    _print(console, f"    {'' if number else layer.name:<6} {line}")
        if path is None:
            say(
                f"{name or 'the capture'}: not there any more; name it with --capture FILE to see the packets"
            )
        elif told is not None:
            _say_problem(
                told.problem, path, missing=[one["frame"] for one in some if one["frame"] not in told.frames]
            )


def _say_problem(problem: str | None, path: str, missing: list[int]) -> None:
    if problem is not None:
        say(problem)
    elif missing:
        say(f"{path}: has no frame {', '.join(map(str, missing))}; is it the capture of this alert?")


def _located(name: str, captures: list[str]) -> str | None:
    """Return where a capture is now: what the operator names comes first, matched by file name when there are several."""
    same_name = [one for one in captures if Path(one).name == Path(name).name]
    chosen = same_name or (captures if len(captures) == 1 else [])
    candidates = [*chosen, name]
    return next((one for one in candidates if one and Path(one).is_file()), None)


def _print(console: "Console", text: str, style: str = "") -> None:
    safe_text = "\n".join(map(safe, text.split("\n")))
    console.print(safe_text, style=style, markup=False, highlight=False, emoji=False, soft_wrap=True)
