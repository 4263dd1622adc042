"""What several formats need to know of a record: its ends by role, its scales as numbers."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

EVIDENCE = "evidence"
FIRING = "firing"


def told_at(record: Mapping[str, Any]) -> str:
    """Return when that which is told happened: a renewed alert tells of its latest finding."""
    told: str = record["last_seen"] if record["state"] == FIRING else record["time"]
    return told


def milliseconds(text: str) -> int:
    """Return an instant of ours since the epoch; Python reads microseconds at most."""
    return round(datetime.fromisoformat(f"{text[:26]}+00:00").timestamp() * 1000)


def known(**values: Any) -> dict[str, Any]:
    """Return what is known: neither null nor an empty table or list."""
    return {name.rstrip("_"): value for name, value in values.items() if value not in (None, {}, [])}


def community_ids(record: Mapping[str, Any]) -> list[str]:
    """Return the flows of the evidence, each once."""
    seen = (one.get("community_id") for one in record.get(EVIDENCE) or ())
    return list(dict.fromkeys(one for one in seen if one))


def interfaces(record: Mapping[str, Any]) -> list[str]:
    """Return the captures or interfaces of the evidence, each once."""
    seen = (one.get("capture") for one in record.get(EVIDENCE) or ())
    return list(dict.fromkeys(one for one in seen if one))
