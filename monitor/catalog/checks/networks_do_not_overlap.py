"""No address and port belong to two signatures, and no MAC block to two vendors, without a note."""

from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network, ip_network
from itertools import combinations

from monitor.catalog.checks._names import values, warning
from monitor.catalog.records import MacPrefix, Signature
from monitor.catalog.review import Gravity, Issue, Subject

MOST_COMPARED = 2_000
"""Signatures with addresses beyond this number are not compared pair by pair."""
_PORTS = ("tcp.dst_port", "udp.dst_port")

Network = IPv4Network | IPv6Network


def check(subject: Subject) -> Iterator[Issue]:
    """Yield a warning for each overlap."""
    shipped = [signature for signature in subject.catalog.signatures if not signature.local]
    holding = [(signature, found) for signature in shipped if (found := _networks(signature))][:MOST_COMPARED]
    for (one, mine), (other, theirs) in combinations(holding, 2):
        if one.note or other.note or _ports(one).isdisjoint(_ports(other)):
            continue
        if any(a.version == b.version and a.overlaps(b) for a in mine for b in theirs):
            yield warning(other, f"its addresses and ports overlap those of {one.id}; say why in 'note'")
    yield from _mac_blocks(subject.contents.macs)


def _mac_blocks(macs: list[MacPrefix]) -> Iterator[Issue]:
    holders: dict[tuple[int, int], MacPrefix] = {}
    for prefix in macs:
        known = holders.setdefault((prefix.bits, prefix.value), prefix)
        if known is not prefix:
            digits = f"{prefix.value:0{prefix.bits // 4}X}"
            yield Issue(
                Gravity.ERROR, None, f"MAC block {digits} stands twice: {known.vendor_id}, {prefix.vendor_id}"
            )


def _networks(signature: Signature) -> list[Network]:
    tests = [test for test in signature.match.tests if test.field == "ip.dst"]
    return [ip_network(value) for test in tests for value in values(test)]


def _ports(signature: Signature) -> set[tuple[str, str]]:
    tests = [test for test in signature.match.tests if test.field in _PORTS]
    return {(test.field, port) for test in tests for port in values(test)}


CHECK = check
