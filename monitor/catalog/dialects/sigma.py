"""Sigma rules: one document for each signature and kind of log that shows it.

Look-ups are in category ``dns``, hosts and user agents in ``proxy``; server names, request targets and addresses bound to
transport and port in Zeek's logs, since no Sigma category has these fields. Text compares without case unless ``cased``.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import yaml

from monitor.catalog.dialects._marks import mark
from monitor.catalog.dialects._translation import (
    JOINED,
    Chosen,
    Dialect,
    Options,
    Outcome,
    Stated,
    Written,
    closing,
    commented,
    heading,
    said,
    sources_of,
    translate,
)
from monitor.catalog.indicators import (
    Clause,
    Condition,
    Endpoint,
    endpoint,
    is_name,
    is_portable,
)
from monitor.catalog.records import Signature
from monitor.catalog.vocabulary import Operator
from monitor.model.finding import Severity

MAX_TITLE = 256

_DNS = (("category", "dns"),)
_PROXY = (("category", "proxy"),)
_ZEEK_TLS = (("product", "zeek"), ("service", "ssl"))
_ZEEK_HTTP = (("product", "zeek"), ("service", "http"))
_ZEEK_FLOWS = (("product", "zeek"), ("service", "conn"))
LogSource = tuple[tuple[str, str], ...]

_LOGS: Mapping[LogSource, Mapping[str, str]] = {
    _DNS: {"dns.query": "query"},
    _PROXY: {"http.host": "cs-host", "http.user_agent": "c-useragent", "http.method": "cs-method"},
    _ZEEK_TLS: {"tls.sni": "server_name", "tls.ja3": "ja3"},
    _ZEEK_HTTP: {
        "http.host": "host",
        "http.path": "uri",
        "http.user_agent": "user_agent",
        "http.method": "method",
    },
}
"""Kind of log -> our field -> its field; the first that has all fields of a clause is taken."""


class Selection(NamedTuple):
    """Conditions on one log line."""

    log: LogSource
    items: tuple[tuple[str, tuple[str | int, ...]], ...]
    """Field with modifiers, and the values of which one is enough."""


def _write(chosen: Chosen, _: Options) -> Written:
    done = translate(chosen.signatures, _express)
    documents = [document for stated in done.stated for document in _documents(chosen, stated)]
    lines = [
        *commented(heading("Sigma", chosen, done)),
        "\n---\n".join(documents) or "# no rules",
        *commented(closing(done)),
    ]
    return Written.of(lines, done)


def _express(clause: Clause) -> Outcome[Selection]:
    remote = endpoint(clause)
    if remote is not None:
        return said(_flow(remote))
    fields = set(clause.fields)
    log = next((log for log, known in _LOGS.items() if fields <= known.keys()), None)
    if log is None or len(fields) < len(clause.conditions):
        return Outcome(lost=_reason(clause))
    if any(
        one.operator is Operator.REGEX and not is_portable(str(one.values[0])) for one in clause.conditions
    ):
        return Outcome(lost="the expression cannot be said in PCRE")
    if sum(one.operator is Operator.DOMAIN for one in clause.conditions) > 0 and clause.only is None:
        clause = Clause(clause.signature_id, tuple(_as_regex(one) for one in clause.conditions))
    return Outcome(tuple(_selections(log, clause)))


def _reason(clause: Clause) -> str:
    return "no log that Sigma names shows it" if clause.only is not None else JOINED


def _flow(remote: Endpoint) -> Selection:
    networks = any("/" in network for network in remote.networks)
    items: list[tuple[str, tuple[str | int, ...]]] = [
        (
            "id.resp_h|cidr" if networks else "id.resp_h",
            tuple(map(_network, remote.networks)) if networks else remote.networks,
        )
    ]
    if remote.transport is not None:
        items += [("id.resp_p", remote.ports), ("proto", (remote.transport,))]
    return Selection(_ZEEK_FLOWS, tuple(items))


def _network(text: str) -> str:
    if "/" in text:
        return text
    return f"{text}/{128 if ':' in text else 32}"


def _as_regex(condition: Condition) -> Condition:
    """Return a domain as one expression: inside a list of conditions it may not become two."""
    if condition.operator is not Operator.DOMAIN:
        return condition
    name = str(condition.values[0]).replace(".", r"\.")
    return Condition(condition.field, Operator.REGEX, (rf"(?i)^(.+\.)?{name}$",))


def _selections(log: LogSource, clause: Clause) -> Iterator[Selection]:
    if clause.only is not None and clause.only.operator is Operator.DOMAIN:
        field, name = _LOGS[log][clause.only.field], str(clause.only.values[0])
        yield Selection(log, ((field, (_literal(name),)),))
        yield Selection(log, ((f"{field}|endswith", (_literal("." + name),)),))
        return
    yield Selection(log, tuple(_item(_LOGS[log][one.field], one) for one in clause.conditions))


def _item(field: str, condition: Condition) -> tuple[str, tuple[str | int, ...]]:
    cased = "" if is_name(condition.field) else "|cased"
    match condition.operator:
        case Operator.REGEX:
            modifier = (
                "|re|i" if is_name(condition.field) and "(?i)" not in str(condition.values[0]) else "|re"
            )
            return f"{field}{modifier}", tuple(str(value) for value in condition.values)
        case Operator.PREFIX:
            return f"{field}|startswith{cased}", tuple(_literal(str(value)) for value in condition.values)
        case _:
            return f"{field}{cased}", tuple(_literal(str(value)) for value in condition.values)


def _literal(text: str) -> str:
    """Return text without wildcards (Sigma specification, escaping)."""
    return text.replace("\\", "\\\\").replace("*", "\\*").replace("?", "\\?")


def _documents(chosen: Chosen, stated: Stated[Selection]) -> Iterator[str]:
    logs = list(dict.fromkeys(item.log for item in stated.items))
    ids = [mark("sigma", stated.signature.id, *(word for pair in log for word in pair)) for log in logs]
    for place, log in enumerate(logs):
        others = [one for one in ids if one != ids[place]]
        rule = _rule(chosen, stated.signature, ids[place], others)
        rule["logsource"] = dict(log)
        rule["detection"] = _detection([item for item in stated.items if item.log == log])
        rule["falsepositives"] = list(stated.signature.false_positives) or ["Nothing else is known."]
        rule["level"] = (
            "informational" if stated.signature.severity is Severity.INFO else stated.signature.severity.value
        )
        yield yaml.safe_dump(rule, sort_keys=False, allow_unicode=True, width=110).rstrip("\n")


def _rule(chosen: Chosen, signature: Signature, rule_id: str, others: list[str]) -> dict[str, Any]:
    rule: dict[str, Any] = {
        "title": f"{chosen.vendor_name(signature)}: {signature.title}"[:MAX_TITLE],
        "id": rule_id,
        "related": [{"id": one, "type": "similar"} for one in others],
        "status": signature.status.value,
        "description": signature.description,
        "references": list(sources_of(signature)),
        "author": "Umbilical",
        "date": signature.added,
        "umbilical": {
            "signature": signature.id,
            "vendor": signature.vendor_id,
            "purpose": signature.purpose.value,
            "confidence": signature.confidence.value,
        },
    }
    if not others:
        del rule["related"]
    return rule


def _detection(selections: list[Selection]) -> dict[str, Any]:
    named = {f"selection_{place}": _mapping(one) for place, one in enumerate(_joined(selections), start=1)}
    return {**named, "condition": "1 of selection_*"}


def _joined(selections: list[Selection]) -> list[Selection]:
    """Return the selections with those on the same single field and modifier made one."""
    values: dict[str, dict[str | int, None]] = {}
    others: list[Selection] = []
    for one in selections:
        field, wanted = one.items[0]
        if len(one.items) == 1 and "|re" not in field:
            values.setdefault(field, {}).update(dict.fromkeys(wanted))
        else:
            others.append(one)
    return [*(Selection(selections[0].log, ((field, tuple(one)),)) for field, one in values.items()), *others]


def _mapping(selection: Selection) -> dict[str, Any]:
    return {field: values[0] if len(values) == 1 else list(values) for field, values in selection.items}


DIALECT = Dialect("SIEMs, through pySigma", _write)
