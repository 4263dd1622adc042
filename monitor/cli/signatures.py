"""``umbilical signatures``: what the program knows of vendors, and the tools for those who write it down."""

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from monitor.cli import options, signatures_export, signatures_pack
from monitor.cli.catalog_words import counted, known, known_signature, known_vendor, opened, tell_warnings
from monitor.cli.failure import ExitStatus, guarded_output, say, told_plainly
from monitor.cli.output import data_output
from monitor.cli.words import safe, safe_lines

if TYPE_CHECKING:
    from monitor.catalog.records import Signature
    from monitor.catalog.review import Issue, Reviewed

LIST_EXAMPLES = """\b
Examples:
  umbilical signatures list --vendor quectel
  umbilical signatures list --purpose firmware-update --severity medium
  umbilical signatures list --text aliyun --json | jq .id
"""
SHOW_EXAMPLES = """\b
Examples:
  umbilical signatures show quectel.cloudota
  umbilical signatures show quectel.cloudota --json | jq .sources
"""
CHECK_EXAMPLES = """\b
Examples:
  umbilical signatures check                      the bundled ones
  umbilical signatures check local-signatures     your own, by themselves
  umbilical signatures check --local mine         your own beside the bundled ones

\b
Exit status: 0 nothing wrong (warnings may be), 2 something is.
"""
TEST_EXAMPLES = """\b
Examples:
  umbilical signatures test
  umbilical signatures test local-signatures
"""
NEW_EXAMPLES = """\b
Examples:
  umbilical signatures new acme "Acme Wireless" > local-signatures/acme.yaml
"""
TABLE_COLUMNS = 140
"""Width of the table where there is no terminal."""

group = typer.Typer(
    name="signatures",
    help="What is known of module vendors: read it, write it, keep it up to date.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Folders = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="FOLDER", help="folders of signatures instead of the bundled ones", show_default=False
    ),
]


@group.command("list", epilog=LIST_EXAMPLES, short_help="signatures, filtered, as a table or JSON")
def list_(
    *,
    vendor: Annotated[
        str | None, typer.Option("--vendor", metavar="ID", help="of this vendor", show_default=False)
    ] = None,
    purpose: Annotated[
        str | None,
        typer.Option("--purpose", metavar="WORD", help="such as firmware-update", show_default=False),
    ] = None,
    severity: Annotated[
        options.SeverityWord | None,
        typer.Option("--severity", help="that severe or more", show_default=False),
    ] = None,
    status: Annotated[
        str | None,
        typer.Option(
            "--status", metavar="WORD", help="experimental, test, stable or deprecated", show_default=False
        ),
    ] = None,
    text: Annotated[
        str | None,
        typer.Option(
            "--text", metavar="TEXT", help="part of id, title, description or indicator", show_default=False
        ),
    ] = None,
    as_json: options.AsJson = False,
    config: options.ConfigFile = None,
    signatures: options.SignatureFolder = None,
) -> None:
    """List signatures, filtered."""
    catalog = opened(config, signatures)
    from monitor.catalog.listing import Wanted, as_record, listed
    from monitor.catalog.vocabulary import Status
    from monitor.model.finding import Purpose, Severity

    wanted = Wanted(
        vendor=None if vendor is None else known_vendor(catalog, vendor),
        purpose=None if purpose is None else Purpose(known("purpose", purpose, Purpose)),
        status=None if status is None else Status(known("status", status, Status)),
        severity=None if severity is None else Severity(severity.value),
        text=text,
    )
    found = list(listed(catalog, wanted))
    with guarded_output():
        if as_json:
            for one in found:
                print(json.dumps(as_record(one), ensure_ascii=False))
            return
        _print_table(found)
        print(f"{len(found)} of {len(catalog.signatures)} signatures")


@group.command(epilog=SHOW_EXAMPLES, short_help="a signature in plain words, with its sources")
def show(
    ids: Annotated[list[str], typer.Argument(metavar="ID", help="ids of signatures", show_default=False)],
    *,
    as_json: options.AsJson = False,
    config: options.ConfigFile = None,
    signatures: options.SignatureFolder = None,
) -> None:
    """Show signatures in plain words: meaning, indicators, sources, what else causes them."""
    catalog = opened(config, signatures)
    from monitor.catalog.describe import describe
    from monitor.catalog.listing import as_record

    chosen = [known_signature(catalog, name) for name in ids]
    with guarded_output():
        for one in chosen:
            if as_json:
                print(json.dumps(as_record(one), ensure_ascii=False))
            else:
                print(safe_lines(describe(one, catalog.vendors.get(one.vendor_id))), end="\n\n")


