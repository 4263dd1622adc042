"""A first vendor file that passes every check, for somebody to fill in; writes nothing."""

from datetime import date

from monitor.catalog.vocabulary import FORMAT
from monitor.model.finding import Purpose

_TEXT = """\
# yaml-language-server: $schema=schema/vendor.schema.json
# Every line below is a stand-in: replace it, and delete what you do not need.
# The words that a field takes, and what they mean, are in the schema; an editor with a YAML server shows them.
format: {format}

vendor:
  id: {id}
  name: {name}
  # country: "NO"
  role: module-maker
  # products: [AC100]

sources:
  # Where you know it from: vendor-document, vendor-code, public-code, registry, capture or report.
  - id: first-source
    kind: report
    title: Who says so, and where it can be read
    # url: https://docs.example.com/ac100
    retrieved: "{today}"

signatures:
  - id: {id}.firmware-check
    title: Firmware check
    purpose: {purpose}
    # experimental until the maker's own words or a capture support it.
    status: experimental
    confidence: low
    severity: low
    description: >-
      What it means when a device does this, in plain words, and what a defender should do.
    match:
      any:
        - dns.query: {{ domain: fota.{id}.example.com }}
        - tls.sni: {{ domain: fota.{id}.example.com }}
    sources: [first-source]
    false_positives:
      - What else causes it.
    added: "{today}"
    review_by: "{review_by}"
    examples:
      - {{ expect: match, dns.query: eu.fota.{id}.example.com }}
      - {{ expect: match, tls.sni: fota.{id}.example.com }}
      - {{ expect: no-match, dns.query: notfota.{id}.example.com, why: label boundary }}
      - {{ expect: no-match, dns.query: fota.{id}.example.com.example.net, why: anchored at the end }}
"""


def first_file(vendor_id: str, name: str, today: date) -> str:
    """Return the text of ``<vendor_id>.yaml``."""
    review_by = date(today.year + 1, today.month, min(today.day, 28))
    return _TEXT.format(
        format=FORMAT,
        id=vendor_id,
        name=f'"{name}"',
        purpose=Purpose.FIRMWARE_UPDATE.value,
        today=today.isoformat(),
        review_by=review_by.isoformat(),
    )
