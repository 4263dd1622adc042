"""Brings the value of a test into the form of the wire, or says what is wrong with it; reads no file."""

import re
from ipaddress import ip_address, ip_network

from monitor.catalog.records import Operand
from monitor.catalog.vocabulary import OPERATORS, Operator
from monitor.model.observation import FIELDS, FieldKind

MAX_REGEX_CHARACTERS = 300
MAX_VALUES = 200_000
"""Values of one ``one_of``."""

LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
"""One label of a host name in wire form (RFC 1035 section 2.3.1, with the underscore of RFC 2782)."""
_NAME = re.compile(rf"{LABEL.pattern}(?:\.{LABEL.pattern})*")
_MAX_NAME = 253
_HEX = re.compile(r"(?:[0-9a-f]{2})+")
_REPEATED_GROUP = re.compile(r"(?<!\\)\)[+*{]")
_LOOKS_AROUND = re.compile(r"\(\?[=!<]|\\[1-9]|\(\?P[=>]")
_ANCHORED = re.compile(r"(?:\(\?i\))?\^")


def normalise(field: str, operator: Operator, value: object) -> Operand:
    """Return the value as it would stand on the wire; raises ValueError in words for the author."""
    kind = FIELDS[field].kind
    if operator not in OPERATORS[kind]:
        allowed = ", ".join(OPERATORS[kind]) or "none"
        raise ValueError(f"'{field}' does not take '{operator}'; it takes: {allowed}")
    if operator is Operator.EQUALS:
        return single(kind, value)
    if operator is Operator.ONE_OF:
        return _several(kind, value)
    return _BY_OPERATOR[operator](value)


def single(kind: FieldKind, value: object) -> str | int | bool:
    """Return one value of a field of this kind in its wire form."""
    if kind is FieldKind.FLAG:
        if not isinstance(value, bool):
            raise ValueError(f"must be true or false, not {value!r}")
        return value
    if kind is FieldKind.NUMBER:
        if not isinstance(value, int) or isinstance(value, bool):
            raise ValueError(f"must be a whole number, not {value!r}")
        return value
    return _TEXT_KINDS[kind](value)


def host_name(value: object, least_labels: int = 1) -> str:
    """Return a name in wire form; raises ValueError for one that cannot occur in this form."""
    text = _text(value)
    if len(text) <= _MAX_NAME and _NAME.fullmatch(text) and text.count(".") >= least_labels - 1:
        return text
    if text != text.lower():
        raise ValueError(f"write '{text}' in lower case, as it is compared")
    if text.endswith("."):
        raise ValueError(f"write '{text}' without the final dot")
    labels = text.split(".")
    wrong = next((label for label in labels if not LABEL.fullmatch(label)), None)
    if wrong is not None or len(text) > _MAX_NAME:
        raise ValueError(f"'{text}' is no host name in wire form (A-labels, letters, digits, hyphen)")
    if len(labels) < least_labels:
        raise ValueError(f"'{text}' would match a whole top-level domain")
    return text


def network(value: object) -> str:
    """Return ``address/bits`` with the host bits checked to be zero."""
    try:
        return str(ip_network(_text(value)))
    except ValueError as error:
        raise ValueError(f"'{value}' is no network: {error}") from None


def address(value: object) -> str:
    """Return an address in RFC 5952 form."""
    try:
        return str(ip_address(_text(value)))
    except ValueError:
        raise ValueError(f"'{value}' is no address") from None


def hex_digits(value: object) -> str:
    """Return bytes as bare lower-case hex."""
    digits = "".join(_text(value).split()).lower()
    if not _HEX.fullmatch(digits):
        raise ValueError(f"'{value}' is not whole bytes in hex")
    return digits


def regex(value: object) -> str:
    """Return an anchored pattern that cannot run away."""
    text = _text(value)
    if len(text) > MAX_REGEX_CHARACTERS:
        raise ValueError(f"the expression has more than {MAX_REGEX_CHARACTERS} characters")
    if not _ANCHORED.match(text):
        raise ValueError("a regular expression must be anchored: begin it with ^")
    if _REPEATED_GROUP.search(text) or _LOOKS_AROUND.search(text):
        raise ValueError("repeated groups, look-around and back references are not allowed")
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"no regular expression: {error}") from None
    return text


def _several(kind: FieldKind, value: object) -> tuple[str, ...] | tuple[int, ...]:
    if not isinstance(value, list) or not value:
        raise ValueError("'one_of' takes a list of values")
    if len(value) > MAX_VALUES:
        raise ValueError(f"more than {MAX_VALUES} values")
    values = [single(kind, item) for item in value]
    twice = next((item for item in values if values.count(item) > 1), None) if len(values) < 1000 else None
    if twice is not None:
        raise ValueError(f"'{twice}' stands twice in the list")
    return tuple(values)  # type: ignore[return-value]  # one kind of field gives one type


def _text(value: object) -> str:
    if isinstance(value, str) and value:
        return value
    hint = f'; write it in quotes: "{str(value).lower()}"' if isinstance(value, int) else " and not empty"
    raise ValueError(f"must be text{hint}")


def _domain(value: object) -> str:
    return host_name(value, least_labels=2)


_TEXT_KINDS = {
    FieldKind.NAME: host_name,
    FieldKind.NAMES: host_name,
    FieldKind.TEXT: _text,
    FieldKind.TEXTS: _text,
    FieldKind.ADDRESS: address,
    FieldKind.BYTES: hex_digits,
    FieldKind.RECORDS: _text,
}

_BY_OPERATOR = {
    Operator.DOMAIN: _domain,
    Operator.CIDR: network,
    Operator.HEX: hex_digits,
    Operator.REGEX: regex,
    Operator.PREFIX: _text,
}
