"""The shape of a vendor file as tables: which keys each mapping has, and what each key holds.

The parser and the JSON Schema both walk these tables, so neither can say what the other does not.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, auto

from monitor.catalog.vocabulary import Role, SourceKind, Status
from monitor.model.finding import Confidence, Purpose, Severity


class Kind(StrEnum):
    """What a key holds."""

    FORMAT = auto()
    TEXT = auto()
    CHOICE = auto()
    TEXTS = auto()
    BLOCK = auto()
    BLOCKS = auto()
    MATCH = auto()
    EXAMPLES = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One key of a mapping."""

    meaning: str
    kind: Kind = Kind.TEXT
    required: bool = False
    pattern: str | None = None
    """Regular expression that the whole text (or every text of a list) must match."""
    pattern_means: str = ""
    choices: type[StrEnum] | None = None
    shape: "Shape | None" = None
    """Keys of the mapping, or of each mapping in the list."""


Shape = Mapping[str, Key]

_ID = "[a-z0-9][a-z0-9-]{0,62}"
_DAY = r"20[0-9]{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
_DAY_MEANS = "a day as YYYY-MM-DD"


def _id(meaning: str) -> Key:
    return Key(
        meaning=meaning, required=True, pattern=_ID, pattern_means="lower-case letters, digits, hyphens"
    )


def _day(meaning: str, *, required: bool) -> Key:
    return Key(meaning=meaning, required=required, pattern=_DAY, pattern_means=_DAY_MEANS)


def _choice(choices: type[StrEnum], meaning: str) -> Key:
    return Key(meaning=meaning, kind=Kind.CHOICE, required=True, choices=choices)


VENDOR: Shape = {
    "id": _id("The same as the name of the file."),
    "name": Key(meaning="Name of the company as people know it.", required=True),
    "country": Key(
        meaning="ISO 3166-1 alpha-2 code of its seat.",
        pattern="[A-Z]{2}",
        pattern_means="two capital letters",
    ),
    "role": _choice(Role, "What it is in this trade."),
    "group": Key(meaning="The corporate group it belongs to, or other names it had."),
    "products": Key(meaning="Models or services that the facts name.", kind=Kind.TEXTS),
    "note": Key(meaning="What a reader must know about this vendor."),
}

SOURCE: Shape = {
    "id": _id("Short name by which signatures of this file cite it."),
    "kind": _choice(SourceKind, "What sort of evidence it is."),
    "title": Key(meaning="Enough words to find it again.", required=True),
    "url": Key(
        meaning="Where it can be read.", pattern="https?://[!-~]+", pattern_means="an http or https address"
    ),
    "retrieved": _day("Day on which it was read.", required=False),
    "case": Key(
        meaning="Folder of the capture case.", pattern="pcaps/[a-z0-9-]+", pattern_means="pcaps/<case>"
    ),
}

SIGNATURE: Shape = {
    "id": Key(
        meaning="<vendor>.<name>; never used again for something else.",
        required=True,
        pattern=rf"{_ID}\.{_ID}",
        pattern_means="<vendor>.<name>",
    ),
    "title": Key(meaning="A few words for a table.", required=True),
    "purpose": _choice(Purpose, "What the endpoint is for."),
    "status": _choice(Status, "How far the signature has come."),
    "confidence": _choice(Confidence, "How sure we are that this is the vendor, for this purpose."),
    "severity": _choice(Severity, "How bad it is if so."),
    "description": Key(meaning="What it means and what to do, for a defender.", required=True),
    "match": Key(meaning="Tests of which any or all must hold.", kind=Kind.MATCH, required=True),
    "sources": Key(meaning="Ids of the sources above.", kind=Kind.TEXTS, required=True),
    "false_positives": Key(meaning="What else causes it.", kind=Kind.TEXTS),
    "added": _day("Day on which it was added.", required=True),
    "review_by": _day("Day after which somebody must look at it again.", required=True),
    "replaced_by": Key(meaning="Id of the signature that replaces a deprecated one."),
    "note": Key(
        meaning="Why something unusual is right here, such as an indicator shared with another vendor."
    ),
    "examples": Key(meaning="At least one of each sign.", kind=Kind.EXAMPLES, required=True),
}

TAC: Shape = {
    "tac": Key(
        meaning="First eight digits of the IMEI, in quotes.",
        required=True,
        pattern="[0-9]{8}",
        pattern_means="eight digits in quotes",
    ),
    "model": Key(meaning="Model it stands for.", required=True),
}

ENDPOINT_FORMAT: Shape = {
    "field": Key(meaning="Observation field that holds the name.", required=True),
    "pattern": Key(meaning="Anchored regular expression of the whole name.", required=True),
    "meaning": Key(meaning="The format in words.", required=True),
    "sources": Key(meaning="Ids of the sources above.", kind=Kind.TEXTS, required=True),
}

IDENTITY: Shape = {
    "mac_prefixes": Key(
        meaning="Registered blocks; long tables live in data/mac_prefixes.csv.",
        kind=Kind.TEXTS,
        pattern="[0-9A-F]{2}(?::[0-9A-F]{2}){2}(?::[0-9A-F](?:[0-9A-F](?::[0-9A-F])?)?)?",
        pattern_means="6, 7 or 9 capital hex digits such as 00:9B:08",
    ),
    "tacs": Key(meaning="IMEI prefixes known for its modules.", kind=Kind.BLOCKS, shape=TAC),
    "dhcp_names": Key(
        meaning="Host names that its devices give of themselves, lower case.",
        kind=Kind.TEXTS,
        pattern="[a-z0-9._-]{1,63}",
        pattern_means="a host name in lower case",
    ),
    "model_patterns": Key(meaning="Regular expressions for its model names in free text.", kind=Kind.TEXTS),
    "endpoint_formats": Key(
        meaning="How its devices call themselves in a protocol.", kind=Kind.BLOCKS, shape=ENDPOINT_FORMAT
    ),
    "sources": Key(meaning="Ids of the sources above.", kind=Kind.TEXTS, required=True),
}

FILE: Shape = {
    "format": Key(meaning="Version of the file format.", kind=Kind.FORMAT, required=True),
    "vendor": Key(meaning="Who this file is about.", kind=Kind.BLOCK, shape=VENDOR, required=True),
    "sources": Key(meaning="What supports the claims.", kind=Kind.BLOCKS, shape=SOURCE, required=True),
    "identity": Key(meaning="What tells its devices.", kind=Kind.BLOCK, shape=IDENTITY),
    "signatures": Key(meaning="What it looks like on the wire.", kind=Kind.BLOCKS, shape=SIGNATURE),
}
