"""One syslog message as RFC 5424 wants it: header, structured data, and the alert in a format; never too long.

What is too long is shortened where it hurts least, and says so: ``truncated`` stands in the structured data and, where
the format is JSON, in the record, which stays whole JSON.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import orjson

from monitor.export._format import FormatName, as_object, rendered
from monitor.export._origin import Origin

FACILITIES = {
    "user": 1,
    "daemon": 3,
    "auth": 4,
    "authpriv": 10,
    **{f"local{number}": 16 + number for number in range(8)},
}
"""RFC 5424 section 6.2.1, those that suit us."""
SEVERITIES = {"critical": 2, "high": 3, "medium": 4, "low": 5, "info": 6}
"""RFC 5424 section 6.2.1: critical, error, warning, notice, informational."""
VERSION = 1
NIL = "-"
MAX_HOST, MAX_APP, MAX_ID = 255, 48, 32
"""RFC 5424 section 6."""
PARAMETERS = ("alert_id", "state", "severity", "detector", "signature", "vendor", "device", "device_ip")
"""Names of a record that stand in the structured data where they are known."""
MAX_PARAMETER = 128
SHORT_WHY = 200
CUT = "...[truncated]"


class Style(NamedTuple):
    """What all messages have in common."""

    facility: int
    app_name: str
    enterprise_number: int
    format: FormatName
    max_bytes: int


def message(record: Mapping[str, Any], style: Style, origin: Origin) -> bytes:
    """Return the message of an alert, at most as long as the style says."""
    whole = b""
    for told, is_whole in _shorter(record):
        head = _head(told, style, origin, is_whole=is_whole)
        whole = head + _body(told, style, origin)
        if len(whole) <= style.max_bytes:
            return whole
    return _cut(whole, style.max_bytes)


def _shorter(record: Mapping[str, Any]) -> Iterator[tuple[dict[str, Any], bool]]:
    """Yield the record, and ever less of it."""
    told = dict(record)
    yield told, True
    told["truncated"] = True
    told["evidence"] = told["evidence"][:1]
    yield told, False
    told["evidence"] = []
    told["why"] = told["why"][:SHORT_WHY]
    yield told, False
    yield {name: value for name, value in told.items() if name in _NEEDED}, False


_NEEDED = frozenset(
    [
        "time",
        "alert_id",
        "state",
        "detector",
        "signature",
        "vendor",
        "purpose",
        "severity",
        "confidence",
        "device",
        "device_ip",
        "device_mac",
        "device_maker",
        "remote_ip",
        "remote_port",
        "remote_name",
        "country",
        "asn",
        "organisation",
        "title",
        "why",
        "count",
        "first_seen",
        "last_seen",
        "uplink_bytes",
        "downlink_bytes",
        "evidence",
        "truncated",
    ]
)
"""The named part of the published record: what is left when a detector's own fields are too many."""


def _head(record: Mapping[str, Any], style: Style, origin: Origin, *, is_whole: bool) -> bytes:
    priority = style.facility * 8 + SEVERITIES[record["severity"]]
    words = (
        f"<{priority}>{VERSION}",
        _timestamp(record),
        _name(origin.host, MAX_HOST),
        _name(style.app_name, MAX_APP),
        NIL,
        _name(record["detector"], MAX_ID),
        _structured(record, style, is_whole=is_whole),
    )
    return (" ".join(words) + " ").encode("utf-8", "replace")


def _timestamp(record: Mapping[str, Any]) -> str:
    """RFC 5424 section 6.2.3: microseconds at most."""
    told: str = record["last_seen"] if record["state"] == "firing" else record["time"]
    return f"{told[:26]}Z"


def _name(text: str, most: int) -> str:
    """RFC 5424 section 6: printable US-ASCII without spaces."""
    return "".join(letter for letter in text if "!" <= letter <= "~")[:most] or NIL


def _structured(record: Mapping[str, Any], style: Style, *, is_whole: bool) -> str:
    """RFC 5424 section 6.3."""
    parameters = [(name, str(record[name])) for name in PARAMETERS if record.get(name)]
    if not is_whole:
        parameters.append(("truncated", "true"))
    told = " ".join(f'{name}="{_escaped(value)}"' for name, value in parameters)
    return f"[umbilical@{style.enterprise_number} {told}]"


def _escaped(value: str) -> str:
    """RFC 5424 section 6.3.3; control characters become spaces, though they would be allowed."""
    printable = "".join(letter if letter.isprintable() else " " for letter in value[:MAX_PARAMETER])
    return printable.replace("\\", "\\\\").replace('"', '\\"').replace("]", "\\]")


def _body(record: Mapping[str, Any], style: Style, origin: Origin) -> bytes:
    """JSON in US-ASCII, which needs no byte order mark (RFC 5424 section 6.4) and survives every relay."""
    if style.format == "cef":
        return rendered("cef", record, origin)
    return _ascii(orjson.dumps(as_object(style.format, record, origin)).decode("utf-8"))


def _ascii(text: str) -> bytes:
    return b"".join(
        letter.encode("ascii") if letter.isascii() else b"".join(b"\\u%04x" % unit for unit in _units(letter))
        for letter in ([text] if text.isascii() else text)
    )


def _units(letter: str) -> Iterator[int]:
    encoded = letter.encode("utf-16-be")
    for place in range(0, len(encoded), 2):
        yield int.from_bytes(encoded[place : place + 2], "big")


def _cut(whole: bytes, most: int) -> bytes:
    """The last resort: cut, with a mark, and without half a letter."""
    mark = CUT.encode("ascii")
    return whole[: most - len(mark)].decode("utf-8", "ignore").encode("utf-8") + mark
