"""``umbilical geoip``: where an address is, and what the databases are."""

import json
import sys
import time
from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from monitor.cli import options
from monitor.cli.catalog_words import counted
from monitor.cli.failure import fail, guarded_output, told_plainly
from monitor.cli.geoip_update import before_them, register
from monitor.cli.words import safe, safe_lines

LOOKUP_EXAMPLES = """\b
Examples:
  umbilical geoip lookup 223.5.5.5 2001:4860:4860::8888
  umbilical geoip lookup 223.5.5.5 --json
  umbilical geoip lookup 223.5.5.5 --geoip GeoLite2-Country.mmdb --geoip embedded
"""
INFO_EXAMPLES = """\b
Examples:
  umbilical geoip info
  umbilical geoip info --config umbilical.toml
  umbilical geoip info --json | jq .age_days
"""
_UNKNOWN = "-"
_FACTS = ("path", "type", "built", "age_days", "nodes", "warning")

if TYPE_CHECKING:
    from monitor.enrich.geoip import GeoIp

group = typer.Typer(
    name="geoip",
    help="Where an address is, and what the databases are.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
register(group)


@group.command(epilog=LOOKUP_EXAMPLES, short_help="country, network and owner of addresses")
def lookup(
    addresses: Annotated[
        list[str], typer.Argument(metavar="ADDRESS", help="IPv4 or IPv6", show_default=False)
    ],
    *,
    as_json: options.AsJson = False,
    config: options.ConfigFile = None,
    geoip: options.GeoIpFiles = None,
) -> None:
    """Look addresses up: country, autonomous system, organisation."""
    for address in addresses:
        _check_address(address)
    opened = _opened(config, geoip)
    places = [(address, opened.geoip.lookup(address)) for address in addresses]
    with guarded_output():
        if as_json:
            for address, place in places:
                print(json.dumps({"address": address, **place._asdict()}, ensure_ascii=False))
            return
        for address, place in places:
            asn = _UNKNOWN if place.asn is None else f"AS{place.asn}"
            print(
                f"{address:<24} {place.country or _UNKNOWN:<3} {asn:<10} {safe(place.organisation or _UNKNOWN)}"
            )
        print()
        from monitor.pipeline.site import credits_of

        print(safe_lines("\n".join(credits_of(opened.paths))))


@group.command(epilog=INFO_EXAMPLES, short_help="the databases, their age, and whom to credit")
def info(
    *, as_json: options.AsJson = False, config: options.ConfigFile = None, geoip: options.GeoIpFiles = None
) -> None:
    """Say which databases are in use, how old they are, and whom to credit."""
    opened = _opened(config, geoip)
    # The only clock here: whether a database is old is a question of today.
    infos = opened.geoip.info(time.time_ns())
    with guarded_output():
        if as_json:
            for one in infos:
                print(json.dumps({name: getattr(one, name) for name in _FACTS}))
            return
        for one in infos:
            age = f"{one.built[:10]} ({counted(one.age_days or 0, 'day')} ago)"
            print(f"{safe(one.path)}\n  {safe(one.type)}, built {age}, {one.nodes} nodes")
            if one.warning:
                print(f"  {one.warning}: umbilical geoip update", file=sys.stderr)
        for line in before_them(config):
            print(line)
        print()
        print(safe_lines(opened.geoip.attribution))


def _check_address(text: str) -> None:
    """End the command unless a text is an address in full: four numbers, or IPv6."""
    try:
        found = ip_address(text)
    except ValueError:
        fail(f"not an IP address: '{text}'")
    if getattr(found, "scope_id", None) is not None:
        fail(f"not an IP address: '{text}'; leave out what follows the %")


class _Databases(NamedTuple):
    """The opened databases, and where from."""

    geoip: "GeoIp"
    paths: Sequence[str] | None


def _opened(config: Path | None, paths: list[str] | None) -> _Databases:
    with told_plainly():
        from monitor.config.reader import load
        from monitor.enrich.geoip import GeoIp

        wanted = paths or load(config).database_paths
        return _Databases(GeoIp.load(wanted), wanted)
