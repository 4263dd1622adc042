"""Says which remote a finding speaks of, which is not always the other end of its flow."""

from typing import NamedTuple

from monitor.model.entity import Remote
from monitor.model.finding import Finding

_LOOK_UPS = frozenset({"dns_query", "dns_answer"})


class FarEnd(NamedTuple):
    """The remote of a story as far as one finding knows it."""

    remote: Remote | None
    name: str | None


def far_end(finding: Finding) -> FarEnd:
    """Return the remote and its name; a signature found in a look-up speaks of the name, not of the resolver."""
    observation = finding.observation
    if observation.type in _LOOK_UPS and finding.signature is not None:
        query = observation.fields.get("dns.query")
        return FarEnd(None, query if isinstance(query, str) else None)
    contact = observation.contact
    return FarEnd(None if contact is None else contact.remote, observation.remote_name)
