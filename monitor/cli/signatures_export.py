"""``umbilical signatures export``: the catalog in the language of a tool that is already in place."""

import pkgutil
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli import options
from monitor.cli.catalog_words import known, known_vendor, opened
from monitor.cli.failure import fail, guarded_output, say, told_plainly
from monitor.cli.output import check_target, data_output

if TYPE_CHECKING:
    from monitor.catalog.catalog import Catalog
    from monitor.catalog.dialects._translation import Chosen, Dialect, Written
    from monitor.catalog.listing import Wanted

EXAMPLES = """\b
Examples:
  umbilical signatures export --format suricata --output umbilical.rules
  umbilical signatures export --format rpz --purpose firmware-update --confidence high > rpz.db
  umbilical signatures export --format nftables --drop --vendor quectel | nft -f -

\b
What a format cannot say is listed on stderr and, where the format has comments, at the end of the file.
"""
IN_SHORT = "the catalog for Suricata, Zeek, resolvers, SIEMs, ..."
MAX_SERIAL = 0xFFFF_FFFF

_PACKAGE = "monitor.catalog.dialects"
_FOLDER = Path(__file__).parents[1] / "catalog" / "dialects"


class ConfidenceWord(StrEnum):
    """``model.finding.Confidence`` again: that one brings numpy, and ``--help`` shall not wait for it."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class PolicyWord(StrEnum):
    """The resolver's policies of the dialects again, for the same reason."""

    NXDOMAIN = "nxdomain"
    NODATA = "nodata"
    PASSTHRU = "passthru"


def formats() -> list[str]:
    """Return the names of the dialects, without importing any."""
    modules = (info.name for info in pkgutil.iter_modules([str(_FOLDER)]))
    return sorted(name.replace("_", "-") for name in modules if not name.startswith("_"))


def register(group: typer.Typer) -> None:
    """Add the command to its group."""
    group.command(epilog=EXAMPLES, short_help=IN_SHORT)(export)


def export(
    *,
    format_: Annotated[
        str,
        typer.Option(
            "--format", "-f", metavar="FORMAT", help=f"one of {', '.join(formats())}", show_default=False
        ),
    ],
    vendor: Annotated[
        str | None, typer.Option("--vendor", metavar="ID", help="of this vendor", show_default=False)
    ] = None,
    purpose: Annotated[
        str | None,
        typer.Option("--purpose", metavar="WORD", help="such as firmware-update", show_default=False),
    ] = None,
    confidence: Annotated[
        ConfidenceWord | None, typer.Option("--confidence", help="that sure or more", show_default=False)
    ] = None,
    severity: Annotated[
        options.SeverityWord | None,
        typer.Option("--severity", help="that severe or more", show_default=False),
    ] = None,
    policy: Annotated[
        PolicyWord | None,
        typer.Option(
            "--policy",
            help="rpz: what a resolver answers; passthru answers as usual and only logs (default: nxdomain)",
            show_default=False,
        ),
    ] = None,
    serial: Annotated[
        int | None,
        typer.Option(
            "--serial",
            metavar="N",
            min=0,
            max=MAX_SERIAL,
            help="rpz: serial of the zone (default: the newest day in the signatures, and 00)",
            show_default=False,
        ),
    ] = None,
    drop: Annotated[
        bool, typer.Option("--drop", help="nftables: drop as well, instead of counting and logging only")
    ] = False,
    output: options.OutputFile = None,
    quiet: options.Quiet = False,
    config: options.ConfigFile = None,
    signatures: options.SignatureFolder = None,
) -> None:
    """Write signatures for another tool: rules, zones, sets and lists, each with the source of its claim."""
    if format_ not in formats():
        fail(f"no format '{format_}'; there are {', '.join(formats())}")
    if output is not None:
        check_target(output)
    from monitor.catalog.listing import Wanted
    from monitor.model.finding import Confidence, Purpose, Severity

    catalog = opened(config, signatures)
    dialect = _dialect(format_, {"--policy": policy, "--serial": serial, "--drop": drop or None})
    wanted = Wanted(
        vendor=None if vendor is None else known_vendor(catalog, vendor),
        purpose=None if purpose is None else Purpose(known("purpose", purpose, Purpose)),
        confidence=None if confidence is None else Confidence(confidence.value),
        severity=None if severity is None else Severity(severity.value),
    )
    from monitor.catalog.dialects._translation import Options, Policy

    chosen_policy = Policy.NXDOMAIN if policy is None else Policy(policy.value)
    with told_plainly():
        written = dialect.write(
            _chosen(catalog, wanted), Options(policy=chosen_policy, serial=serial, drop=drop)
        )
    with guarded_output(), data_output(output) as stream:
        stream.write(written.text.encode())
    if not quiet:
        _tell(format_, written)


def _dialect(name: str, asked: Mapping[str, object]) -> "Dialect":
    from monitor.registry import discover

    dialect: Dialect = discover(_PACKAGE, "DIALECT")[name.replace("-", "_")]
    strange = next(
        (one for one, value in asked.items() if value is not None and one not in dialect.heeds), None
    )
    if strange is not None:
        fail(f"{strange} means nothing in the format '{name}'")
    return dialect


def _chosen(catalog: "Catalog", wanted: "Wanted") -> "Chosen":
    from monitor.catalog.dialects._translation import Chosen
    from monitor.catalog.listing import listed
    from monitor.catalog.vocabulary import Status

    live = tuple(one for one in listed(catalog, wanted) if one.status is not Status.DEPRECATED)
    if not live:
        fail("no signature is like this; see: umbilical signatures list")
    return Chosen(signatures=live, vendors=catalog.vendors, every=catalog.signatures, digest=catalog.digest)


def _tell(name: str, written: "Written") -> None:
    say(
        f"{name}: signatures said as they are: {written.whole}, in part: {written.in_part},"
        f" not at all: {written.unsaid}"
    )
    for one in written.lost:
        if not one.covered:
            say(f"not said: {one}")
    covered = sum(one.covered for one in written.lost)
    if covered:
        say(f"said for the same names in another field: {covered}")
