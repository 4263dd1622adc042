"""Options that several commands share, each with one name and one sentence."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class SeverityWord(StrEnum):
    """``model.finding.Severity`` again: that one brings numpy, and ``--help`` shall not wait for it."""

    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


Captures = Annotated[
    list[str],
    typer.Argument(
        metavar="CAPTURE",
        help="pcap or pcapng files (also gzip, zstd, xz, lz4), folders, globs in quotes, or - for a pipe",
        show_default=False,
    ),
]
ConfigFile = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="the site's umbilical.toml", show_default=False),
]
SignatureFolder = Annotated[
    Path | None,
    typer.Option(
        "--signatures",
        metavar="FOLDER",
        help="signatures to use instead of the bundled ones",
        show_default=False,
    ),
]
Home = Annotated[
    list[str] | None,
    typer.Option(
        "--home",
        metavar="NETWORK",
        help="a network of the site's own, instead of the configured ones; may be given several times",
        show_default=False,
    ),
]
GeoIpFiles = Annotated[
    list[str] | None,
    typer.Option(
        "--geoip",
        metavar="FILE",
        help="a MaxMind DB file (or the word embedded), instead of the configured ones; may be given several times",
        show_default=False,
    ),
]
Workers = Annotated[
    int,
    typer.Option(
        "--workers",
        metavar="N",
        min=1,
        max=64,
        help="processes that follow flows, besides the one that reads",
    ),
]
NoProgress = Annotated[bool, typer.Option("--no-progress", help="no progress bar")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="say nothing but what went wrong")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON on stdout instead of a table")]
OutputFile = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="write there instead of stdout", show_default=False),
]
