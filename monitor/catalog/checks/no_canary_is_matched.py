"""No ordinary name is matched: time services, connectivity checks, clouds, news and banks must never be a vendor."""

from collections.abc import Iterator

from monitor.catalog.checks._names import error
from monitor.catalog.matcher import Matcher
from monitor.catalog.review import Issue, Subject
from monitor.model.flow import Direction, Flow
from monitor.model.observation import Observation

_SHOWN_IN = {"dns_query": "dns.query", "tls_client_hello": "tls.sni", "http_request": "http.host"}


def check(subject: Subject) -> Iterator[Issue]:
    """Yield a fault for each signature that an ordinary name triggers."""
    matcher = Matcher(signature for signature in subject.catalog.signatures if not signature.local)
    seen: set[tuple[str, str]] = set()
    for canary in subject.canaries:
        for kind, field in _SHOWN_IN.items():
            for signature in matcher.match(_observation(kind, {field: canary})):
                if (signature.id, canary) not in seen:
                    seen.add((signature.id, canary))
                    yield error(signature, f"matches the ordinary name '{canary}'")


def _observation(kind: str, fields: dict[str, str]) -> Observation:
    flow = Flow(
        id=0, start_ns=0, orig_ip="192.0.2.1", orig_port=0, resp_ip="192.0.2.2", resp_port=0, protocol=6
    )
    return Observation(kind, dict(fields), flow, Direction.ORIGINATOR, 0, 0, 0)


CHECK = check
