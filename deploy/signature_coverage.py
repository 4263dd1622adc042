"""Says of every fact in the given facts files which signature carries it, or why it is left out; prints Markdown.

    python deploy/signature_coverage.py FACTS.yaml... > signatures/COVERAGE.md

A facts file maps groups to lists of ``kind``, ``value``, ``purpose``, ``source``. What the catalog matches or knows is
found by asking it; every other fact needs a row in ``signatures/data/decisions.csv``. Exit status 1 when one has none.
"""

from __future__ import annotations

import csv
import re
import sys
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import yaml

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from monitor.catalog.catalog import Catalog  # noqa: E402 - the checkout comes first on the path
from monitor.model.flow import Direction, Flow  # noqa: E402
from monitor.model.observation import Observation  # noqa: E402

DECISIONS = ROOT / "signatures" / "data" / "decisions.csv"
NAME_KINDS = {"domain", "host", "ntp_server", "host_port", "url", "url_prefix", "domain_suffix"}
PATH_KINDS = {"url", "url_path", "url_prefix", "filename"}
FLOW = Flow(id=0, start_ns=0, orig_ip="192.0.2.1", orig_port=0, resp_ip="192.0.2.2", resp_port=0, protocol=6)
SHOWN_CHARACTERS = 90


class Fact(NamedTuple):
    """One fact as the file states it; a value may be a list."""

    group: str
    kind: str
    value: str
    values: tuple[str, ...]


class Verdict(NamedTuple):
    """What became of a fact."""

    carried_by: str
    reason: str


def main(paths: list[str]) -> int:
    """Print the page; return the exit status."""
    catalog = Catalog.load()
    decisions = read_decisions(catalog)
    facts = [fact for path in paths for fact in read_facts(Path(path))]
    verdicts = [(fact, decide(fact, catalog, decisions)) for fact in facts]
    print(page(catalog, verdicts))
    undecided = [fact for fact, verdict in verdicts if verdict is None]
    for fact in undecided:
        print(f"undecided: {fact.group} {fact.kind} {fact.value}", file=sys.stderr)
    unused = decisions.keys() - {(fact.group, fact.kind, fact.value) for fact in facts}
    for key in sorted(unused):
        print(f"decision without a fact: {' '.join(key)}", file=sys.stderr)
    return 1 if undecided or unused else 0


def read_facts(path: Path) -> list[Fact]:
    """Return the facts of a file in its order."""
    tree = yaml.safe_load(path.read_text(encoding="utf-8"))
    groups = tree.get("vendors", tree)
    facts = []
    for group, entries in groups.items():
        for entry in entries:
            value = entry["value"]
            values = tuple(map(str, value)) if isinstance(value, list) else (str(value),)
            facts.append(Fact(group, entry["kind"], ", ".join(values), values))
    return facts


def read_decisions(catalog: Catalog) -> dict[tuple[str, str, str], Verdict]:
    """Return what people decided, after a check that each carrier exists."""
    decisions = {}
    with DECISIONS.open(encoding="utf-8", newline="") as rows:
        for row in csv.DictReader(rows):
            carrier = row["carried_by"]
            known = catalog.signature(carrier) or catalog.vendors.get(carrier.removeprefix("identity of "))
            if carrier and known is None:
                raise SystemExit(f"{DECISIONS}: '{carrier}' is no signature and no vendor")
            decisions[row["group"], row["kind"], row["value"]] = Verdict(carrier, row["reason"])
    return decisions


def decide(fact: Fact, catalog: Catalog, decisions: dict[tuple[str, str, str], Verdict]) -> Verdict | None:
    """Return who carries a fact, or why nobody does; None when nobody decided."""
    decided = decisions.get((fact.group, fact.kind, fact.value))
    if decided is not None:
        return decided
    found = [carriers(fact, value, catalog) for value in fact.values]
    if not all(found):
        return None
    return Verdict(", ".join(sorted({carrier for some in found for carrier in some})), "")


def carriers(fact: Fact, value: str, catalog: Catalog) -> list[str]:
    """Return the signatures or identities that know a value, the narrowest first."""
    if fact.kind in {"mac_oui", "oui"}:
        digits = value.partition("/")[0].replace(":", "")
        prefix = catalog.identity.mac_prefix(int(digits.ljust(12, "0"), 16))
        return [f"identity of {prefix.vendor_id}"] if prefix else []
    if fact.kind in {"imei_tac", "tac"}:
        tac = catalog.tac(value)
        return [f"identity of {tac.vendor_id}"] if tac else []
    if fact.kind == "model_regex":
        vendors = catalog.vendors.values()
        return [f"identity of {vendor.id}" for vendor in vendors if value in vendor.identity.model_patterns]
    if fact.kind == "hostname":
        vendor = catalog.identity.dhcp_vendor(value)
        return [f"identity of {vendor}"] if vendor else []
    return wire_carriers(fact, value, catalog)


