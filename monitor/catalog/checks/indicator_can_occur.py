"""Every indicator can occur on the wire outside a site: a known public suffix, a routable address, a real port."""

from collections.abc import Iterator
from functools import cache
from ipaddress import ip_address, ip_network

from publicsuffixlist import PublicSuffixList

from monitor.catalog.checks._names import error, names, values
from monitor.catalog.records import Signature, Test
from monitor.catalog.review import Issue, Subject
from monitor.catalog.vocabulary import Joint, Operator
from monitor.model.observation import FIELDS, OBSERVATIONS, FieldKind

LEAST_PREFIX_BITS = {4: 16, 6: 32}
"""A wider network is a country, not a vendor."""
MAX_PORT = 65535
_PORTS = ("tcp.dst_port", "udp.dst_port")


def check(subject: Subject) -> Iterator[Issue]:
    """Yield a fault for each indicator that is dead or meaningless."""
    for signature in subject.catalog.signatures:
        yield from _together(signature)
        for test, name in names(signature):
            if problem := _name(name, test):
                yield error(signature, problem, test)
        for test in signature.match.tests:
            if problem := _number(test) or _address(test, local=signature.local):
                yield error(signature, problem, test)


def _together(signature: Signature) -> Iterator[Issue]:
    fields = {test.field for test in signature.match.tests}
    if signature.match.joint is Joint.ALL:
        if not any(fields <= set(carried) for carried in OBSERVATIONS.values()):
            yield error(signature, f"no observation carries all of {', '.join(sorted(fields))}")
        return
    for field in sorted(fields):
        if not any(field in carried for carried in OBSERVATIONS.values()):
            yield error(signature, f"no observation carries '{field}'")


def _name(name: str, test: Test) -> str | None:
    try:
        ip_address(name)
    except ValueError:
        pass
    else:
        return None if test.field == "http.host" else f"'{name}' is an address; test ip.dst"
    if not _suffixes().publicsuffix(name, accept_unknown=False):
        return f"'{name}' ends in no known public suffix"
    if _suffixes().publicsuffix(name) == name and test.operator is Operator.DOMAIN:
        return f"'{name}' is itself a public suffix"
    return None


def _number(test: Test) -> str | None:
    if test.field not in _PORTS:
        return None
    wrong = [port for port in values(test) if not 0 < int(port) <= MAX_PORT]
    return f"{wrong[0]} is no port" if wrong else None


def _address(test: Test, *, local: bool) -> str | None:
    if FIELDS[test.field].kind is not FieldKind.ADDRESS or local:
        return None
    for value in values(test):
        network = ip_network(value)
        if not network.is_global or network.is_multicast:
            return f"{value} is not routed on the Internet"
        if network.prefixlen < LEAST_PREFIX_BITS[network.version]:
            return f"{value} is wider than /{LEAST_PREFIX_BITS[network.version]}"
    return None


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


CHECK = check
