"""A first vendor file that passes every check, for somebody to fill in; writes nothing."""

import re
from datetime import date

from monitor.catalog.shape import VENDOR
from monitor.catalog.vocabulary import FORMAT
from monitor.model.finding import Purpose

_TEXT = """\
# yaml-language-server: $schema=schema/vendor.schema.json
# Every line below is a stand-in: replace it, and delete what you do not need.
# The words that a field takes, and what they mean, are in the schema; an editor with a YAML server shows them.
format: {format}

vendor:
  id: {quoted_id}
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
        - dns.query: {{ domain: fota.{label}.example.com }}
        - tls.sni: {{ domain: fota.{label}.example.com }}
    sources: [first-source]
    false_positives:
      - What else causes it.
    added: "{today}"
    review_by: "{review_by}"
    examples:
      - {{ expect: match, dns.query: eu.fota.{label}.example.com }}
      - {{ expect: match, tls.sni: fota.{label}.example.com }}
      - {{ expect: no-match, dns.query: notfota.{label}.example.com, why: label boundary }}
      - {{ expect: no-match, dns.query: fota.{label}.example.com.example.net, why: anchored at the end }}
"""


def first_file(vendor_id: str, name: str, today: date) -> str:
    """Return the text of ``<vendor_id>.yaml``; raises ValueError for an id or a name that no file can have."""
    key = VENDOR["id"]
    if re.fullmatch(key.pattern or "", vendor_id) is None:
        raise ValueError(f"'{vendor_id}' is no id of a vendor: {key.pattern_means} (at most {_MAX_ID})")
    if not name.strip():
        raise ValueError("the vendor needs a name that is not empty")
    review_by = date(today.year + 1, today.month, min(today.day, 28))
    return _TEXT.format(
        format=FORMAT,
        id=vendor_id,
        quoted_id=f'"{vendor_id}"' if vendor_id in _OTHER_THAN_TEXT or vendor_id.isdigit() else vendor_id,
        label=vendor_id.rstrip("-"),
        name=_quoted(name),
        purpose=Purpose.FIRMWARE_UPDATE.value,
        today=today.isoformat(),
        review_by=review_by.isoformat(),
    )


_MAX_ID = 63
_OTHER_THAN_TEXT = frozenset({"true", "false", "null", "yes", "no", "on", "off"})
"""Words that this or another reader of YAML takes for something else."""


def _quoted(name: str) -> str:
    """Return a name as a double-quoted scalar (YAML 1.2.2 section 7.3.1), whatever it holds."""
    try:
        name.encode()
    except UnicodeEncodeError:
        raise ValueError("the name is not UTF-8") from None
    return '"' + "".join(map(_escaped, name)) + '"'


def _escaped(letter: str) -> str:
    if letter in _MARKS:
        return "\\" + letter
    return letter if letter.isprintable() else f"\\U{ord(letter):08X}"


_MARKS = frozenset('"\\')
