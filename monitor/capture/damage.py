"""What is wrong with a capture that could be read in part; only the record, nobody acts on it here."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """A capture cannot be read beyond this place; everything before it was given."""

    capture: str
    offset: int
    """Byte in the capture, after decompression when it is compressed."""
    reason: str

    def __str__(self) -> str:
        return f"{self.capture}: {self.reason}"
