"""Writes metric families as text: OpenMetrics 1.0, or Prometheus's text format with what that does not know left out.

The library's own writers say the same, byte for byte, several times slower: they judge every letter of every name, and
ours are known to be plain. Where a scraper wants names escaped in another way, the library writes.
Rule: ``_created`` and exemplars are OpenMetrics; the older format would show the first as gauges of their own.
"""

import math
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import Any

from prometheus_client.core import Exemplar, Metric
from prometheus_client.exposition import generate_latest as library_text
from prometheus_client.openmetrics.exposition import generate_latest as library_openmetrics

DOTS = "dots"
"""The one way to escape names that changes even plain ones."""
_CREATED = "_created"
_TEXT_SUFFIX = {"counter": "_total", "info": "_info"}
"""What the older format adds to the name of a family; its types are fewer too."""
_TEXT_TYPE = {"info": "gauge", "unknown": "untyped"}
_GO_POINT = 6
"""Go writes numbers with more digits before the point than this with an exponent."""


class Format(Enum):
    """How metrics are written."""

    OPENMETRICS = "application/openmetrics-text"
    TEXT = "text/plain"


class _Collected:
    """Families that are there already, as the library's writers ask for them."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        return self._metrics


def text_of(metrics: Iterable[Metric], chosen: Format, escaping: str = "") -> bytes:
    """Return the families as text; ``escaping`` is a scheme of Prometheus's for names."""
    if escaping == DOTS:
        return _dotted(metrics, chosen)
    lines = _openmetrics(metrics) if chosen is Format.OPENMETRICS else _text(metrics)
    return "".join(lines).encode("utf-8")


def _openmetrics(metrics: Iterable[Metric]) -> Iterator[str]:
    for metric in metrics:
        name = metric.name
        yield f"# HELP {name} {_escaped(metric.documentation)}\n# TYPE {name} {metric.type}\n"
        if metric.unit:
            yield f"# UNIT {name} {metric.unit}\n"
        for sample in metric.samples:
            told = "" if sample.exemplar is None else _exemplar(sample.exemplar)
            yield f"{sample.name}{_labels(sample.labels)} {number(sample.value)}{told}\n"
    yield "# EOF\n"


def _text(metrics: Iterable[Metric]) -> Iterator[str]:
    for metric in metrics:
        name = metric.name + _TEXT_SUFFIX.get(metric.type, "")
        says = metric.documentation.replace("\\", r"\\").replace("\n", r"\n")
        yield f"# HELP {name} {says}\n# TYPE {name} {_TEXT_TYPE.get(metric.type, metric.type)}\n"
        created = metric.name + _CREATED
        for sample in metric.samples:
            if sample.name != created:
                yield f"{sample.name}{_labels(sample.labels)} {number(sample.value)}\n"


def _dotted(metrics: Iterable[Metric], chosen: Format) -> bytes:
    if chosen is Format.OPENMETRICS:
        text: bytes = library_openmetrics(_Collected(metrics), escaping=DOTS)  # type: ignore[no-untyped-call]  # the library has none
        return text
    return library_text(_Collected(map(_without_created, metrics)), escaping=DOTS)


def _without_created(metric: Metric) -> Metric:
    kept = Metric(metric.name, metric.documentation, metric.type, metric.unit)
    kept.samples = [sample for sample in metric.samples if sample.name != metric.name + _CREATED]
    return kept


def number(value: Any) -> str:
    """Return a number as Go writes it."""
    value = float(value)
    if value == 0:
        return "0.0" if math.copysign(1, value) > 0 else "-0.0"
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"
    text = repr(value)
    point = text.find(".")
    if value > 0 and point > _GO_POINT:
        digits = f"{text[0]}.{text[1:point]}{text[point + 1 :]}".rstrip("0.")
        return f"{digits}e+{point - 1:02d}"
    return text


def _labels(labels: dict[str, str]) -> str:
    if not labels:
        return ""
    inside = ",".join([f'{name}="{_escaped(value)}"' for name, value in sorted(labels.items())])
    return f"{{{inside}}}"


def _escaped(text: str) -> str:
    if "\\" in text or '"' in text or "\n" in text:
        return text.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
    return text


def _exemplar(exemplar: Exemplar) -> str:
    when = "" if exemplar.timestamp is None else f" {exemplar.timestamp}"
    return f" # {_labels(exemplar.labels)} {number(exemplar.value)}{when}"
