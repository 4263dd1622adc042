r"""ArcSight Common Event Format, version 0: one line that most SIEMs can read from syslog.

In the header ``\`` and ``|`` are escaped and there is no line break; in a value of the extension ``\``, ``=`` and line
breaks are (Micro Focus, ArcSight Common Event Format, "Character Encoding"). Lengths are those of its dictionary.
"""

import re
from collections.abc import Mapping
from typing import Any

from monitor.export._origin import Origin
from monitor.export.formats._wire import milliseconds, told_at

MAX_HEADER = 512
MAX_VALUE = 1023
"""``msg`` and ``cs1`` to ``cs6`` hold 1023 to 4000 characters; the least of them."""
SEVERITIES = {"info": 1, "low": 3, "medium": 5, "high": 8, "critical": 10}
"""0 to 3 is low, 4 to 6 medium, 7 and 8 high, 9 and 10 very high."""
_BREAKS = re.compile(r"\r\n|\r|\n|[\u2028\u2029\x85]")
_BREAK = "\n"
_CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")


def cef(record: Mapping[str, Any], origin: Origin) -> str:
    """Return the alert as a line."""
    head = (
        "Umbilical",
        "umbilical",
        origin.version,
        record["signature"] or record["detector"],
        record["title"],
        str(SEVERITIES[record["severity"]]),
    )
    told = " ".join(
        f"{key}={_value(value)}" for key, value in _extension(record, origin) if value is not None
    )
    return f"CEF:0|{'|'.join(map(_header, head))}|{told}"


def _extension(record: Mapping[str, Any], origin: Origin) -> tuple[tuple[str, Any], ...]:
    return (
        ("rt", milliseconds(told_at(record))),
        ("start", milliseconds(record["first_seen"])),
        ("end", milliseconds(record["last_seen"])),
        ("externalId", record["alert_id"]),
        ("act", record["state"]),
        ("cat", record["detector"]),
        ("cnt", record["count"]),
        ("dvchost", origin.host),
        ("src", record["device_ip"]),
        ("shost", record["device"]),
        ("smac", record["device_mac"]),
        ("dst", record["remote_ip"]),
        ("dpt", record["remote_port"]),
        ("dhost", record["remote_name"]),
        ("in", record["downlink_bytes"]),
        ("out", record["uplink_bytes"]),
        ("msg", record["why"]),
        *_labelled("cs1", "vendor", record["vendor"]),
        *_labelled("cs2", "purpose", record["purpose"]),
        *_labelled("cs3", "confidence", record["confidence"]),
        *_labelled("cs4", "country", record["country"]),
        *_labelled("cs5", "organisation", record["organisation"]),
        *_labelled("cs6", "evidence", "; ".join(one["saw"] for one in record["evidence"]) or None),
        *_labelled("cn1", "asn", record["asn"]),
    )


def _labelled(key: str, label: str, value: Any) -> tuple[tuple[str, Any], ...]:
    return () if value is None else ((f"{key}Label", label), (key, value))


def _header(text: str) -> str:
    told = _CONTROLS.sub(" ", _BREAKS.sub(" ", text))[:MAX_HEADER]
    return told.replace("\\", "\\\\").replace("|", "\\|")


def _value(value: Any) -> str:
    told = _CONTROLS.sub(" ", _BREAKS.sub(_BREAK, str(value)[:MAX_VALUE]))
    return told.replace("\\", "\\\\").replace("=", "\\=").replace(_BREAK, "\\n")


FORMAT = cef
