"""What a signature file says, as frozen records; nothing here reads a file or matches anything."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from monitor.catalog.vocabulary import Expect, Joint, Operator, Role, SourceKind, Status
from monitor.model.errors import Location
from monitor.model.finding import Confidence, Purpose, Severity
from monitor.model.observation import Value

Operand = str | int | bool | tuple[str, ...] | tuple[int, ...]
"""What a field is compared with, in the form of the wire: names in lower case, bytes as bare hex."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A document, capture or registry that supports a claim."""

    id: str
    kind: SourceKind
    title: str
    url: str | None = None
    retrieved: str | None = None
    """Day on which it was read, YYYY-MM-DD."""
    case: str | None = None
    """Folder of the capture case that holds it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Test:
    """One field compared with one operator."""

    field: str
    operator: Operator
    value: Operand
    reason: str | None = None
    """Why a regular expression had to be used."""
    line: int = 0

    __test__ = False  # pytest collects classes of this name


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """The tests of a signature and how they are joined."""

    joint: Joint
    tests: tuple[Test, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """Fields of one observation and whether the signature must match them."""

    expect: Expect
    fields: Mapping[str, Value]
    why: str | None = None
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """Indicators plus meaning, provenance and examples."""

    id: str
    vendor_id: str
    title: str
    purpose: Purpose
    status: Status
    confidence: Confidence
    severity: Severity
    description: str
    match: Match
    sources: tuple[Source, ...]
    false_positives: tuple[str, ...] = ()
    added: str
    review_by: str
    replaced_by: str | None = None
    examples: tuple[Example, ...]
    note: str | None = None
    """Why something unusual is right here, such as an indicator that another vendor shares."""
    local: bool = False
    """Added by the site, not shipped with the program."""
    location: Location


class Tac(NamedTuple):
    """First eight digits of an IMEI and the model they stand for (3GPP TS 23.003 section 6.2)."""

    tac: str
    vendor_id: str
    model: str


class MacPrefix(NamedTuple):
    """A block of MAC addresses and its registered holder."""

    value: int
    """The prefix itself, ``bits`` wide."""
    bits: int
    vendor_id: str
    holder: str
    mixed: bool = False
    """The holder also makes many things that hold no module: no proof of one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointFormat:
    """How a device of the vendor calls itself in a protocol, in words and as an anchored pattern."""

    field: str
    pattern: str
    meaning: str
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What tells that a device holds a module of the vendor."""

    mac_prefixes: tuple[MacPrefix, ...] = ()
    tacs: tuple[Tac, ...] = ()
    dhcp_names: tuple[str, ...] = ()
    """Host names in DHCP, lower case."""
    model_patterns: tuple[str, ...] = ()
    """Regular expressions for model names in free text."""
    endpoint_formats: tuple[EndpointFormat, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """Maker of a module, or the company behind a cloud that modules use."""

    id: str
    name: str
    country: str | None = None
    """ISO 3166-1 alpha-2 of its seat."""
    role: Role
    group: str | None = None
    """The corporate group it belongs to."""
    products: tuple[str, ...] = ()
    note: str | None = None
    sources: tuple[Source, ...] = ()
    identity: Identity = Identity()
    local: bool = False
    location: Location
