"""``umbilical observations``: what was seen on the wire, one statement per line."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli import options
from monitor.cli.failure import fail, guarded_output
from monitor.cli.output import data_output
from monitor.cli.running import Request, run, status_of, warn

if TYPE_CHECKING:
    from monitor.model.observation import Observation

EXAMPLES = """\b
Examples:
  umbilical observations site.pcap | jq -r 'select(.type == "dns_query")."dns.query"'
  umbilical observations site.pcap --type tls_client_hello --type quic_client_hello
"""


def observations(
    captures: options.Captures,
    *,
    types: Annotated[
        list[str] | None,
        typer.Option(
            "--type", metavar="TYPE", help="only these; may be given several times", show_default=False
        ),
    ] = None,
    output: options.OutputFile = None,
    config: options.ConfigFile = None,
    signatures: options.SignatureFolder = None,
    workers: options.Workers = 1,
    no_progress: options.NoProgress = False,
    quiet: options.Quiet = False,
) -> None:
    """Print what was seen: DNS, TLS, QUIC, DTLS, HTTP, MQTT, CoAP, DHCP, NTP, SSDP."""
    wanted = _wanted(types)
    request = Request(
        captures=captures,
        config=config,
        signatures=signatures,
        workers=workers,
        no_progress=no_progress,
        quiet=quiet,
    )
    with guarded_output(), data_output(output) as stream:
        from monitor.export.records import ObservationLines

        line, write_bytes = ObservationLines().line, stream.write

        def write(observation: "Observation") -> None:
            if observation.type in wanted:
                write_bytes(line(observation))

        ran = run(request, observation=write)
    warn(ran)
    sys.exit(status_of(ran))


def _wanted(types: list[str] | None) -> frozenset[str]:
    from monitor.model.observation import FLOW_OBSERVATIONS, OBSERVATIONS

    known = [one for one in OBSERVATIONS if one not in FLOW_OBSERVATIONS]
    for name in types or ():
        if name not in known:
            fail(f"no observations of type '{name}'; there are {', '.join(known)}")
    return frozenset(types or known)
