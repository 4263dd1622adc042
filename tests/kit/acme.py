"""A small catalog about a fictional vendor, read from text by the real reader."""

from functools import cache

from monitor.catalog.catalog import Catalog
from monitor.catalog.faults import Faults
from monitor.catalog.vendor_file import parse

_HEAD = """
format: 1
vendor: { id: acme, name: Acme Wireless, country: "NO", role: module-maker, products: [AC100] }
sources:
  - { id: manual, kind: vendor-document, title: AC100 manual, url: "https://docs.acme.example/ac100" }
signatures:
"""
_SIGNATURE = """
  - id: {id}
    title: {title}
    purpose: {purpose}
    status: test
    confidence: {confidence}
    severity: {severity}
    description: {description}
    match:
      {match}
    sources: [manual]
    false_positives: [The host application may ask on purpose.]
    added: "2026-11-22"
    review_by: "2027-11-22"
    examples:
      - {{ expect: match, {yes} }}
      - {{ expect: no-match, {no} }}
"""
_SIGNATURES = (
    {
        "id": "acme.fota-check",
        "title": "Firmware update poll",
        "purpose": "firmware-update",
        "confidence": "high",
        "severity": "low",
        "description": "The module asks its vendor for new firmware.",
        "match": "any: [{ dns.query: { domain: fota.acme.example } }, { tls.sni: { domain: fota.acme.example } },"
        " { http.host: { domain: fota.acme.example } }]",
        "yes": "dns.query: fota.acme.example",
        "no": "dns.query: notfota.acme.example",
    },
    {
        "id": "acme.beacon",
        "title": "Keep-alive",
        "purpose": "telemetry",
        "confidence": "medium",
        "severity": "high",
        "description": "Sends IMEI and cell id in clear text.",
        "match": "all: [{ ip.dst: { cidr: 198.51.100.0/24 } }, { udp.dst_port: { equals: 9000 } }]",
        "yes": "ip.dst: 198.51.100.7, udp.dst_port: 9000",
        "no": "ip.dst: 198.51.100.7, udp.dst_port: 53",
    },
    {
        "id": "acme.cloud",
        "title": "Data platform",
        "purpose": "cloud",
        "confidence": "medium",
        "severity": "info",
        "description": "The module reports to the vendor's data platform.",
        "match": "any: [{ dns.query: { domain: cloud.acme.example } }, { tls.sni: { domain: cloud.acme.example } },"
        " { http.host: { domain: cloud.acme.example } }, { mqtt.client_id: { prefix: AC100- } }]",
        "yes": "dns.query: cloud.acme.example",
        "no": "dns.query: acme.example",
    },
    {
        "id": "acme.cloud-other",
        "title": "Other names of the platform",
        "purpose": "cloud",
        "confidence": "low",
        "severity": "info",
        "description": "A name below the platform's.",
        "match": "any: [{ tls.sni: { domain: cloud.acme.example } }, { tls.sni: { domain: iot.acme.example } }]",
        "yes": "tls.sni: iot.acme.example",
        "no": "tls.sni: acme.example",
    },
    {
        "id": "acme.web",
        "title": "Domain of the company",
        "purpose": "vendor-web",
        "confidence": "medium",
        "severity": "info",
        "description": "A page or service of the company.",
        "match": "any: [{ dns.query: { domain: acme.example } }, { tls.sni: { domain: acme.example } }]",
        "yes": "dns.query: www.acme.example",
        "no": "dns.query: notacme.example",
    },
)


@cache
def acme_catalog() -> Catalog:
    """Return the catalog: an update service, a beacon to an address, a data platform, the whole domain."""
    faults = Faults()
    text = _HEAD + "".join(_SIGNATURE.format(**one) for one in _SIGNATURES)
    file = parse(text, "acme.yaml", "acme", faults)
    faults.raise_any()
    assert file is not None
    return Catalog(vendors=[file.vendor], signatures=file.signatures)
