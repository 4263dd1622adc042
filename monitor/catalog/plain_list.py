"""A site's plain list: one domain or network per line, with its vendor and confidence stated above. Opens no file.

The head is comment lines such as ``# vendor: acme``; the whole list becomes one signature, marked as local.
"""

import re
from ipaddress import ip_network

from monitor.catalog import operand
from monitor.catalog.faults import Faults, suggestion
from monitor.catalog.records import Match, Signature, Source, Test
from monitor.catalog.vocabulary import Joint, Operator, SourceKind, Status
from monitor.model.errors import Location
from monitor.model.finding import Confidence, Purpose, Severity

SUFFIXES = (".txt", ".list")
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


def parse_list(text: str, path: str, stem: str, faults: Faults) -> Signature | None:
    """Return the one signature that a list makes; None when its head or every line is wrong."""
    head, lines = _split(text)
    known = (*_REQUIRED, *_DEFAULTS)
    before = faults.total
    for key, (_, line) in head.items():
        if key not in known:
            faults.add(path, line, f"unknown head '{key}'{suggestion(key, known)}")
    for key in _REQUIRED:
        if key not in head:
            faults.add(path, 1, f"the list must say '# {key}: ...' above its first line")
    if "vendor" in head and not _ID.fullmatch(head["vendor"][0]):
        faults.add(
            path,
            head["vendor"][1],
            f"'{head['vendor'][0]}' is no vendor id: lower-case letters, digits, hyphens",
        )
    tests = _tests(lines, path, faults)
    values = {key: head[key][0] if key in head else _DEFAULTS.get(key, "") for key in known}
    if not tests and faults.total == before:
        faults.add(path, None, "the list is empty")
    if faults.total > before:
        return None
    return _signature(values, tests, path, stem, faults)


def _split(text: str) -> tuple[dict[str, tuple[str, int]], list[tuple[str, int]]]:
    head: dict[str, tuple[str, int]] = {}
    lines: list[tuple[str, int]] = []
    for number, raw in enumerate(text.splitlines(), 1):
        entry, _, comment = raw.partition("#")
        key, colon, value = comment.partition(":")
        if entry.strip():
            lines.append((entry.strip(), number))
        elif colon and not lines and key.strip().isidentifier():
            head[key.strip()] = (value.strip(), number)
    return head, lines


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


def _signature(
    values: dict[str, str], tests: tuple[Test, ...], path: str, stem: str, faults: Faults
) -> Signature | None:
    try:
        purpose, severity = Purpose(values["purpose"]), Severity(values["severity"])
        confidence = Confidence(values["confidence"])
    except ValueError as error:
        faults.add(path, 1, str(error))
        return None
    source = Source(id=stem, kind=SourceKind.REPORT, title=f"The site's list {stem}")
    return Signature(
        id=f"{values['vendor']}.{stem}",
        vendor_id=values["vendor"],
        title=values["title"] or f"Remote of the site's list {stem}",
        purpose=purpose,
        status=Status.EXPERIMENTAL,
        confidence=confidence,
        severity=severity,
        description=values["description"],
        match=Match(joint=Joint.ANY, tests=tests),
        sources=(source,),
        added=values["added"],
        review_by=values["review_by"],
        examples=(),
        local=True,
        location=Location(path),
    )
