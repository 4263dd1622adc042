"""A site's plain list: one domain or network per line, with its vendor and confidence stated above. Opens no file.

The head is comment lines such as ``# vendor: acme``; the whole list becomes one signature, marked as local.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from ipaddress import ip_network
from typing import NamedTuple

from monitor.catalog import operand
from monitor.catalog.faults import Faults, suggestion
from monitor.catalog.records import Match, Signature, Source, Test
from monitor.catalog.vocabulary import Joint, Operator, SourceKind, Status
from monitor.model.errors import Location
from monitor.model.finding import Confidence, Purpose, Severity

NAME_FIELDS = ("dns.query", "tls.sni", "http.host")
"""Where a domain of a list is looked for."""
MAX_ENTRIES = 200_000

_ID = re.compile("[a-z0-9][a-z0-9-]{0,62}")
_REQUIRED = ("vendor", "confidence")
_DEFAULTS = {
    "title": "",
    "purpose": Purpose.CLOUD.value,
    "severity": Severity.LOW.value,
    "added": "2000-01-01",
    "review_by": "2999-12-31",
    "description": "The site's own list names this remote.",
}
_KNOWN = (*_REQUIRED, *_DEFAULTS)
_CHOICES: Mapping[str, type[StrEnum]] = {
    "purpose": Purpose,
    "severity": Severity,
    "confidence": Confidence,
}


def parse_list(text: str, path: str, stem: str, faults: Faults) -> Signature | None:
    """Return the one signature that a list makes; None when its head or any line is wrong."""
    parts = _split(text)
    before = faults.total
    _check_head(parts, path, faults)
    tests = _tests(parts.entries, path, faults)
    if not tests and faults.total == before:
        faults.add(path, None, "the list is empty")
    if faults.total > before:
        return None
    return _signature(
        {**_DEFAULTS, **{key: value for key, (value, _) in parts.head.items()}}, tests, path, stem
    )


class _Parts(NamedTuple):
    """A list, taken apart; numbers are of lines."""

    head: dict[str, tuple[str, int]]
    late: list[tuple[str, int]]
    """Words of the head that stand too low."""
    entries: list[tuple[str, int]]


def _split(text: str) -> _Parts:
    parts = _Parts({}, [], [])
    for number, raw in enumerate(text.splitlines(), 1):
        entry, _, comment = raw.partition("#")
        key, colon, value = (word.strip() for word in comment.partition(":"))
        if entry.strip():
            parts.entries.append((entry.strip(), number))
        elif colon and not parts.entries and key.isidentifier():
            parts.head[key] = (value, number)
        elif colon and key in _KNOWN:
            parts.late.append((key, number))
    return parts


def _check_head(parts: _Parts, path: str, faults: Faults) -> None:
    for key, (value, line) in parts.head.items():
        if problem := _wrong_head(key, value):
            faults.add(path, line, problem)
    for key, line in parts.late:
        faults.add(path, line, f"'{key}' stands too low: the head of a list is above its first entry")
    for key in _REQUIRED:
        if key not in parts.head and key not in dict(parts.late):
            faults.add(path, 1, f"the list must say '# {key}: ...' above its first line")


def _wrong_head(key: str, value: str) -> str | None:
    if key not in _KNOWN:
        return f"unknown head '{key}'{suggestion(key, _KNOWN)}"
    if key == "vendor" and not _ID.fullmatch(value):
        return f"'{value}' is no vendor id: lower-case letters, digits, hyphens"
    choices = _CHOICES.get(key)
    if choices is not None and value not in {choice.value for choice in choices}:
        return (
            f"'{key}' has no value '{value}'; it is one of: {', '.join(choices)}{suggestion(value, choices)}"
        )
    return None


def _tests(lines: list[tuple[str, int]], path: str, faults: Faults) -> tuple[Test, ...]:
    if len(lines) > MAX_ENTRIES:
        faults.add(path, None, f"the list has more than {MAX_ENTRIES} lines")
        return ()
    tests: list[Test] = []
    for entry, line in lines:
        if (found := _network(entry)) is not None:
            tests.append(Test(field="ip.dst", operator=Operator.CIDR, value=found, line=line))
            continue
        try:
            name = operand.host_name(entry.lower(), least_labels=2)
        except ValueError as error:
            faults.add(path, line, f"neither a domain nor a network: {error}")
            continue
        tests += [Test(field=field, operator=Operator.DOMAIN, value=name, line=line) for field in NAME_FIELDS]
    return tuple(tests)


def _network(entry: str) -> str | None:
    try:
        return str(ip_network(entry, strict=False))
    except ValueError:
        return None


def _signature(values: dict[str, str], tests: tuple[Test, ...], path: str, stem: str) -> Signature:
    source = Source(id=stem, kind=SourceKind.REPORT, title=f"The site's list {stem}")
    return Signature(
        id=f"{values['vendor']}.{stem}",
        vendor_id=values["vendor"],
        title=values["title"] or f"Remote of the site's list {stem}",
        purpose=Purpose(values["purpose"]),
        status=Status.EXPERIMENTAL,
        confidence=Confidence(values["confidence"]),
        severity=Severity(values["severity"]),
        description=values["description"],
        match=Match(joint=Joint.ANY, tests=tests),
        sources=(source,),
        added=values["added"],
        review_by=values["review_by"],
        examples=(),
        local=True,
        location=Location(path),
    )
