"""Ids and dates for formats that demand them: made from what is said, so that the same catalog gives the same bytes."""

from uuid import UUID, uuid5

NAMESPACE = UUID("6f2c1d0e-52f4-5c0b-9a53-0d7b8a9f7c11")
"""Of everything that is exported; never changes."""


def mark(*parts: str) -> str:
    """Return the id (RFC 9562 section 5.5) of a thing that these words name."""
    return str(uuid5(NAMESPACE, "\n".join(parts)))


def instant(day: str) -> str:
    """Return the first instant of a day (RFC 3339), with milliseconds."""
    return f"{day}T00:00:00.000Z"
