"""States that a device spoke to an endpoint of a module vendor or its broker: a signature matched.

One device and one signature are one story, however many look-ups, resolvers, addresses and flows there are. Bytes are
added when a flow ends, and now and then while it lives; those of a look-up are the resolver's and not added. A connection that is known only by an
earlier look-up loses the signature when its own hello names somebody else (hosts that share an address).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import ClassVar, NamedTuple, Self

from monitor.catalog.catalog import Catalog
from monitor.catalog.records import Signature
from monitor.detect._matching import (
    LOOK_UPS,
    Series,
    Sights,
    new_traffic,
    signatures_of,
    traffic,
)
from monitor.detect._memory import Memory
from monitor.detect._words import Words, did, words
from monitor.model.finding import Finding
from monitor.model.observation import Observation
from monitor.model.state import State, checked, count, is_count, is_flag, is_list, is_text, rows

_ANSWERS = frozenset({"dns_answer", "http_response", "tls_server_hello", "tls_certificate", "coap_response"})
"""What follows a request of the same flow: it counts only where the request did not match."""
_AMOUNTS = frozenset({"flow_active", "flow_end"})
_NAMES_SHOWN = {
    "tls_client_hello": "tls.sni",
    "quic_client_hello": "tls.sni",
    "dtls_client_hello": "tls.sni",
    "http_request": "http.host",
}
"""Where a flow says itself whom it is for."""
_NO_SIGNATURES: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Section ``[detect.vendor_contact]``."""

    flow_capacity: int = 1 << 16
    """Open flows with a matched signature that are remembered for their bytes."""


class _How(IntEnum):
    """How a signature came to a flow; the strongest first."""

    SHOWN = 1
    BY_NAME = 2
    LOOKED_UP = 3


class _Match(NamedTuple):
    how: _How
    is_told: bool = False
    """Bytes of the flow were added before."""


_Matches = dict[str, _Match]
"""By the id of the signature, because another catalog may take over the flows."""


