"""An alert line as a story for people: who, whom, when, why, and what the signature rests on. Prints nothing."""

import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from monitor.cli.words import safe

if TYPE_CHECKING:
    from monitor.catalog.catalog import Catalog

Record = dict[str, Any]
_SECONDS = slice(0, 19)


class Line(NamedTuple):
    """One line and how it looks."""

    text: str
    style: str = ""


def story(alert: Record, catalog: "Catalog", width: int, published: frozenset[str]) -> Iterator[Line]:
    """Yield the story of an alert; ``published`` are the fields that every alert has."""
    if "severity" not in alert:  # only its packets are known
        yield Line(f"{_shown(alert.get('title'))} [alert {_shown(alert.get('alert_id'))}]", "bold")
        yield from _part("Why", [str(alert.get("why") or "not told")], width)
        return
    yield from (line._replace(style="bold") for line in _wrapped(_title(alert), width))
    yield from _wrapped(_ends(alert), width)
    yield from _wrapped(_times(alert), width)
    yield from _part("Why", [str(alert.get("why") or "not told")], width)
    own = [
        f"{name}: {_listed(value)}"
        for name, value in alert.items()
        if name not in published and value is not None
    ]
    yield from _part("Details", own, width)
    if alert.get("signature"):
        yield from _signature(str(alert["signature"]), catalog, width)


def _signature(name: str, catalog: "Catalog", width: int) -> Iterator[Line]:
    from monitor.catalog.describe import believe, looks_like
    from monitor.catalog.vocabulary import meaning

    signature = catalog.signature(name)
    if signature is None:
        yield from _part(
            "The signature",
            [f"{name} is not among the loaded signatures; see --signatures and --config"],
            width,
        )
        return
    facts = [
        f"{signature.title}, {signature.location}",
        f"Confidence {signature.confidence}: {meaning(signature.confidence)}",
        f"Status {signature.status}: {meaning(signature.status)}",
    ]
    yield from _part(f"The signature {safe(name)}", facts, width)
    yield from _part("What it looks like", looks_like(signature), width)
    yield from _part("Why we believe it", [believe(source) for source in signature.sources], width)
    yield from _part("What else causes it", signature.false_positives or ["Nothing else is known."], width)


def evidence_of(alert: Record) -> list[Record]:
    """Return the evidence that can be looked up: entries with a frame number."""
    given = alert.get("evidence")
    entries = given if isinstance(given, list) else []
    return [
        one
        for one in entries
        if isinstance(one, dict) and isinstance(one.get("frame"), int) and 0 < one["frame"] < 1 << 40
    ]


def seen(entry: Record) -> str:
    """Return one piece of evidence in a line."""
    when = _clock(entry.get("time"))
    return f"frame {entry['frame']} of {_shown(entry.get('capture'))}, {when}: {_shown(entry.get('saw'))}"


def _title(alert: Record) -> str:
    facts = [_shown(alert.get(name)) for name in ("severity", "state")]
    return f"{_shown(alert.get('title'))} [{', '.join(facts)}, alert {_shown(alert.get('alert_id'))}]"


def _ends(alert: Record) -> str:
    device = _named(
        alert.get("device"), alert.get("device_ip"), alert.get("device_mac"), alert.get("device_maker")
    )
    if alert.get("remote_ip") is None and alert.get("remote_name") is None:
        return device
    port = f"port {alert['remote_port']}" if alert.get("remote_port") else None
    asn = f"AS{alert['asn']}" if alert.get("asn") else None
    remote = _named(
        alert.get("remote_name") or alert.get("remote_ip"),
        alert.get("remote_ip"),
        port,
        alert.get("country"),
        asn,
        alert.get("organisation"),
    )
    return f"{device} → {remote}"


def _named(name: object, *facts: object) -> str:
    known = [_shown(fact) for fact in facts if fact is not None and fact != name]
    return _shown(name) + (f" ({', '.join(known)})" if known else "")


def _times(alert: Record) -> str:
    first, last = _clock(alert.get("first_seen")), _clock(alert.get("last_seen"))
    span = f"at {first} UTC" if first == last else f"from {first} to {last} UTC"
    count = alert.get("count")
    findings = "1 finding" if count == 1 else f"{_shown(count)} findings"
    return (
        f"{findings} {span}; {_shown(alert.get('uplink_bytes'))} bytes from the device,"
        f" {_shown(alert.get('downlink_bytes'))} to it"
    )


def _clock(time: object) -> str:
    return _shown(time)[_SECONDS].replace("T", " ")


def _shown(value: object) -> str:
    return "?" if value is None else safe(str(value))


def _listed(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _part(title: str, texts: Sequence[str], width: int) -> Iterator[Line]:
    if not texts:
        return
    yield Line("")
    yield Line(title, "bold")
    for text in texts:
        yield from _wrapped("  " + text, width)


def _wrapped(text: str, width: int) -> Iterator[Line]:
    """Yield a line in pieces of the width, under its own indentation."""
    bare = safe(text.lstrip())
    indent = " " * (len(text) - len(text.lstrip()))
    below = indent + "  " if bare.startswith("- ") else indent
    pieces = textwrap.wrap(
        bare,
        width,
        initial_indent=indent,
        subsequent_indent=below,
        break_long_words=False,
        break_on_hyphens=False,
    )
    yield from map(Line, pieces)
