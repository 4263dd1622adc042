"""Reads a published alert record back: how an alert of the spool becomes one of the house again.

Rule: what stands in a record was on a disk and is checked name by name; anything wrong raises ValueError.
"""

from collections.abc import Container, Mapping
from typing import Any

from monitor.export._columns import ALERT, EVIDENCE, Column, Kind
from monitor.model.alert import Alert, AlertState
from monitor.model.finding import Confidence, Evidence, Purpose, Severity
from monitor.model.instant import instant_ns

Record = Mapping[str, Any]
_PUBLISHED = frozenset(column.name for column in ALERT)
"""What every alert has; all else in a record is the detector's own."""


def alert_of(record: Record, listed: Container[str] = ()) -> Alert:
    """Return the alert of a record, as ``alert_record`` made it; raises ValueError.

    ``listed`` are the devices that the configuration names: a record does not say whether it did.
    """
    told = {column.name: _value(column, record) for column in ALERT}
    return Alert(
        time_ns=told.pop("time"),
        state=AlertState(told.pop("state")),
        purpose=None if (purpose := told.pop("purpose")) is None else Purpose(purpose),
        severity=Severity(told.pop("severity")),
        confidence=Confidence(told.pop("confidence")),
        device_listed=told["device"] in listed,
        first_seen_ns=told.pop("first_seen"),
        last_seen_ns=told.pop("last_seen"),
        evidence=tuple(_evidence(one) for one in told.pop("evidence")),
        details={name: value for name, value in record.items() if name not in _PUBLISHED},
        **told,
    )


def _evidence(told: Any) -> Evidence:
    if not isinstance(told, Mapping):
        raise ValueError("evidence: not what a record has there")  # noqa: TRY004 - the record is wrong, not the caller
    values = {column.name: _value(column, told) for column in EVIDENCE}
    return Evidence(
        capture=values["capture"] or "",
        frame=values["frame"],
        community_id=values["community_id"],
        ts_ns=values["time"],
        saw=values["saw"],
    )


def _value(column: Column, record: Record) -> Any:
    """Return what stands under a name; a name that came with a later version may be missing where null is allowed."""
    value = record.get(column.name)
    if value is None and column.nullable:
        return None
    fits = type(value) in _TYPES[column.kind] and (column.choices is None or value in column.choices)
    if not fits or (isinstance(value, int | float) and not 0 <= value <= _MOST[column.kind]):
        raise ValueError(f"{column.name}: not what a record has there")
    return instant_ns(str(value)) if column.kind is Kind.TIME else value


_TYPES: Mapping[Kind, tuple[type, ...]] = {
    Kind.TEXT: (str,),
    Kind.NUMBER: (int,),
    Kind.TIME: (str,),
    Kind.RATIO: (int, float),
    Kind.EVIDENCE: (list,),
}
_MOST = {Kind.NUMBER: (1 << 63) - 1, Kind.RATIO: 1}
