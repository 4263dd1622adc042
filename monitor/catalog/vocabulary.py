"""The closed sets of the signature format: states, kinds of source, operators, and which field takes which.

Purpose, severity and confidence are in ``monitor.model.finding``. Every member has a plain sentence, because
the schema shows it in an editor while one types.
"""

from collections.abc import Mapping
from enum import StrEnum

from monitor.model.finding import Confidence, Purpose, Severity
from monitor.model.observation import FieldKind

FORMAT = 1
"""Version of the file format."""


class Status(StrEnum):
    """How far a signature has come; earned by evidence."""

    EXPERIMENTAL = "experimental"
    TEST = "test"
    STABLE = "stable"
    DEPRECATED = "deprecated"


class SourceKind(StrEnum):
    """Where a claim comes from."""

    VENDOR_DOCUMENT = "vendor-document"
    VENDOR_CODE = "vendor-code"
    PUBLIC_CODE = "public-code"
    REGISTRY = "registry"
    CAPTURE = "capture"
    REPORT = "report"


class Role(StrEnum):
    """What a vendor is in this trade."""

    MODULE_MAKER = "module-maker"
    CHIPSET = "chipset"
    UPDATE_BROKER = "update-broker"
    OPERATOR = "operator"
    PLATFORM = "platform"
    DEVICE_BRAND = "device-brand"


class Expect(StrEnum):
    """What an example must do."""

    MATCH = "match"
    NO_MATCH = "no-match"


class Joint(StrEnum):
    """How the tests of a signature are joined."""

    ANY = "any"
    ALL = "all"


class Operator(StrEnum):
    """How a field is compared."""

    DOMAIN = "domain"
    EQUALS = "equals"
    ONE_OF = "one_of"
    PREFIX = "prefix"
    CIDR = "cidr"
    HEX = "hex"
    REGEX = "regex"


OPERATORS: Mapping[FieldKind, tuple[Operator, ...]] = {
    FieldKind.NAME: (Operator.DOMAIN, Operator.EQUALS, Operator.ONE_OF, Operator.REGEX),
    FieldKind.NAMES: (Operator.DOMAIN, Operator.EQUALS, Operator.ONE_OF, Operator.REGEX),
    FieldKind.TEXT: (Operator.EQUALS, Operator.ONE_OF, Operator.PREFIX, Operator.REGEX),
    FieldKind.TEXTS: (Operator.EQUALS, Operator.ONE_OF, Operator.PREFIX, Operator.REGEX),
    FieldKind.BYTES: (Operator.HEX, Operator.EQUALS, Operator.ONE_OF, Operator.REGEX),
    FieldKind.ADDRESS: (Operator.CIDR, Operator.EQUALS, Operator.ONE_OF),
    FieldKind.NUMBER: (Operator.EQUALS, Operator.ONE_OF),
    FieldKind.FLAG: (Operator.EQUALS,),
    FieldKind.RECORDS: (),
}
"""Operators that a field takes, by its kind; a kind without operators cannot be tested."""

_MEANINGS: Mapping[type[StrEnum], Mapping[StrEnum, str]] = {
    Status: {
        Status.EXPERIMENTAL: "One source, or public code alone; treat a hit as a lead.",
        Status.TEST: "The maker's own document, code or a capture supports it, with examples of both signs.",
        Status.STABLE: "A capture case shows it, and no benign capture matches it.",
        Status.DEPRECATED: "No longer used; keeps its id and names what replaces it.",
    },
    SourceKind: {
        SourceKind.VENDOR_DOCUMENT: "A manual, application note or portal page of the vendor.",
        SourceKind.VENDOR_CODE: "Code or configuration that the vendor published.",
        SourceKind.PUBLIC_CODE: "Code that somebody published; alone it never carries high confidence.",
        SourceKind.REGISTRY: "A public registry, such as the IEEE's list of MAC prefixes.",
        SourceKind.CAPTURE: "Traffic that was recorded.",
        SourceKind.REPORT: "An analysis, study, issue or list written by a third party.",
    },
    Role: {
        Role.MODULE_MAKER: "Makes cellular modules.",
        Role.CHIPSET: "Makes the chips in modules, or runs the satellite data services of those chips.",
        Role.UPDATE_BROKER: "Delivers firmware images for the makers of devices.",
        Role.OPERATOR: "Runs a mobile network, and manages the modules in it.",
        Role.PLATFORM: "Runs a device management or data platform that modules of several makers use.",
        Role.DEVICE_BRAND: "Sells finished devices: routers, trackers, cameras, home devices.",
    },
    Expect: {
        Expect.MATCH: "The signature must match these fields.",
        Expect.NO_MATCH: "The signature must not match these fields.",
    },
    Joint: {
        Joint.ANY: "One test that holds is enough.",
        Joint.ALL: "Every test must hold in the same observation.",
    },
    Operator: {
        Operator.DOMAIN: "This name and every name below it, compared by labels.",
        Operator.EQUALS: "Exactly this value.",
        Operator.ONE_OF: "Exactly one of these values.",
        Operator.PREFIX: "Text that begins so; case counts.",
        Operator.CIDR: "An address in this network.",
        Operator.HEX: "Bytes that begin so, as hex digits; blanks are allowed.",
        Operator.REGEX: "Anchored regular expression, with a written reason and three negative examples.",
    },
    Severity: {
        Severity.INFO: "A fact that helps to tell what a device is; nobody is paged.",
        Severity.LOW: "Worth a line in a report.",
        Severity.MEDIUM: "Worth a look in working hours.",
        Severity.HIGH: "Worth an interruption.",
        Severity.CRITICAL: "Act now.",
    },
    Confidence: {
        Confidence.LOW: "A hint; other things explain it as well.",
        Confidence.MEDIUM: "Likely: one credible source, or several weak ones.",
        Confidence.HIGH: "The maker's own document or code, or a registry, says so, and nothing else uses it.",
    },
    Purpose: {
        Purpose.FIRMWARE_UPDATE: "Checks for, fetches or reports a firmware image.",
        Purpose.TELEMETRY: "Sends state or usage data to the vendor.",
        Purpose.DEVICE_MANAGEMENT: "Registers with or is managed by a platform (OMA-DM, LwM2M, TR-069, own).",
        Purpose.LOCATION: "Sends cells, Wi-Fi or coordinates, or asks for a position.",
        Purpose.ASSISTED_GNSS: "Fetches satellite data; routine.",
        Purpose.TIME: "Sets its clock; routine.",
        Purpose.CRASH_REPORT: "Uploads logs or memory after a fault.",
        Purpose.BOOTSTRAP: "Asks where to register; the answer decides who manages the device.",
        Purpose.REMOTE_ACCESS: "Opens a way in for somebody outside.",
        Purpose.CLOUD: "Uses the vendor's data platform.",
        Purpose.VENDOR_WEB: "Reaches a name of the vendor that nothing else explains: a web page, a portal, or an unknown service.",
    },
}
"""By set first: members of two sets may be the same text, and then they are equal."""


def meaning(member: StrEnum) -> str:
    """Return one sentence about a member of the closed sets."""
    return _MEANINGS[type(member)][member]