def wire_carriers(fact: Fact, value: str, catalog: Catalog) -> list[str]:
    """Return the signatures that match what a value looks like on the wire."""
    host, port, path = split(value)
    observations = []
    if is_address(host):
        observations += [
            ("flow_start", {"ip.dst": host, f"{transport}.dst_port": port}) for transport in ("tcp", "udp")
        ]
    elif fact.kind in NAME_KINDS:
        name = f"host.{host}" if fact.kind == "domain_suffix" else host
        observations.append(("dns_query", {"dns.query": name.lower()}))
    if fact.kind in PATH_KINDS and path:
        observations.append(("http_request", {"http.path": path, "http.host": host or "unknown.example"}))
    found = [signature for kind, fields in observations for signature in catalog.match(observe(kind, fields))]
    if is_address(host) and not port:
        found += [signature for signature in catalog.signatures if names_address(signature, host)]
    narrow = [signature.id for signature in found if not is_broad(signature)]
    return sorted(set(narrow or [signature.id for signature in found]))


def split(value: str) -> tuple[str, int, str]:
    """Return host, port (0 when none) and path of an address, a URL or a path."""
    bare = re.sub(r"^(?:https?://|POST |GET )", "", value)
    host, slash, path = bare.partition("/")
    if host.count(":") > 1:
        return host, 0, ""
    name, _, port = host.partition(":")
    return name, int(port) if port.isdecimal() else 0, slash + path


def is_address(text: str) -> bool:
    """Return whether a text is an IP address."""
    return bool(re.fullmatch(r"[0-9.]+|[0-9a-f:]*:[0-9a-f:]+", text))


def is_broad(signature: Any) -> bool:
    """Return whether a signature names whole domains, so that a narrower one is the better carrier."""
    return all(test.operator.value == "domain" for test in signature.match.tests)


def names_address(signature: Any, address: str) -> bool:
    """Return whether a signature tests for an address."""
    values = [test.value for test in signature.match.tests if test.field == "ip.dst"]
    return any(address in (value if isinstance(value, tuple) else (value,)) for value in values)


def observe(kind: str, fields: dict[str, Any]) -> Observation:
    """Return an observation of nobody's flow."""
    return Observation(kind, fields, FLOW, Direction.ORIGINATOR, 0, 0, 0)


def page(catalog: Catalog, verdicts: list[tuple[Fact, Verdict | None]]) -> str:
    """Return the whole page."""
    counts = catalog.identity.counts()
    carried = sum(bool(verdict and verdict.carried_by) for _, verdict in verdicts)
    lines = [
        "# Coverage of the collected facts",
        "",
        "Made by `deploy/signature_coverage.py`; do not edit.",
        f"The catalog holds {len(catalog.vendors)} vendors and {len(catalog.signatures)} signatures,",
        ", ".join(f"{number} {kind.replace('_', ' ')}" for kind, number in counts.items()) + ".",
        "",
        f"Facts: {len(verdicts)}. Carried: {carried}. Left out: {len(verdicts) - carried}.",
        "",
        "| left out because | facts |",
        "|---|---:|",
        *reasons(verdicts),
    ]
    group = ""
    for fact, verdict in verdicts:
        if fact.group != group:
            group = fact.group
            lines += ["", f"## {group}", "", "| kind | value | carried by, or why not |", "|---|---|---|"]
        lines.append(f"| {fact.kind} | {shown(fact.value)} | {told(verdict)} |")
    return "\n".join(lines)


def reasons(verdicts: list[tuple[Fact, Verdict | None]]) -> list[str]:
    """Return the rows of the table of reasons, most frequent first."""
    counted = Counter(
        verdict.reason.partition(":")[0] for _, verdict in verdicts if verdict and not verdict.carried_by
    )
    return [
        f"| {reason} | {number} |"
        for reason, number in sorted(counted.items(), key=lambda one: (-one[1], one[0]))
    ]


def shown(value: str) -> str:
    """Return a value as Markdown code of bearable length."""
    cut = value if len(value) <= SHOWN_CHARACTERS else value[: SHOWN_CHARACTERS - 3] + "..."
    return "`" + cut.replace("|", "\\|") + "`"


def told(verdict: Verdict | None) -> str:
    """Return a verdict in words."""
    if verdict is None:
        return "**undecided**"
    if not verdict.carried_by:
        return f"left out: {verdict.reason}"
    return f"{verdict.carried_by}" + (f" ({verdict.reason})" if verdict.reason else "")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