class VendorContact:
    """The detector."""

    NAME: ClassVar[str] = "vendor_contact"

    def __init__(self, settings: Settings, catalog: Catalog) -> None:
        self.wants = catalog.types_needed | {"flow_start", "flow_active", "flow_end"}
        self.wants_unmatched = _AMOUNTS | frozenset(_NAMES_SHOWN)
        self._catalog = catalog
        self._words: dict[str, Words] = {one.id: words(catalog, one) for one in catalog.signatures}
        self._sights = Sights()
        self._flows: Memory[int, _Matches] = Memory(settings.flow_capacity)
        self.told: tuple[Signature, ...] = ()
        """Signatures of the flow whose bytes were added last."""
        self.first_told = _NO_SIGNATURES
        """Those of them for which all its bytes were new, not only the latest."""

    @property
    def evictions(self) -> int:
        """Flows that were forgotten before they ended; their bytes are in no story."""
        return self._flows.evictions

    @property
    def fill(self) -> tuple[int, int]:
        """Flows that are remembered, and how many may be."""
        return self._flows.fill

    def known_series(self) -> tuple[Series, ...]:
        """Return the labels of every finding that may come."""
        return tuple(
            Series(one.vendor_id, one.id, one.purpose.value, one.severity.value)
            for one in self._catalog.signatures
        )

    def judge(
        self, observation: Observation, matched: Sequence[Signature] | None = None
    ) -> Sequence[Finding]:
        """State a contact for every signature, or add the bytes of a flow."""
        kind = observation.type
        if kind in _AMOUNTS:
            return self._add(observation)
        if matched is None:
            matched = signatures_of(self._catalog, observation)
        matches = self._flows.get(observation.flow.id)
        if matches and kind in _NAMES_SHOWN:
            _correct(matches, observation, matched)
        if not matched:
            return ()
        matches = matches or {}
        findings = [self._state(observation, signature, matches) for signature in matched]
        self._flows.remember(observation.flow.id, matches)
        return findings

    def due(self, now_ns: int) -> list[Finding]:  # noqa: ARG002 - it has no windows
        """Return nothing."""
        return []

    def state(self) -> State:
        """Return the open flows with what matched them."""
        flows = [
            [flow_id, [[name, int(one.how), one.is_told] for name, one in matches.items()]]
            for flow_id, matches in self._flows.items()
        ]
        return {"by_flow": flows, "counters": {"evicted": self._flows.evictions}}

    def restore(self, state: State) -> None:
        """Remember those flows; of signatures that are no longer there nothing is."""
        flows = [
            (flow_id, self._matches_of(table)) for flow_id, table in rows(state, "by_flow", is_count, is_list)
        ]
        self._flows.refill((flow for flow in flows if flow[1]), count(state, "evicted"))

    def take_over(self, older: Self) -> None:
        """Go on with the flows of another one, which is of no use after that."""
        self._flows.take_over(older._flows)

    def _matches_of(self, table: object) -> _Matches:
        return {
            name: _Match(_How(how), is_told)
            for name, how, is_told in checked(table, "matches", is_text, _is_how, is_flag)
            if self._catalog.signature(name) is not None
        }

    def _served(self, matches: _Matches) -> list[tuple[Signature, _Match]]:
        """Return the signatures that a flow itself is of; one that the catalog no longer has is passed over."""
        return [
            (signature, one)
            for name, one in matches.items()
            if one.how is not _How.LOOKED_UP and (signature := self._catalog.signature(name)) is not None
        ]

    def _state(self, observation: Observation, signature: Signature, matches: _Matches) -> Finding:
        """Make the finding and note how the signature came to the flow."""
        sight = self._sights.of(signature, observation)
        earlier = matches.get(signature.id)
        how = _how(observation, by_name=sight.by_name)
        if earlier is None or how < earlier.how:
            matches[signature.id] = _Match(how, is_told=earlier is not None and earlier.is_told)
        counts = earlier is None or observation.type not in _ANSWERS
        return self._finding(observation, signature, sight.saw, counts=counts)

    def _add(self, observation: Observation) -> Sequence[Finding]:
        flow_id = observation.flow.id
        matches = self._flows.get(flow_id)
        if matches is None:
            self.told, self.first_told = (), _NO_SIGNATURES
            return ()
        told = self._served(matches)
        self.told = tuple(signature for signature, _ in told)
        self.first_told = frozenset(signature.id for signature, one in told if not one.is_told)
        if observation.type == "flow_active":
            matches.update((signature.id, one._replace(is_told=True)) for signature, one in told)
        else:
            self._flows.forget(flow_id)
        return [self._amount(observation, signature, one) for signature, one in told]

    def _amount(self, observation: Observation, signature: Signature, match: _Match) -> Finding:
        seen = new_traffic(observation) if match.is_told else traffic(observation)
        return replace(
            self._finding(observation, signature, "", counts=False),
            uplink_bytes=seen.uplink_bytes,
            downlink_bytes=seen.downlink_bytes,
        )

    def _finding(self, observation: Observation, signature: Signature, saw: str, *, counts: bool) -> Finding:
        said = self._words[signature.id]
        contact = observation.contact
        device = observation.flow.orig_ip if contact is None else contact.device.name
        return Finding(
            detector=self.NAME,
            identity=(signature.id, device),
            observation=observation,
            severity=signature.severity,
            confidence=signature.confidence,
            title=said.title,
            why=f"{device} {did(observation)}. {said.meaning}",
            saw=saw,
            signature=signature.id,
            vendor=signature.vendor_id,
            purpose=signature.purpose,
            counts=counts,
            details=said.details,
        )


def _correct(matches: _Matches, observation: Observation, matched: Sequence[Signature]) -> None:
    """Forget what only an earlier look-up said of a flow that now shows another name."""
    if _NAMES_SHOWN[observation.type] not in observation.fields:
        return
    confirmed = {signature.id for signature in matched}
    for key in [key for key, one in matches.items() if one.how is _How.BY_NAME and key not in confirmed]:
        del matches[key]


def _is_how(value: object) -> bool:
    return value in _How.__members__.values()


def _how(observation: Observation, *, by_name: bool) -> _How:
    if observation.type in LOOK_UPS:
        return _How.LOOKED_UP
    return _How.BY_NAME if by_name else _How.SHOWN


DETECTOR = VendorContact
