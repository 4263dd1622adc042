"""nftables: addresses bound to transport and port, counted and logged in a table of its own, dropped only when asked for.

Loading the file replaces the table as a whole. Each element has a counter and says its signature in its comment.
"""

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import NamedTuple

from monitor.catalog.dialects._translation import (
    JOINED,
    Chosen,
    Dialect,
    Options,
    Outcome,
    Translation,
    Written,
    about,
    closing,
    commented,
    heading,
    translate,
)
from monitor.catalog.indicators import IP, Clause, endpoint

TABLE = "umbilical"
MAX_COMMENT_BYTES = 127
"""NFTNL_UDATA_COMMENT_MAXLEN without its final zero."""
LOG_RATE = "limit rate 10/second burst 50 packets"

_FAMILIES = {4: ("ipv4_addr", "ip"), 6: ("ipv6_addr", "ip6")}


class Element(NamedTuple):
    """An address or network, with a port where one is bound to it."""

    version: int
    transport: str | None
    network: str
    port: int | None

    @property
    def set_name(self) -> str:
        kind = "_networks" if "/" in self.network else ""
        return f"{self.transport or 'any'}_v{self.version}{kind}"

    def within(self, other: "Element") -> bool:
        """Whether the other says as much or more: nftables refuses a set with both."""
        if self.set_name != other.set_name or self.port != other.port:
            return False
        mine, others = ip_network(self.network), ip_network(other.network)
        first, last = int(others.network_address), int(others.broadcast_address)
        return first <= int(mine.network_address) and int(mine.broadcast_address) <= last


def _write(chosen: Chosen, options: Options) -> Written:
    done = translate(chosen.signatures, _express)
    merged = _merged(done)
    names = list(dict.fromkeys(element.set_name for element in merged))
    lines = [
        *commented(heading("nftables", chosen, done)),
        f"add table inet {TABLE}",
        f"delete table inet {TABLE}",
        f"table inet {TABLE} {{",
        *(line for name in names for line in _set(name, merged)),
        *_chains(_first_of_each(merged), drop=options.drop),
        "}",
        *commented(line for stated in done.stated for line in about(stated.signature)),
        *commented(closing(done)),
    ]
    return Written.of(lines, done)


def _express(clause: Clause) -> Outcome[Element]:
    remote = endpoint(clause)
    if remote is None:
        return Outcome(
            lost=JOINED if IP in clause.fields else "a packet filter sees addresses and ports only"
        )
    return Outcome(
        tuple(
            Element(network.version, remote.transport, _shortest(network), port)
            for network in map(ip_network, remote.networks)
            for port in (remote.ports or (None,))
        )
    )


def _shortest(network: IPv4Network | IPv6Network) -> str:
    single = network.prefixlen == network.max_prefixlen
    return str(network.network_address if single else network)


def _merged(done: Translation[Element]) -> dict[Element, list[str]]:
    """Return each element once with the signatures that name it, sets together; one inside a wider one joins it."""
    named: dict[Element, list[str]] = {}
    for stated in done.stated:
        for element in stated.items:
            named.setdefault(element, []).append(stated.signature.id)
    merged: dict[Element, list[str]] = {}
    last: Element | None = None
    for element in sorted(named, key=_order):
        if last is None or not element.within(last):
            last = element
        merged.setdefault(last, []).extend(named[element])
    return dict(sorted(merged.items(), key=lambda entry: _order(entry[0])))


def _order(element: Element) -> tuple[str, int, int, int]:
    """Return what puts a wider network right before those inside it."""
    network = ip_network(element.network)
    return element.set_name, element.port or 0, int(network.network_address), network.prefixlen


def _first_of_each(merged: dict[Element, list[str]]) -> list[Element]:
    return list({element.set_name: element for element in merged}.values())


def _set(name: str, merged: dict[Element, list[str]]) -> Iterator[str]:
    members = {element: ids for element, ids in merged.items() if element.set_name == name}
    first = next(iter(members))
    yield f"\tset {name} {{"
    yield f"\t\ttype {_FAMILIES[first.version][0]}{' . inet_service' if first.transport else ''}"
    if any("/" in element.network for element in members):
        yield "\t\tflags interval"
    yield "\t\tcounter"
    yield "\t\telements = {"
    for element, ids in members.items():
        port = f" . {element.port}" if element.port is not None else ""
        yield f'\t\t\t{element.network}{port} comment "{_comment(ids)}",'
    yield "\t\t}"
    yield "\t}"


def _comment(ids: Iterable[str]) -> str:
    """Return the ids as far as they fit."""
    text = ""
    for one in ids:
        longer = f"{text} {one}".strip()
        if len(longer.encode()) > MAX_COMMENT_BYTES:
            break
        text = longer
    return text


def _chains(kinds: list[Element], *, drop: bool) -> Iterator[str]:
    for kind in kinds:
        yield f"\tchain seen_{kind.set_name} {{"
        yield f'\t\tct state new {LOG_RATE} log prefix "umbilical {kind.set_name} "'
        if drop:
            yield "\t\tcounter drop"
        yield "\t}"
    for hook in ("forward", "output"):
        yield f"\tchain {hook} {{"
        yield f"\t\ttype filter hook {hook} priority -10; policy accept;"
        for kind in kinds:
            address = f"{_FAMILIES[kind.version][1]} daddr"
            seen = f"{address} . {kind.transport} dport" if kind.transport else address
            yield f"\t\t{seen} @{kind.set_name} counter jump seen_{kind.set_name}"
        yield "\t}"


DIALECT = Dialect("Linux packet filter", _write, frozenset({"--drop"}))
