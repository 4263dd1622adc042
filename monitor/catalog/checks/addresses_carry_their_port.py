"""A hard-coded address counts only with its port: addresses of clouds change hands, services rarely move ports."""

from collections.abc import Iterator

from monitor.catalog.checks._names import error
from monitor.catalog.review import Issue, Subject
from monitor.catalog.vocabulary import Joint

_PORTS = frozenset({"tcp.dst_port", "udp.dst_port"})


def check(subject: Subject) -> Iterator[Issue]:
    """Yield a fault for each address without a port; a site's own lists may name bare addresses."""
    for signature in subject.catalog.signatures:
        if signature.local:
            continue
        fields = {test.field for test in signature.match.tests}
        bound = signature.match.joint is Joint.ALL and not _PORTS.isdisjoint(fields)
        for test in signature.match.tests:
            if test.field == "ip.dst" and not bound:
                yield error(signature, "an address needs 'all' with its tcp.dst_port or udp.dst_port", test)


CHECK = check