@group.command(epilog=CHECK_EXAMPLES, short_help="every fault of signature files, with file and line")
def check(
    folders: Folders = None,
    *,
    local: Annotated[
        bool, typer.Option("--local", help="the folders are a site's own, used beside the bundled ones")
    ] = False,
) -> None:
    """Check signature files: every fault with file and line, and warnings."""
    found = _reviewed(folders, local=local)
    from monitor.catalog.review import Gravity

    issues = found.issues
    errors = sum(issue.gravity is Gravity.ERROR for issue in issues)
    verdict = f"errors: {errors}, warnings: {len(issues) - errors}" if issues else "nothing is wrong"
    looked_at = f"{counted(found.files, 'file')}, {counted(found.signatures, 'signature')}"
    _end(issues, f"{looked_at} ({_named(folders, local=local)}): {verdict}")


@group.command("test", epilog=TEST_EXAMPLES, short_help="the examples of every signature, as packets")
def run_examples(folders: Folders = None) -> None:
    """Send the examples of every signature through the whole program as packets: each must match, or not, as it says."""
    from monitor.cli.kernels import announced_compilation, keep_kernels

    keep_kernels()
    with announced_compilation(hidden=False):
        with told_plainly():
            from monitor.catalog.catalog import Catalog
            from monitor.catalog.review import Gravity
            from monitor.pipeline.rehearsal import rehearse

            catalog = Catalog.load(folders or None)
        tell_warnings(catalog)
        issues = rehearse(catalog)
    failures = [issue for issue in issues if issue.gravity is Gravity.ERROR]
    examples = sum(len(one.examples) for one in catalog.signatures)
    named = _named(folders, local=False)
    told = f"{counted(examples, 'example')} ({named}), {counted(len(failures), 'failure')}"
    unsaid = len(issues) - len(failures)
    _end(failures, f"{told}; {unsaid} cannot be said in packets (the matcher tried them)" if unsaid else told)


@group.command(epilog=NEW_EXAMPLES, short_help="a first vendor file, to be filled in")
def new(
    vendor: Annotated[str, typer.Argument(metavar="ID", help="short name of the vendor", show_default=False)],
    name: Annotated[str, typer.Argument(metavar="NAME", help="its name", show_default=False)],
) -> None:
    """Print a first vendor file that passes every check, to be filled in."""
    from datetime import date

    from monitor.catalog.template import first_file

    with told_plainly():
        text = first_file(vendor, name, date.fromisoformat(_today()))
    with guarded_output(), data_output(None) as stream:
        stream.write(text.encode())


signatures_export.register(group)
signatures_pack.register(group)


def _reviewed(folders: list[Path] | None, *, local: bool) -> "Reviewed":
    from monitor.catalog.review import reviewed

    with told_plainly():
        if local:
            return reviewed(local=folders or (), today=_today())
        return reviewed(folders or None, today=_today())


def _named(folders: list[Path] | None, *, local: bool) -> str:
    """Return what was looked at, in words."""
    named = [str(folder) for folder in folders or ()]
    return " and ".join(["bundled", *named] if local or not named else named)


def _today() -> str:
    """Return the day of today, UTC: whether a signature's review is due is a question of the calendar."""
    from monitor.model.instant import rfc3339

    return rfc3339(time.time_ns())[:10]


def _end(issues: "list[Issue]", told: str) -> NoReturn:
    """Print the issues and end; an error among them is wrong input."""
    from monitor.catalog.review import Gravity

    with guarded_output():
        for issue in issues:
            print(f"{issue.gravity.value}: {safe(str(issue))}")
    say(told)
    is_wrong = any(issue.gravity is Gravity.ERROR for issue in issues)
    sys.exit(ExitStatus.WRONG_INPUT if is_wrong else ExitStatus.CLEAN)


def _print_table(found: "list[Signature]") -> None:
    from rich.table import Table
    from rich.text import Text

    from monitor.cli.screen import new_console
    from monitor.export.summary import STYLES

    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for column in ("id", "purpose", "severity", "status", "title"):
        table.add_column(column, no_wrap=column != "title")
    for one in found:
        words = (one.id, one.purpose.value, one.severity.value, one.status.value, one.title)
        cells = [Text(safe(word)) for word in words]
        cells[2].stylize(STYLES[one.severity])
        table.add_row(*cells)
    new_console(paper_columns=TABLE_COLUMNS).print(table)
