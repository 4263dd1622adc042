"""States contact with a country, an autonomous system or an organisation that the site watches; off by default.

Judged by the address of the remote when a flow starts, and by nothing else. What a geo-IP database says of an address
is where its network is registered or measured, not where a machine stands: the words of a finding say so.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import ClassVar, NamedTuple, Self

from monitor.catalog.catalog import Catalog
from monitor.catalog.records import Signature
from monitor.detect._matching import Series, new_traffic
from monitor.detect._memory import Memory
from monitor.model.entity import Contact
from monitor.model.finding import Confidence, Finding, Severity
from monitor.model.observation import Observation
from monitor.model.state import State, checked, count, is_count, is_list, is_text, rows

SEVERITY = Severity.MEDIUM
REMEMBERED_ORGANISATIONS = 1 << 12
"""Answers that are kept about names of organisations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Section ``[detect.watched_place]``."""

    countries: tuple[str, ...] = ()
    """ISO 3166-1 alpha-2."""
    asns: tuple[int, ...] = ()
    organisations: tuple[str, ...] = ()
    """Whole words that follow each other in the organisation's name, in any case."""
    flow_capacity: int = 1 << 16
    """Open flows to a watched place that are remembered for their bytes."""


class _Place(NamedTuple):
    kind: str
    value: str
    words: str


class WatchedPlace:
    """The detector."""

    NAME: ClassVar[str] = "watched_place"

    def __init__(self, settings: Settings, catalog: Catalog) -> None:  # noqa: ARG002 - every detector is made alike
        self._countries = frozenset(country.upper() for country in settings.countries)
        self._asns = frozenset(settings.asns)
        self._phrases = {
            _by_words(phrase): phrase for phrase in settings.organisations if _by_words(phrase).strip()
        }
        self._watched: Mapping[str, frozenset[str]] = {
            "country": self._countries,
            "asn": frozenset(map(str, self._asns)),
            "organisation": frozenset(self._phrases.values()),
        }
        self._watched_phrases = lru_cache(maxsize=REMEMBERED_ORGANISATIONS)(self._find_phrases)
        self._flows: Memory[int, tuple[_Place, ...]] = Memory(settings.flow_capacity)
        watches = self._countries or self._asns or self._phrases
        self.wants = frozenset({"flow_start", "flow_active", "flow_end"}) if watches else frozenset()
        self.wants_unmatched = self.wants

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
        return (Series(None, None, None, SEVERITY.value),) if self.wants else ()

    def judge(
        self,
        observation: Observation,
        matched: Sequence[Signature] | None = None,  # noqa: ARG002 - the contract's signature
    ) -> Sequence[Finding]:
        """State contact with every watched place, or add the bytes of a flow."""
        contact = observation.contact
        if contact is None or contact.internal:
            return []
        if observation.totals is not None:
            return self._add(observation, contact)
        if observation.type != "flow_start":
            return []
        places = tuple(self._places(contact))
        if not places:
            return []
        self._flows.remember(observation.flow.id, places)
        return [self._finding(observation, contact, place) for place in places]

    def due(self, now_ns: int) -> list[Finding]:  # noqa: ARG002 - it has no windows
        """Return nothing."""
        return []

    def state(self) -> State:
        """Return the open flows with the places they lead to."""
        flows = [[flow_id, [list(place) for place in places]] for flow_id, places in self._flows.items()]
        return {"by_flow": flows, "counters": {"evicted": self._flows.evictions}}

    def restore(self, state: State) -> None:
        """Remember those flows; of places that are no longer watched nothing is."""
        flows = [
            (flow_id, self._still_watched(_places_of(table)))
            for flow_id, table in rows(state, "by_flow", is_count, is_list)
        ]
        self._flows.refill((flow for flow in flows if flow[1]), count(state, "evicted"))

    def take_over(self, older: Self) -> None:
        """Go on with the flows of another one, which is of no use after that."""
        self._flows.take_over(older._flows)
        if self._watched == older._watched:
            return
        kept = [(flow_id, self._still_watched(places)) for flow_id, places in self._flows.items()]
        self._flows.refill((flow for flow in kept if flow[1]), self._flows.evictions)

    def _still_watched(self, places: Iterable[_Place]) -> tuple[_Place, ...]:
        return tuple(place for place in places if place.value in self._watched.get(place.kind, ()))

    def _places(self, contact: Contact) -> Iterator[_Place]:
        remote = contact.remote
        if remote.country in self._countries:
            yield _Place("country", str(remote.country), f"the country {remote.country}")
        if remote.asn in self._asns:
            yield _Place("asn", str(remote.asn), f"the autonomous system AS{remote.asn}")
        if remote.organisation is not None:
            for phrase in self._watched_phrases(remote.organisation):
                yield _Place("organisation", phrase, f"the organisation {remote.organisation}")

    def _find_phrases(self, organisation: str) -> tuple[str, ...]:
        name = _by_words(organisation)
        return tuple(phrase for words, phrase in self._phrases.items() if words in name)

    def _add(self, observation: Observation, contact: Contact) -> Sequence[Finding]:
        recall = self._flows.get if observation.type == "flow_active" else self._flows.forget
        places = recall(observation.flow.id)
        if places is None:
            return []
        seen = new_traffic(observation)
        return [
            replace(
                self._finding(observation, contact, place),
                saw="",
                counts=False,
                uplink_bytes=seen.uplink_bytes,
                downlink_bytes=seen.downlink_bytes,
            )
            for place in places
        ]

    def _finding(self, observation: Observation, contact: Contact, place: _Place) -> Finding:
        device, ip = contact.device.name, contact.remote.ip
        spoke = "contacted" if contact.device_is_originator else "was contacted by"
        named = "" if observation.remote_name is None else f" ({observation.remote_name})"
        return Finding(
            detector=self.NAME,
            identity=(f"{place.kind}:{place.value}", device),
            observation=observation,
            severity=SEVERITY,
            confidence=Confidence.MEDIUM,
            title=f"Contact with a watched {place.kind}: {place.value}",
            why=(
                f"{device} {spoke} {ip}{named}, which the geo-IP database places in {place.words}; this site watches it."
                " Confidence medium: such databases say where a network is registered or was measured, and err"
                " for anycast, cloud and mobile networks."
            ),
            saw=f"ip.dst = {ip} ({place.kind} {place.value})",
            details={"watched": f"{place.kind}:{place.value}"},
        )


def _places_of(table: object) -> list[_Place]:
    return [_Place(*row) for row in checked(table, "places", is_text, is_text, is_text)]


def _by_words(text: str) -> str:
    """Return the words of a text in lower case, each between blanks."""
    kept = "".join(letter if letter.isalnum() else " " for letter in text.casefold())
    return f" {' '.join(kept.split())} "


DETECTOR = WatchedPlace
