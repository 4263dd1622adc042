"""Shapes of single values: how each is read from the file, what people are told when it is not one, its JSON Schema.

What makes a list, a table or a record of them is in ``container.py``.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any, Final

from monitor.config.fault import Faults
from monitor.config.position import Path
from monitor.model.instant import SECOND_NS, duration_ns
from monitor.model.size import UNITS, size_bytes, size_text

NOT_READ: Final = object()
"""Stands for a value with a fault."""


class Shape(ABC):
    """What a value must be."""

    says: str
    """In words, after "expected"."""

    @abstractmethod
    def read(self, raw: object, path: Path, faults: Faults) -> Any:
        """Return the value, or report a fault and return NOT_READ."""

    @abstractmethod
    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the value as it stands in the file."""

    def written(self, value: Any) -> Any:
        """Return a value as one would write it in the file."""
        return value


class Scalar(Shape):
    """A single value."""

    def read(self, raw: object, path: Path, faults: Faults) -> Any:
        try:
            return self.take(raw)
        except ValueError as error:
            faults.expected(path, self.says, raw, str(error))
            return NOT_READ

    @abstractmethod
    def take(self, raw: object) -> Any:
        """Return the value; raises ValueError with what there is to say besides ``says``."""


class Text(Scalar):
    """Text; with a check, text that the check accepts."""

    def __init__(
        self,
        says: str = "text",
        check: Callable[[str], object] | None = None,
        pattern: str | None = None,
        make: Callable[[str], object] = str,
    ) -> None:
        self.says = says
        self._check = check
        self._pattern = pattern
        self._make = make

    def take(self, raw: object) -> object:
        if not isinstance(raw, str):
            raise ValueError  # noqa: TRY004 - one exception for whatever is wrong with the value
        if self._check is not None:
            self._check(raw)
        return self._make(raw)

    def schema(self) -> dict[str, Any]:
        return {"type": "string"} | ({"pattern": self._pattern} if self._pattern else {})

    def written(self, value: Any) -> Any:
        return str(value)


class Flag(Scalar):
    """true or false."""

    says = "true or false"

    def take(self, raw: object) -> bool:
        if not isinstance(raw, bool):
            raise ValueError  # noqa: TRY004
        return raw

    def schema(self) -> dict[str, Any]:
        return {"type": "boolean"}


class Whole(Scalar):
    """A whole number; not negative unless said so."""

    def __init__(self, *, minimum: int | None = 0, maximum: int | None = None, says: str = "") -> None:
        self._minimum = minimum
        self._maximum = maximum
        self.says = says or ("a whole number" if minimum is None else f"a whole number, {minimum} or more")

    def take(self, raw: object) -> int:
        if not isinstance(raw, int) or isinstance(raw, bool):
            raise ValueError  # noqa: TRY004
        too_small = self._minimum is not None and raw < self._minimum
        if too_small or (self._maximum is not None and raw > self._maximum):
            raise ValueError
        return raw

    def schema(self) -> dict[str, Any]:
        limits = {"minimum": self._minimum, "maximum": self._maximum}
        return {"type": "integer"} | {name: limit for name, limit in limits.items() if limit is not None}


class Number(Scalar):
    """A number with or without a fraction."""

    says = "a number"

    def take(self, raw: object) -> float:
        if not isinstance(raw, int | float) or isinstance(raw, bool) or not math.isfinite(raw):
            raise ValueError
        return float(raw)

    def schema(self) -> dict[str, Any]:
        return {"type": "number"}


class Choice(Scalar):
    """One of a closed set."""

    def __init__(self, choices: dict[Any, Any]) -> None:
        self._choices = choices
        self.says = "one of " + ", ".join(f'"{choice}"' for choice in choices)

    def take(self, raw: object) -> Any:
        if isinstance(raw, bool) or not isinstance(raw, str | int) or raw not in self._choices:
            raise ValueError
        return self._choices[raw]

    def schema(self) -> dict[str, Any]:
        return {"enum": list(self._choices)}

    def written(self, value: Any) -> Any:
        return value.value if isinstance(value, Enum) else value


class Duration(Scalar):
    """A duration as text, in nanoseconds."""

    says = 'a duration such as "90s", "6h" or "7d"'

    def take(self, raw: object) -> int:
        if not isinstance(raw, str):
            raise ValueError  # noqa: TRY004
        try:
            return duration_ns(raw)
        except ValueError:
            raise ValueError from None

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": r"^\s*(\d+(ms|s|m|h|d|w)\s*)+$"}

    def written(self, value: Any) -> Any:
        for unit, size_ns in _UNITS_NS.items():
            if value % size_ns == 0:
                return f"{value // size_ns}{unit}"
        return f"{value // 1_000_000}ms"


class Instant(Scalar):
    """A day or an instant, in nanoseconds since the epoch, UTC."""

    says = 'a day such as "2027-01-01" or an instant such as "2027-01-01T06:00:00Z"'

    def take(self, raw: object) -> int:
        moment = _moment(raw) if isinstance(raw, str) else raw
        if isinstance(moment, datetime):
            zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        elif isinstance(moment, date):
            zoned = datetime(moment.year, moment.month, moment.day, tzinfo=UTC)
        else:
            raise ValueError  # noqa: TRY004
        return int(zoned.timestamp()) * SECOND_NS

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}"}


class Size(Scalar):
    """A size as text, in bytes."""

    says = 'a size such as "64MiB"'

    def take(self, raw: object) -> int:
        if not isinstance(raw, str):
            raise ValueError  # noqa: TRY004
        try:
            return size_bytes(raw)
        except ValueError:
            raise ValueError(f"units are {', '.join(UNITS)}") from None

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": rf"^\s*\d+\s*({'|'.join(UNITS)})?\s*$"}

    def written(self, value: Any) -> Any:
        return size_text(value)


_UNITS_NS = {unit: duration_ns(f"1{unit}") for unit in ("d", "h", "m", "s")}


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise ValueError from None
