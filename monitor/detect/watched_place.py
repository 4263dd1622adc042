"""States contact with a country, an autonomous system or an organisation that the site watches; off by default.

Judged by the address of the remote when a flow starts, and by nothing else. What a geo-IP database says of an address
is where its network is registered or measured, not where a machine stands: the words of a finding say so.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import ClassVar, NamedTuple

from monitor.catalog.catalog import Catalog
from monitor.catalog.records import Signature
from monitor.detect._matching import Series, traffic
from monitor.detect._memory import Memory
from monitor.model.entity import Contact
from monitor.model.finding import Confidence, Finding, Severity
from monitor.model.observation import Observation

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
        self._watched_phrases = lru_cache(maxsize=REMEMBERED_ORGANISATIONS)(self._find_phrases)
        self._flows: Memory[int, tuple[_Place, ...]] = Memory(settings.flow_capacity)
        watches = self._countries or self._asns or self._phrases
        self.wants = frozenset({"flow_start", "flow_end"}) if watches else frozenset()

    @property
    def evictions(self) -> int:
        """Flows that were forgotten before they ended; their bytes are in no story."""
        return self._flows.evictions

    def known_series(self) -> tuple[Series, ...]:
        """Return the labels of every finding that may come."""
        return (Series(None, None, None, SEVERITY.value),) if self.wants else ()

    def judge(
        self,
        observation: Observation,
        matched: Sequence[Signature] | None = None,  # noqa: ARG002 - the contract's signature
    ) -> Sequence[Finding]:
        """State contact with every watched place, or add the bytes of a flow that ended."""
        contact = observation.contact
        if contact is None or contact.internal:
            return []
        if observation.type == "flow_end":
            return self._end(observation, contact)
        if observation.type != "flow_start":
            return []
        places = tuple(self._places(contact))
        if places:
            self._flows.remember(observation.flow.id, places)
        return [self._finding(observation, contact, place) for place in places]

    def due(self, now_ns: int) -> list[Finding]:  # noqa: ARG002 - it has no windows
        """Return nothing."""
        return []

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

    def _end(self, observation: Observation, contact: Contact) -> list[Finding]:
        places = self._flows.forget(observation.flow.id)
        if places is None:
            return []
        seen = traffic(observation)
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


def _by_words(text: str) -> str:
    """Return the words of a text in lower case, each between blanks."""
    kept = "".join(letter if letter.isalnum() else " " for letter in text.casefold())
    return f" {' '.join(kept.split())} "


DETECTOR = WatchedPlace
