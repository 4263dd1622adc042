"""Keeps label values in their closed sets: what comes from outside them is shown as one word and never by its name."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from monitor.export.snapshot import Known
from monitor.model.finding import Purpose, Severity

OTHER = "other"
"""Stands for every value outside its closed set."""
UNLISTED = "unlisted"
"""Stands for every device that the configuration does not name."""
STATUSES = ("experimental", "test", "stable", "deprecated")
"""States of a signature; the room of the catalog has them as an enum, and this room may not import it."""

Key = tuple[str, ...]


def _add(one: Any, other: Any) -> Any:
    return one + other


class Labels:
    """The closed sets of one snapshot, ready to check keys."""

    def __init__(self, known: Known) -> None:
        severities, purposes = set(Severity), {*Purpose, ""}
        detectors = {one.detector for one in known.findings}
        vendors = {*known.vendors, *(one.vendor for one in known.findings), ""}
        signatures = {one.signature for one in known.findings} | {""}
        devices, interfaces = set(known.devices), set(known.interfaces)
        self.finding = _closer((detectors, vendors, signatures, purposes, severities))
        self.alert = _closer((detectors, vendors, severities))
        self.firing = _closer((detectors, vendors, severities, devices), last=UNLISTED)
        self.contact = _closer((vendors, purposes))
        self.vendor = _closer((vendors,))
        self.status = _closer((vendors, STATUSES))
        self.interface = _closer((interfaces,))
        self.drop = _closer((interfaces, known.drop_reasons))
        self.malformed = _pair_closer(known.malformed)
        self.plugin = _pair_closer(known.plugins)
        self.room = _closer((known.rooms,))
        self.table = _closer((known.tables,))

    @staticmethod
    def closed(
        known: Iterable[Key],
        counts: Mapping[Any, Any],
        close: Callable[[Key], Key],
        merge: Callable[[Any, Any], Any] = _add,
    ) -> dict[Key, Any]:
        """Return every known series with 0 or its count; keys that close to the same one are merged."""
        samples: dict[Key, Any] = {tuple(key): 0 for key in known}
        for key, amount in counts.items():
            shown = close(tuple(key))
            samples[shown] = merge(samples[shown], amount) if shown in samples else amount
        return samples


def _closer(sets: tuple[Collection[str], ...], last: str = OTHER) -> Callable[[Key], Key]:
    words = (*[OTHER] * (len(sets) - 1), last)

    def close(key: Key) -> Key:
        if len(key) != len(sets):
            raise ValueError(f"a key of {len(sets)} labels was expected, not {len(key)}")
        return tuple(
            str(value) if value in allowed else word
            for value, allowed, word in zip(key, sets, words, strict=True)
        )

    return close


def _pair_closer(pairs: Collection[tuple[str, str]]) -> Callable[[Key], Key]:
    known = frozenset(pairs)
    return lambda key: key if key in known else (OTHER, OTHER)
