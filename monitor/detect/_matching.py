"""Which signatures an observation speaks of, and what of it they saw, for every detector that judges by signature."""

from collections.abc import Sequence
from typing import NamedTuple

from monitor.catalog.catalog import Catalog
from monitor.catalog.predicate import Predicate, predicate
from monitor.catalog.records import Signature
from monitor.model.finding import Purpose
from monitor.model.observation import OBSERVATIONS, Observation

LOOK_UPS = frozenset({"dns_query", "dns_answer"})
"""Observations of a question: their remote is the resolver, not the one that was asked for."""
MAX_SAW = 512
"""Characters that are kept of a value that was seen."""


class Series(NamedTuple):
    """Labels of findings that a detector may state; None where there is no signature."""

    vendor: str | None
    signature: str | None
    purpose: str | None
    severity: str


class Traffic(NamedTuple):
    """Bytes of a flow as the device sees them."""

    uplink_bytes: int
    downlink_bytes: int


def traffic(observation: Observation) -> Traffic:
    """Return the bytes of a flow so far, or of the whole when it ended."""
    totals = observation.totals
    return _seen_by_device(observation, totals.orig_bytes, totals.resp_bytes)


def new_traffic(observation: Observation) -> Traffic:
    """Return the bytes of a flow since it was last told of."""
    totals = observation.totals
    return _seen_by_device(
        observation, totals.orig_bytes - totals.told_orig_bytes, totals.resp_bytes - totals.told_resp_bytes
    )


def signatures_of(catalog: Catalog, observation: Observation) -> Sequence[Signature]:
    """Return the signatures of what a device showed outside the site; a look-up may go to a local resolver."""
    kind, _, _, _, _, _, _, contact, remote_name, _ = observation
    if contact is None or (contact.internal and kind not in LOOK_UPS):
        return ()
    matched = catalog.match(observation)
    if kind == "flow_start" and remote_name is not None:
        by_name = catalog.match_name(remote_name)
        if by_name:
            known = {signature.id for signature in matched}
            matched = (*matched, *(signature for signature in by_name if signature.id not in known))
    return matched if len(matched) < 2 else _without_broad(matched)


def _without_broad(matched: Sequence[Signature]) -> tuple[Signature, ...]:
    """Keep one signature per vendor and purpose, the strongest, and a vendor's whole domain only where it is alone."""
    services = {signature.vendor_id for signature in matched if signature.purpose is not Purpose.VENDOR_WEB}
    strongest: dict[tuple[str, Purpose], Signature] = {}
    for signature in matched:
        key = signature.vendor_id, signature.purpose
        if signature.purpose is Purpose.VENDOR_WEB and signature.vendor_id in services:
            continue
        if key not in strongest or _strength(signature) > _strength(strongest[key]):
            strongest[key] = signature
    return tuple(strongest.values())


def _strength(signature: Signature) -> tuple[int, int]:
    return signature.severity.rank, signature.confidence.rank


class Sight(NamedTuple):
    """What of an observation a signature is about."""

    saw: str
    """``field = value`` for the evidence."""
    by_name: bool
    """Nothing in it is shown: the remote was looked up under a name that the signature knows."""


class Sights:
    """Says what a signature saw; keeps which of its tests an observation of each type can pass."""

    def __init__(self) -> None:
        self._tests: dict[tuple[str, str], tuple[tuple[str, Predicate], ...]] = {}

    def of(self, signature: Signature, observation: Observation) -> Sight:
        """Return the first test that holds, as text."""
        fields = observation.fields
        for field, holds in self._tests_of(signature, observation.type):
            value = fields.get(field)
            if value is not None and holds(value):
                return Sight(f"{field} = {value}"[:MAX_SAW], by_name=False)
        contact = observation.contact
        remote_ip = observation.flow.resp_ip if contact is None else contact.remote.ip
        return Sight(f"ip.dst = {remote_ip} (looked up as {observation.remote_name})"[:MAX_SAW], by_name=True)

    def _tests_of(self, signature: Signature, kind: str) -> tuple[tuple[str, Predicate], ...]:
        key = signature.id, kind
        tests = self._tests.get(key)
        if tests is None:
            names = OBSERVATIONS.get(kind, ())
            tests = tuple((one.field, predicate(one)) for one in signature.match.tests if one.field in names)
            self._tests[key] = tests
        return tests


def _seen_by_device(observation: Observation, orig_bytes: int, resp_bytes: int) -> Traffic:
    contact = observation.contact
    out = contact is None or contact.device_is_originator
    return Traffic(orig_bytes, resp_bytes) if out else Traffic(resp_bytes, orig_bytes)
