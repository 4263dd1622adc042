"""What the tests of this room share: one small vendor file and observations."""

from typing import Any

from monitor.catalog.faults import Faults
from monitor.catalog.records import Signature
from monitor.catalog.vendor_file import VendorFile, parse
from monitor.model.flow import Direction
from monitor.model.observation import Observation
from tests.kit.playbook import make_flow

HEAD = """\
format: 1
vendor:
  id: acme
  name: Acme Wireless
  country: NO
  role: module-maker
sources:
  - id: manual
    kind: vendor-document
    title: AT command manual
"""
DNS = "any: [{ dns.query: { domain: fota.acme.example } }]"
DNS_EXAMPLES = """
      - { expect: match, dns.query: eu.fota.acme.example }
      - { expect: no-match, dns.query: notfota.acme.example }"""


def signature_text(name: str = "fota", match: str = DNS, examples: str = DNS_EXAMPLES, **changes: str) -> str:
    """Return one signature as it stands in a file."""
    values = {
        "id": f"acme.{name}",
        "title": "Firmware check",
        "purpose": "firmware-update",
        "status": "test",
        "confidence": "high",
        "severity": "low",
        "description": "Asks for firmware.",
        "match": f"{{ {match} }}",
        "sources": "[manual]",
        "added": '"2026-11-22"',
        "review_by": '"2027-11-22"',
        "examples": examples,
        **changes,
    }
    lines = [f"{key}: {value}" for key, value in values.items() if value]
    return "  - " + "\n    ".join(lines) + "\n"


def file_text(*signatures: str) -> str:
    """Return a whole file."""
    return HEAD + "signatures:\n" + "".join(signatures or (signature_text(),))


def parsed(text: str, stem: str = "acme") -> VendorFile:
    """Return what a right file says."""
    faults = Faults()
    file = parse(text, f"{stem}.yaml", stem, faults)
    faults.raise_any()
    assert file is not None
    return file


def problems(text: str, stem: str = "acme") -> list[str]:
    """Return every fault of a file as text."""
    faults = Faults()
    parse(text, f"{stem}.yaml", stem, faults)
    return [str(error) for error in faults.errors]


def signature(match: str = DNS, name: str = "fota") -> Signature:
    """Return one signature with these tests."""
    return parsed(file_text(signature_text(name, match))).signatures[0]


def observe(kind: str, fields: dict[str, Any]) -> Observation:
    """Return an observation of a type with these fields."""
    return Observation(kind, fields, make_flow(), Direction.ORIGINATOR, 0, 0, 1)
