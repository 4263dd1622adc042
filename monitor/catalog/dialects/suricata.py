"""Suricata 7 rules: one for each value, with a number that stays the same whatever else is written.

The number is a hash of what the rule says, in 1200000 to 1999999: the part of the range for local use (1000000 to
1999999, sidallocation.org) that people who number by hand seldom reach. DTLS names and CoAP are not read by Suricata 7.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import NamedTuple, TypeVar
from urllib.parse import quote

from monitor.catalog.dialects._translation import (
    JOINED,
    TOO_MANY,
    Chosen,
    Dialect,
    Options,
    Outcome,
    Written,
    closing,
    commented,
    heading,
    said,
    translate,
    urls_of,
)
from monitor.catalog.indicators import (
    TCP_PORT,
    UDP_PORT,
    Atom,
    Clause,
    Condition,
    Endpoint,
    combinations,
    endpoint,
    is_name,
    is_portable,
)
from monitor.catalog.records import Signature
from monitor.catalog.vocabulary import Operator
from monitor.model.finding import Severity
from monitor.model.observation import FIELDS, FieldKind

FIRST_SID, LAST_SID = 1_200_000, 1_999_999
MAX_RULES = LAST_SID - FIRST_SID + 1
MAX_CONTENT = 254
"""Bytes of one ``content``, which may hold 255, with the dot before a domain."""
MAX_LISTED = 50
"""Addresses or ports of one rule: a line may have 8191 bytes (DETECT_MAX_RULE_SIZE)."""
MAX_MESSAGE = 500
MAX_REFERENCES = 8
ONCE_SECONDS = 3600
"""A connection by address is told once in this time for each source."""

_PRIORITIES = {
    Severity.CRITICAL: 1,
    Severity.HIGH: 1,
    Severity.MEDIUM: 2,
    Severity.LOW: 3,
    Severity.INFO: 4,
}
_PLACES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "dns.query": (("dns", "dns.query"),),
    "tls.sni": (("tls", "tls.sni"), ("quic", "quic.sni")),
    "tls.ja3": (("tls", "ja3.hash"),),
    "http.host": (("http", "http.host"),),
    "http.path": (("http", "http.uri.raw"),),
    "http.user_agent": (("http", "http.user_agent"),),
    "http.method": (("http", "http.method"),),
    "http.body_prefix": (("http", "http.response_body"),),
    "mqtt.topic": (("mqtt", "mqtt.publish.topic"), ("mqtt", "mqtt.subscribe.topic")),
    "mqtt.client_id": (("mqtt", "mqtt.connect.clientid"),),
    "mqtt.username": (("mqtt", "mqtt.connect.username"),),
}
"""Field -> application layer and buffer of each place that shows it."""
_REASONS = {
    "payload.prefix": "Suricata 7 cannot say 'first bytes of a flow'",
    "tls.certificate_subject": "Suricata writes subjects in another form",
    "tls.certificate_sha256": "Suricata has SHA-1 of certificates only",
    "tls.ja4": "not every Suricata 7 has ja4.hash",
    "dst.asn": "Suricata knows no ASN",
}
_LOWER_CASE = frozenset({"http.host"})
"""Buffers that are lower case already and refuse ``nocase``."""
_PLAIN = re.compile(r"[A-Za-z0-9 ._/@=?&%+*,()<>!#$~^{}\[\]-]")
_HEX_AT = re.compile(r"\^(?:\[0-9a-f\]\{(\d{1,4})\})?((?:[0-9a-f]{2})+)")
"""Hex digits after a fixed number of any others."""


T = TypeVar("T")


class Rule(NamedTuple):
    """What a rule says, before it has a number."""

    key: str
    """What it means, in our words: the number is made from it."""
    header: str
    body: str


def _write(chosen: Chosen, _: Options) -> Written:
    done = translate(chosen.signatures, _express)
    everything = done if chosen.signatures is chosen.every else translate(chosen.every, _express)
    numbers = sids(rule.key for stated in everything.stated for rule in stated.items)
    rules = [
        _line(chosen, stated.signature, rule, numbers[rule.key])
        for stated in done.stated
        for rule in stated.items
    ]
    lines = [
        *commented(heading("Suricata 7", chosen, done)),
        *rules,
        *commented(closing(done)),
    ]
    return Written.of(lines, done)


def sids(keys: Iterable[str]) -> dict[str, int]:
    """Return a number for each key: its hash, or the next free number when another key, earlier in order, has that."""
    wanted = sorted(set(keys))
    if len(wanted) > MAX_RULES:
        raise ValueError(f"{len(wanted)} rules are more than the {MAX_RULES} numbers for local use")
    taken: set[int] = set()
    numbers = {}
    for key in wanted:
        offset = _offset(key)
        while offset in taken:
            offset = (offset + 1) % MAX_RULES
        taken.add(offset)
        numbers[key] = FIRST_SID + offset
    return numbers


def _offset(key: str) -> int:
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") % MAX_RULES


def _express(clause: Clause) -> Outcome[Rule]:
    remote = endpoint(clause)
    if remote is not None:
        return said(*_address_rules(clause, remote))
    if any(field not in _PLACES for field in clause.fields):
        return Outcome(lost=_reason(clause))
    if any(len(str(value).encode()) > MAX_CONTENT for one in clause.conditions for value in one.values):
        return Outcome(lost=f"a value has more than {MAX_CONTENT} bytes")
    if not all(_regex_fits(one) for one in clause.conditions):
        return Outcome(lost="the expression cannot be said in PCRE")
    rules = tuple(rule for atoms in combinations(clause) for rule in _rules(clause.signature_id, atoms))
    if rules:
        return Outcome(rules)
    return Outcome(lost=TOO_MANY if clause.only is not None else JOINED)


def _reason(clause: Clause) -> str:
    known = next((_REASONS[field] for field in clause.fields if field in _REASONS), None)
    if known is not None:
        return known
    if clause.only is None:
        return JOINED
    field = clause.only.field
    if field in {TCP_PORT, UDP_PORT}:
        return "a bare port tells nothing"
    return f"Suricata 7 has no keyword for {field}"


def _regex_fits(condition: Condition) -> bool:
    if condition.operator is not Operator.REGEX:
        return True
    pattern = str(condition.values[0])
    if FIELDS[condition.field].kind is not FieldKind.BYTES:
        return is_portable(pattern)
    found = _HEX_AT.fullmatch(pattern)
    return found is not None and int(found[1] or 0) % 2 == 0


def _address_rules(clause: Clause, remote: Endpoint) -> Iterator[Rule]:
    body = "" if remote.transport is None else "flow:to_server; "
    body += f"threshold:type limit, track by_src, seconds {ONCE_SECONDS}, count 1;"
    for networks in _parts(remote.networks):
        for ports in _parts(remote.ports) if remote.ports else [()]:
            wanted = f"[{','.join(map(str, ports))}]" if ports else "any"
            header = f"{remote.transport or 'ip'} $HOME_NET any -> [{','.join(networks)}] {wanted}"
            yield Rule(f"{clause.signature_id} {header}", header, body)


def _parts(values: Sequence[T]) -> list[Sequence[T]]:
    return [values[start : start + MAX_LISTED] for start in range(0, len(values), MAX_LISTED)]


def _rules(signature_id: str, atoms: tuple[Atom, ...]) -> Iterator[Rule]:
    meaning = " and ".join(f"{atom.field} {atom.operator} {atom.value}" for atom in atoms)
    for places in product(*(_PLACES[atom.field] for atom in atoms)):
        applications = {application for application, _ in places}
        if len(applications) != 1:
            continue
        header = f"{applications.pop()} $HOME_NET any -> any any"
        if any(atom.field == "http.body_prefix" for atom in atoms):
            header = "http any any -> $HOME_NET any"
        buffers = [buffer for _, buffer in places]
        body = " ".join(map(_buffer, buffers, atoms))
        yield Rule(f"{signature_id} {meaning} in {' '.join(buffers)}", header, body)


def _buffer(buffer: str, atom: Atom) -> str:
    if FIELDS[atom.field].kind is FieldKind.BYTES:
        return f"{buffer}; {_bytes(atom)}"
    anycase = is_name(atom.field) and buffer not in _LOWER_CASE
    return f"{buffer}; {_text(atom, anycase=anycase)}"


def _text(atom: Atom, *, anycase: bool) -> str:
    text, nocase = str(atom.value), " nocase;" if anycase else ""
    match atom.operator:
        case Operator.DOMAIN:
            return f'dotprefix; content:"{_content("." + text)}"; endswith;{nocase}'
        case Operator.PREFIX:
            return f'content:"{_content(text)}"; startswith;{nocase}'
        case Operator.REGEX:
            return f'pcre:"/{_pcre(text)}/{"i" if anycase else ""}";'
        case _:
            return f'content:"{_content(text)}"; bsize:{len(text.encode())};{nocase}'


def _bytes(atom: Atom) -> str:
    digits = str(atom.value)
    match atom.operator:
        case Operator.HEX:
            return f'content:"|{_spaced(digits)}|"; startswith;'
        case Operator.REGEX:
            return _bytes_at(digits)
        case _:
            return f'content:"|{_spaced(digits)}|"; startswith; bsize:{len(digits) // 2};'


def _bytes_at(pattern: str) -> str:
    found = _HEX_AT.fullmatch(pattern)
    assert found is not None  # noqa: S101 - _regex_fits
    offset, digits = int(found[1] or 0) // 2, found[2]
    return f'content:"|{_spaced(digits)}|"; offset:{offset}; depth:{len(digits) // 2};'


def _spaced(digits: str) -> str:
    return bytes.fromhex(digits).hex(" ")


def _content(text: str) -> str:
    return "".join(letter if _PLAIN.fullmatch(letter) else f"|{letter.encode().hex(' ')}|" for letter in text)


def _pcre(pattern: str) -> str:
    """Return an expression with what ends an option or the expression itself written as an escape."""
    written: list[str] = []
    escaping = False
    for letter in pattern:
        if letter in '/;"':
            if escaping:
                written.pop()
            letter = f"\\x{ord(letter):02x}"  # noqa: PLW2901 - the same letter, written otherwise
        written.append(letter)
        escaping = letter == "\\" and not escaping
    return "".join(written)


def _line(chosen: Chosen, signature: Signature, rule: Rule, sid: int) -> str:
    metadata = ", ".join(
        f"{key} {value}"
        for key, value in (
            ("vendor", signature.vendor_id),
            ("purpose", signature.purpose),
            ("confidence", signature.confidence),
            ("severity", signature.severity),
            ("status", signature.status),
            ("signature_id", signature.id),
        )
    )
    references = "".join(f" reference:url,{_reference(url)};" for url in urls_of(signature)[:MAX_REFERENCES])
    title = f"UMBILICAL {chosen.vendor_name(signature)}: {signature.title}"
    return (
        f'alert {rule.header} (msg:"{_message(title[:MAX_MESSAGE])}";'
        f" {rule.body}{references} metadata:{metadata};"
        f" priority:{_PRIORITIES[signature.severity]}; sid:{sid}; rev:1;)"
    )


def _message(text: str) -> str:
    """Return text for ``msg``, in which backslash, quote and semicolon are escaped."""
    printable = (letter if letter.isprintable() else " " for letter in text)
    return "".join("\\" + letter if letter in '\\";' else letter for letter in printable)


def _reference(url: str) -> str:
    return quote(url.partition("://")[2], safe="/:?#[]@!$&'()*+=%~-._")


DIALECT = Dialect("Suricata 7 rules", _write)
