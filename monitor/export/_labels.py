"""Keeps label values in their closed sets: what comes from outside them is shown as one word and never by its name.

Rule: every set knows how many series it can become at most, whatever its counts are keyed by.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

from monitor.export.sensor_counts import RECORDER_DROPS
from monitor.export.snapshot import Known
from monitor.model.finding import Severity

OTHER = "other"
"""Stands for every value outside its closed set."""
UNLISTED = "unlisted"
"""Stands for every device that the configuration does not name."""
STATUSES = ("experimental", "test", "stable", "deprecated")
"""States of a signature; the room of the catalog has them as an enum, and this room may not import it."""
DIRECTIONS = ("uplink", "downlink")
MAX_ZERO_FIRING = 10_000
"""Series of ``alerts_firing`` that are shown with 0; beyond that only those of unlisted devices are."""
MAX_FIRING = 10_000
"""Further series of ``alerts_firing``; beyond that their devices are told as ``other``."""

Key = tuple[str, ...]


class Closed:
    """A closed set of keys, and what becomes of a key outside it."""

    __slots__ = ("_allowed", "_collapse", "_width", "known", "size")

    def __init__(self, known: Iterable[Key], collapse: Callable[[Key], Key], *, beyond: int) -> None:
        self.known = tuple(dict.fromkeys(tuple(map(str, key)) for key in known))
        """Shown from the first scrape, with 0."""
        self.size = len(self.known) + beyond
        """Series that there can be at most."""
        self._allowed = frozenset(self.known)
        self._collapse = collapse
        self._width = len(self.known[0]) if self.known else None

    def close(self, key: Key) -> Key:
        """Return the key, or what stands for it."""
        if key in self._allowed:
            return key
        if self._width is not None and len(key) != self._width:
            raise ValueError(f"a key of {self._width} labels was expected, not {len(key)}")
        return self._collapse(key)

    def samples(
        self, counts: Mapping[Any, Any], merge: Callable[[Any, Any], Any] | None = None
    ) -> dict[Key, Any]:
        """Return every known series with 0 or its count; keys that close to the same one are added or merged."""
        samples: dict[Key, Any] = {}
        for key, amount in counts.items():
            shown = self.close(tuple(key))
            if shown not in samples:
                samples[shown] = amount
            else:
                samples[shown] = merge(samples[shown], amount) if merge else samples[shown] + amount
        # The zeros last: merged into, the least of two would always be 0.
        return dict.fromkeys(self.known, 0) | samples


class Labels:
    """The closed sets of one ``Known``."""

    def __init__(self, known: Known) -> None:
        words = _Words(known)
        alerts = tuple(dict.fromkeys((one.detector, one.vendor, one.severity) for one in known.findings))
        self.alone = Closed([()], lambda _: (), beyond=0)
        self.finding = Closed(known.findings, words.finding, beyond=words.detectors * words.severities)
        self.alert = Closed(alerts, words.alert, beyond=words.stories)
        devices = len(known.devices) + 1
        self.firing = Closed(
            _firing(alerts, known.devices),
            words.firing,
            beyond=min(words.stories * devices, max(MAX_FIRING, words.stories)),
        )
        self.contact = Closed(known.contacts, words.contact, beyond=words.vendors)
        self.contact_bytes = Closed(
            ((*key, direction) for direction in DIRECTIONS for key in known.contacts),
            lambda key: (*words.contact(key[:2]), key[2] if key[2] in DIRECTIONS else OTHER),
            beyond=words.vendors * (len(DIRECTIONS) + 1),
        )
        self.vendor = _single(("", *known.vendors))
        self.status = _product((("", *known.vendors), STATUSES), known=known.vendors)
        self.interface = _single(known.interfaces)
        self.drop = _product((known.interfaces, known.drop_reasons))
        self.ignore = _product((known.interfaces, known.ignore_reasons))
        self.malformed = _pairs(known.malformed)
        self.plugin = _pairs(known.plugins)
        self.room = _single(known.rooms)
        self.table = _single(known.tables)
        self.output = _single(known.outputs)
        self.database = _single(known.databases)
        self.worker = _single(known.workers)
        self.recorder_drop = _single(RECORDER_DROPS)


@lru_cache(maxsize=4)
def labels_of(known: Known) -> Labels:
    """Return the closed sets, made once for each ``Known``."""
    return Labels(known)


class _Words:
    """What stands for a combination that nobody announced: as much of it as is known, so that the sets stay small."""

    def __init__(self, known: Known) -> None:
        self._detectors = {one.detector for one in known.findings}
        self._pairs = {(one.detector, one.vendor) for one in known.findings}
        self._vendors = {"", *known.vendors, *(one.vendor for one in known.contacts)}
        self._devices = set(known.devices)
        self._severities = set(Severity)
        self.detectors = len(self._detectors) + 1
        self.vendors = len(self._vendors) + 1
        self.severities = len(self._severities) + 1
        self.stories = (len(self._pairs) + self.detectors) * self.severities

    def finding(self, key: Key) -> Key:
        detector, _, _, _, severity = key
        return (_in(self._detectors, detector), OTHER, OTHER, OTHER, _in(self._severities, severity))

    def alert(self, key: Key) -> Key:
        detector, vendor, severity = key
        severity = _in(self._severities, severity)
        if (detector, vendor) in self._pairs:
            return (str(detector), str(vendor), severity)
        return (_in(self._detectors, detector), OTHER, severity)

    def firing(self, key: Key) -> Key:
        device = key[3]
        return (*self.alert(key[:3]), device if device in self._devices else UNLISTED)

    def contact(self, key: Key) -> Key:
        vendor, _ = key
        return (_in(self._vendors, vendor), OTHER)


def _firing(alerts: tuple[Key, ...], devices: tuple[str, ...]) -> list[Key]:
    shown = [*devices, UNLISTED]
    if len(alerts) * len(shown) > MAX_ZERO_FIRING:
        shown = [UNLISTED]
    return [(*one, device) for one in alerts for device in shown]


def without_devices(samples: dict[Key, Any], known: tuple[Key, ...]) -> dict[Key, Any]:
    """Return the series of ``alerts_firing`` with devices told as ``other`` where there are too many."""
    if len(samples) <= len(known) + MAX_FIRING:
        return samples
    zeros = frozenset(known)
    folded = {key: samples[key] for key in known}
    for key, amount in samples.items():
        if key not in zeros:
            shown = (*key[:3], OTHER)
            folded[shown] = folded.get(shown, 0) + amount
    return folded


def _single(values: Iterable[str]) -> Closed:
    return Closed(((value,) for value in values), lambda _: (OTHER,), beyond=1)


def _pairs(pairs: Iterable[tuple[str, str]]) -> Closed:
    return Closed(pairs, lambda _: (OTHER, OTHER), beyond=1)


def _product(sets: tuple[tuple[str, ...], tuple[str, ...]], known: tuple[str, ...] | None = None) -> Closed:
    first, second = set(sets[0]), set(sets[1])
    shown = [(one, other) for one in (sets[0] if known is None else known) for other in sets[1]]
    everything = (len(first) + 1) * (len(second) + 1)
    return Closed(
        shown, lambda key: (_in(first, key[0]), _in(second, key[1])), beyond=everything - len(shown)
    )


def _in(allowed: "set[Any]", value: str) -> str:
    return str(value) if value in allowed else OTHER
