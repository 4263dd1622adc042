"""An open flow to a source of firmware images, and what was said of the image that it brought."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

from monitor.detect._matching import Traffic
from monitor.detect._source import SOURCE_CHECKS, Source, Sources
from monitor.model.finding import Confidence, Finding, Purpose, Severity
from monitor.model.observation import Observation
from monitor.model.state import checked, is_details, is_flag, is_list, is_text, is_texts, maybe, one_of


class Said(NamedTuple):
    """A finding without what it rested on: when the flow ends, its bytes are added to the same story."""

    detector: str
    identity: tuple[str, ...]
    severity: Severity
    confidence: Confidence
    title: str
    why: str
    signature: str | None
    vendor: str | None
    purpose: Purpose | None
    details: Mapping[str, Any]

    @classmethod
    def of(cls, finding: Finding) -> Self:
        """Keep what a finding said."""
        return cls(*(getattr(finding, name) for name in cls._fields))

    def with_bytes(self, observation: Observation, seen: Traffic) -> Finding:
        """Return the finding that adds the bytes of a flow that ended, and counts no further."""
        return Finding(
            **self._asdict(),
            observation=observation,
            saw="",
            uplink_bytes=seen.uplink_bytes,
            downlink_bytes=seen.downlink_bytes,
            counts=False,
        )

    def row(self) -> list[Any]:
        """Return it as plain data."""
        purpose = None if self.purpose is None else self.purpose.value
        return [
            *self[:2],
            self.severity.value,
            self.confidence.value,
            *self[4:8],
            purpose,
            dict(self.details),
        ]

    @classmethod
    def of_row(cls, row: Sequence[Any]) -> Self:
        """Make it again; raises ValueError."""
        checked([row], "said", *_SAID)
        said = cls(*row)
        return said._replace(
            identity=tuple(said.identity),
            severity=Severity(said.severity),
            confidence=Confidence(said.confidence),
            purpose=None if said.purpose is None else Purpose(said.purpose),
        )


_SAID = (
    is_text,
    is_texts,
    one_of(Severity),
    one_of(Confidence),
    is_text,
    is_text,
    maybe(is_text),
    maybe(is_text),
    maybe(one_of(Purpose)),
    is_details,
)


@dataclass(slots=True)
class Transfer:
    """An open flow to a source."""

    source: Source
    readable: bool = False
    told: Said | None = None
    """The last that was said about an image that it brought."""

    def row(self) -> list[Any]:
        """Return it as plain data."""
        return [Sources.row(self.source), self.readable, None if self.told is None else self.told.row()]

    @classmethod
    def of_row(cls, row: Sequence[Any], sources: Sources) -> "Transfer | None":
        """Make it again; None when its signature is no longer there. Raises ValueError.

        That it can be read must show again: who read it may have begun anew in the middle of an image.
        """
        checked([row], "transfer", is_list, is_flag, maybe(is_list))
        where, _, told = row
        checked([where], "source", *SOURCE_CHECKS)
        source = sources.of_row(where)
        said = None if told is None else Said.of_row(told)
        return None if source is None else cls(source, told=said)
