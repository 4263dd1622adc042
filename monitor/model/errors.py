"""The three exceptions of the house; everything else is a builtin."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Location:
    """Where in a text file something is wrong."""

    path: str
    line: int | None = None
    """Counted from 1; None when the whole file is meant."""

    def __str__(self) -> str:
        return self.path if self.line is None else f"{self.path}:{self.line}"


class Malformed(ValueError):  # noqa: N818 - the glossary's word, raised for bytes, not for faults of ours
    """Bytes on the wire (or in a capture file) do not follow their format; the peer's fault."""


class LocatedError(ValueError):
    """A fault of an author, with the place in the file; the base is never raised itself."""

    def __init__(self, problem: str, location: Location | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.location = location

    def __str__(self) -> str:
        return self.problem if self.location is None else f"{self.location}: {self.problem}"


class SignatureError(LocatedError):
    """A signature file cannot be used."""


class ConfigError(LocatedError):
    """The configuration cannot be used."""
