"""Chooses the form of an answer by what the asker accepts (RFC 9110 section 12.5.1), as Prometheus negotiates.

Rule: nothing here fails; what cannot be understood is as if it had not been said, and who accepts nothing of ours gets
the older text format, which everybody reads.
"""

from collections.abc import Iterator
from typing import NamedTuple

from monitor.export._exposition import Format

MAX_ACCEPTED = 64
"""Media types that are looked at; Prometheus sends six."""
ESCAPINGS = ("underscores", "allow-utf-8", "dots", "values")
"""Prometheus's schemes; our names are plain, so that only dots changes them."""


class Exposition(NamedTuple):
    """One form of metrics."""

    format: Format
    version: str
    escaping: str = ""
    """Empty for versions that do not know of it."""

    @property
    def content_type(self) -> str:
        said = f"; escaping={self.escaping}" if self.escaping else ""
        return f"{self.format.value}; version={self.version}; charset=utf-8{said}"


PLAIN = Exposition(Format.TEXT, "0.0.4")


class _Accepted(NamedTuple):
    media_type: str
    parameters: dict[str, str]
    quality: float
    place: int


_VERSIONS = {
    (Format.OPENMETRICS, ""): "1.0.0",
    (Format.OPENMETRICS, "1.0.0"): "1.0.0",
    (Format.OPENMETRICS, "0.0.1"): "0.0.1",
    (Format.TEXT, ""): "0.0.4",
    (Format.TEXT, "0.0.4"): "0.0.4",
    (Format.TEXT, "1.0.0"): "1.0.0",
}
_KNOWS_ESCAPING = "1.0.0"
_MEDIA_TYPES = {
    Format.OPENMETRICS.value: Format.OPENMETRICS,
    "application/*": Format.OPENMETRICS,
    Format.TEXT.value: Format.TEXT,
    "text/*": Format.TEXT,
    "*/*": Format.TEXT,
}


def exposition_for(accept: str) -> Exposition:
    """Return what the asker likes best of what there is."""
    for accepted in sorted(_parsed(accept), key=lambda one: (-one.quality, one.place)):
        chosen = _exposition(accepted)
        if chosen is not None:
            return chosen
    return PLAIN


def accepts_gzip(accept_encoding: str) -> bool:
    """Whether the answer may be compressed (RFC 9110 section 12.5.3)."""
    qualities = {one.media_type: one.quality for one in _parsed(accept_encoding, refused=True)}
    return qualities.get("gzip", qualities.get("*", 0)) > 0


def _exposition(accepted: _Accepted) -> Exposition | None:
    chosen = _MEDIA_TYPES.get(accepted.media_type)
    if chosen is None:
        return None
    version = _VERSIONS.get((chosen, accepted.parameters.get("version", "")))
    if version is None:
        return None
    asked = accepted.parameters.get("escaping", "")
    escaping = asked if asked in ESCAPINGS else ESCAPINGS[0]
    return Exposition(chosen, version, escaping if version == _KNOWS_ESCAPING else "")


def _parsed(header: str, *, refused: bool = False) -> Iterator[_Accepted]:
    """Yield what is listed; what is refused by ``q=0`` only on request."""
    for place, item in enumerate(header.split(",", MAX_ACCEPTED)[:MAX_ACCEPTED]):
        media_type, *rest = (part.strip() for part in item.lower().split(";"))
        pairs = [part.partition("=") for part in rest]
        parameters = {name.strip(): value.strip().strip('"') for name, _, value in pairs}
        quality = _quality(parameters.get("q", "1"))
        if media_type and (quality > 0 or refused):
            yield _Accepted(media_type, parameters, quality, place)


def _quality(text: str) -> float:
    """Return a weight (RFC 9110 section 12.4.2); one that is none counts as refused."""
    if not text.replace(".", "", 1).isascii() or not text.replace(".", "", 1).isdigit():
        return 0.0
    return min(1.0, float(text))
