"""``umbilical flows``: every flow of captures, one per line."""

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli import options
from monitor.cli.failure import fail, guarded_output, told_plainly
from monitor.cli.output import data_output
from monitor.cli.running import Request, run, status_of, warn

if TYPE_CHECKING:
    from monitor.catalog.records import Signature
    from monitor.model.observation import Observation

EXAMPLES = """\b
Examples:
  umbilical flows site.pcap | jq 'select(.country == "CN")'
  umbilical flows site.pcap --format csv > flows.csv
  umbilical flows captures/ --format parquet --output flows.parquet
"""


class Format(StrEnum):
    """What ``export.flow_files`` writes."""

    JSON = "json"
    CSV = "csv"
    PARQUET = "parquet"


def flows(
    captures: options.Captures,
    *,
    form: Annotated[Format, typer.Option("--format", help="one of the three")] = Format.JSON,
    output: options.OutputFile = None,
    config: options.ConfigFile = None,
    signatures: options.SignatureFolder = None,
    home: options.Home = None,
    geoip: options.GeoIpFiles = None,
    workers: options.Workers = 1,
    no_progress: options.NoProgress = False,
    quiet: options.Quiet = False,
) -> None:
    """Print every flow: both ends, packets and bytes each way, state, device, name, country, vendor."""
    if form is Format.PARQUET and output is None:
        fail("Parquet is no text; name a file with --output FILE")
    request = Request(
        captures=captures,
        config=config,
        signatures=signatures,
        home=home,
        geoip=geoip,
        workers=workers,
        no_progress=no_progress,
        quiet=quiet,
    )
    with guarded_output(), data_output(output) as stream:
        from monitor.export.flow_files import WRITERS
        from monitor.export.records import flow_row

        with told_plainly():
            writer = WRITERS[form.value](stream)

        def write(observation: "Observation", matched: "tuple[Signature, ...]") -> None:
            writer.write(flow_row(observation, _vendor(matched)))

        ran = run(request, flow=write)
        writer.close()
    warn(ran)
    sys.exit(status_of(ran))


def _vendor(matched: "tuple[Signature, ...]") -> str | None:
    """Return the vendor of the most severe signature."""
    return max(matched, key=lambda one: one.severity.rank).vendor_id if matched else None
