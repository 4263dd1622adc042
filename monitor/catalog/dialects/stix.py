"""A STIX 2.1 bundle: an identity for each vendor, an indicator for each signature, and what relates them.

Patterns are those of the STIX Patterning language. A name is a ``domain-name`` wherever it was seen; what is joined by
``all`` stands in one observation expression and is bound there. There are no comments: what is lost is told beside it.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from monitor.catalog.dialects._marks import instant, mark
from monitor.catalog.dialects._translation import (
    JOINED,
    TOO_MANY,
    Chosen,
    Dialect,
    Options,
    Outcome,
    Stated,
    Written,
    said,
    translate,
)
from monitor.catalog.indicators import (
    Atom,
    Clause,
    Condition,
    Endpoint,
    as_pattern,
    endpoint,
    escaped,
    is_name,
    is_portable,
)
from monitor.catalog.records import Signature, Vendor
from monitor.catalog.vocabulary import Operator
from monitor.model.finding import Confidence

MAX_VALUES = 10_000
"""Values of one clause: a pattern is one text, and readers parse it as one."""

_CONFIDENCES = {Confidence.LOW: 15, Confidence.MEDIUM: 50, Confidence.HIGH: 85}
"""STIX 2.1 appendix A, Low/Med/High scale."""
_REQUEST = "network-traffic:extensions.'http-request-ext'."
_HTTP_PATHS = {
    "http.path": _REQUEST + "request_value",
    "http.method": _REQUEST + "request_method",
    "http.user_agent": _REQUEST + "request_header.'User-Agent'",
    "http.host": _REQUEST + "request_header.Host",
}
_HASHES = {
    "tls.certificate_sha256": "x509-certificate:hashes.'SHA-256'",
    "http.body_sha256": "file:hashes.'SHA-256'",
}


def _write(chosen: Chosen, _: Options) -> Written:
    done = translate(chosen.signatures, _express)
    objects: list[dict[str, Any]] = [_author(chosen)]
    vendors = list(dict.fromkeys(stated.signature.vendor_id for stated in done.stated))
    objects += [_identity(chosen, vendor_id) for vendor_id in vendors]
    for stated in done.stated:
        objects += _indicator(chosen, stated)
    bundle = {"type": "bundle", "id": f"bundle--{_bundle_mark(objects)}", "objects": objects}
    return Written.of(json.dumps(bundle, indent=1, ensure_ascii=False).split("\n"), done)


def _bundle_mark(objects: list[dict[str, Any]]) -> str:
    return mark("stix", json.dumps(objects, sort_keys=True))


def _express(clause: Clause) -> Outcome[str]:
    if sum(len(one.values) for one in clause.conditions) > MAX_VALUES:
        return Outcome(lost=TOO_MANY)
    remote = endpoint(clause)
    if remote is not None:
        return said(f"[{_remote(remote)}]")
    if not all(map(_is_sayable, clause.conditions)):
        return Outcome(lost="the expression cannot be said in PCRE")
    comparisons = _compared(clause)
    if comparisons is None:
        return Outcome(lost="STIX has no object for it" if clause.only is not None else JOINED)
    return said(f"[{comparisons}]")


def _is_sayable(condition: Condition) -> bool:
    return condition.operator is not Operator.REGEX or is_portable(str(condition.values[0]))


def _compared(clause: Clause) -> str | None:
    """Return the comparisons of a clause; None when no object has these fields."""
    only = clause.only
    if only is not None and is_name(only.field):
        return _one_of(only, _domain_name)
    if only is not None and only.field in _HASHES and only.operator is Operator.EQUALS:
        return _one_of(only, lambda atom: f"{_HASHES[atom.field]} = {_quoted(str(atom.value))}")
    if all(field in _HTTP_PATHS for field in clause.fields):
        return " AND ".join(f"({_one_of(one, _http)})" for one in clause.conditions)
    return None


def _remote(remote: Endpoint) -> str:
    object_path = "network-traffic:dst_ref.value"
    addresses = " OR ".join(
        f"{object_path} {'ISSUBSET' if '/' in network else '='} {_quoted(network)}"
        for network in remote.networks
    )
    if remote.transport is None:
        return addresses
    ports = " OR ".join(f"network-traffic:dst_port = {port}" for port in remote.ports)
    return f"({addresses}) AND ({ports}) AND network-traffic:protocols[*] = '{remote.transport}'"


def _one_of(condition: Condition, compare: Callable[[Atom], str]) -> str:
    atoms = (Atom(condition.field, condition.operator, value) for value in condition.values)
    return " OR ".join(map(compare, atoms))


def _domain_name(atom: Atom) -> str:
    if atom.operator is Operator.EQUALS:
        return f"domain-name:value = {_quoted(str(atom.value))}"
    return f"domain-name:value MATCHES {_quoted(as_pattern(atom))}"


def _http(atom: Atom) -> str:
    path = _HTTP_PATHS[atom.field]
    if atom.field == "http.host":
        return f"{path} MATCHES {_quoted(_host_header(atom))}"
    if atom.operator is Operator.EQUALS:
        return f"{path} = {_quoted(str(atom.value))}"
    return f"{path} MATCHES {_quoted(as_pattern(atom))}"


def _host_header(atom: Atom) -> str:
    """Return an expression for the header as sent: in any case, perhaps with a port (RFC 9110 section 7.2)."""
    if atom.operator is Operator.REGEX:
        return f"(?i){atom.value}"
    below = r"(.+\.)?" if atom.operator is Operator.DOMAIN else ""
    return f"(?i)^{below}{escaped(str(atom.value))}(:[0-9]+)?$"


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _author(chosen: Chosen) -> dict[str, Any]:
    return _object(
        "identity", mark("stix", "author"), _first_day(chosen), name="Umbilical", identity_class="system"
    )


def _identity(chosen: Chosen, vendor_id: str) -> dict[str, Any]:
    vendor: Vendor | None = chosen.vendors.get(vendor_id)
    name = vendor.name if vendor is not None else vendor_id
    return _object(
        "identity",
        mark("stix", "vendor", vendor_id),
        _first_day(chosen),
        created_by_ref=f"identity--{mark('stix', 'author')}",
        name=name,
        identity_class="organization",
        labels=[f"umbilical:vendor={vendor_id}"],
    )


def _first_day(chosen: Chosen) -> str:
    """Return the oldest day of the catalog: identities do not change with what is chosen."""
    return min(one.added for one in chosen.every)


def _indicator(chosen: Chosen, stated: Stated[str]) -> Iterator[dict[str, Any]]:
    signature, author = stated.signature, f"identity--{mark('stix', 'author')}"
    indicator_mark = mark("stix", "indicator", signature.id)
    yield _object(
        "indicator",
        indicator_mark,
        signature.added,
        created_by_ref=author,
        name=f"{chosen.vendor_name(signature)}: {signature.title}",
        description=signature.description,
        indicator_types=["unknown"],
        pattern=" OR ".join(stated.items),
        pattern_type="stix",
        valid_from=instant(signature.added),
        confidence=_CONFIDENCES[signature.confidence],
        labels=[
            f"umbilical:{key}={value}"
            for key, value in (
                ("vendor", signature.vendor_id),
                ("purpose", signature.purpose),
                ("severity", signature.severity),
                ("confidence", signature.confidence),
                ("status", signature.status),
            )
        ],
        external_references=list(_references(signature)),
    )
    yield _object(
        "relationship",
        mark("stix", "relationship", signature.id),
        signature.added,
        created_by_ref=author,
        relationship_type="related-to",
        source_ref=f"indicator--{indicator_mark}",
        target_ref=f"identity--{mark('stix', 'vendor', signature.vendor_id)}",
    )


def _references(signature: Signature) -> Iterator[Mapping[str, str]]:
    yield {"source_name": "umbilical", "external_id": signature.id}
    for source in signature.sources:
        reference = {"source_name": source.kind.value, "description": source.title}
        yield {**reference, "url": source.url} if source.url else reference


def _object(kind: str, identifier: str, day: str, **more: Any) -> dict[str, Any]:
    return {
        "type": kind,
        "spec_version": "2.1",
        "id": f"{kind}--{identifier}",
        "created": instant(day),
        "modified": instant(day),
        **more,
    }


DIALECT = Dialect("threat intelligence platforms (STIX 2.1)", _write)
