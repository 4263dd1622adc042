"""What the catalog costs: the time to load it, and the time of a look that finds nothing, by type of observation.

    matching.py make FOLDER [SIGNATURES]     writes synthetic vendor files
    matching.py [FOLDER]                     prints figures of a folder, or of the bundled signatures, as JSON

Every observation is another one, as in the worst network; an answer that is remembered would cost nothing.
"""

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY))

from monitor.catalog.catalog import Catalog  # noqa: E402 - this tree comes first on the path
from monitor.model.flow import Direction, Flow  # noqa: E402
from monitor.model.observation import Observation  # noqa: E402

OBSERVATIONS = 20_000
SIGNATURES, SIGNATURES_OF_A_VENDOR = 100_000, 500
KILOBYTES_OF_A_MEGABYTE = 1024

Fields = dict[str, Any]
DISTINCT: dict[str, Callable[[int], Fields]] = {
    "dns_query": lambda i: {"dns.query": f"h{i}.s{i % 97}.example.org", "dns.qtype": "A"},
    "tls_client_hello": lambda i: {"tls.sni": f"h{i}.s{i % 97}.example.org", "tls.ja4": f"t13d{i}"},
    "http_request": lambda i: {
        "http.method": "GET",
        "http.host": f"h{i}.s{i % 97}.example.org",
        "http.path": f"/a/b/{i}.html?q={i}",
        "http.user_agent": f"agent/{i}",
    },
    "flow_start": lambda i: {"ip.dst": f"203.0.{i >> 8 & 255}.{i & 255}", "tcp.dst_port": 1024 + i % 60_000},
    "flow_payload": lambda i: {"ip.dst": f"203.0.{i >> 8 & 255}.{i & 255}", "payload.prefix": f"{i:064x}"},
    "mqtt_publish": lambda i: {"mqtt.topic": f"site/{i}/sensor/{i % 7}/state"},
    "coap_request": lambda i: {"coap.uri_host": f"h{i}.example.org", "coap.uri_path": f"/s/{i}"},
}

HEAD = """\
format: 1
vendor: {{ id: {vendor}, name: "Maker {vendor}", country: "NO", role: module-maker }}
sources:
  - {{ id: manual, kind: vendor-document, title: AT command manual, url: https://docs.{vendor}.example.com/at }}
signatures:
"""
SIGNATURE = """\
  - id: {vendor}.service-{place}
    title: Service {place}
    purpose: firmware-update
    status: test
    confidence: medium
    severity: low
    description: >-
      The device asks service {place} of this maker for firmware. Compare the image with that of its peers.
    match:
      any:
        - dns.query: {{ domain: s{place}.{vendor}.example.com }}
        - tls.sni: {{ domain: s{place}.{vendor}.example.com }}
        - http.host: {{ domain: s{place}.{vendor}.example.com }}
    sources: [manual]
    false_positives: [A person who reads the manual.]
    added: "2026-11-22"
    review_by: "2027-11-22"
    examples:
      - {{ expect: match, dns.query: eu.s{place}.{vendor}.example.com }}
      - {{ expect: no-match, dns.query: nots{place}.{vendor}.example.com, why: label boundary }}
"""


def make(folder: Path, signatures: int = SIGNATURES) -> None:
    """Write vendor files with so many signatures."""
    folder.mkdir(parents=True, exist_ok=True)
    for first in range(0, signatures, SIGNATURES_OF_A_VENDOR):
        vendor = f"maker-{first // SIGNATURES_OF_A_VENDOR}"
        places = range(first, min(first + SIGNATURES_OF_A_VENDOR, signatures))
        text = "".join(SIGNATURE.format(vendor=vendor, place=place) for place in places)
        (folder / f"{vendor}.yaml").write_text(HEAD.format(vendor=vendor) + text, encoding="utf-8")


def figures(folder: Path | None) -> dict[str, float]:
    """Return the figures of one load."""
    began = time.perf_counter()
    catalog = Catalog.load(None if folder is None else [folder])
    found = {"signatures": len(catalog.signatures), "load_s": time.perf_counter() - began}
    found |= {kind: miss_us(catalog, kind, fields_of) for kind, fields_of in DISTINCT.items()}
    peak_kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return found | {"peak_mb": peak_kilobytes / KILOBYTES_OF_A_MEGABYTE}


def miss_us(catalog: Catalog, kind: str, fields_of: Callable[[int], Fields]) -> float:
    """Return the CPU time of one look."""
    flow = Flow(
        id=0, start_ns=0, orig_ip="10.0.0.7", orig_port=1, resp_ip="192.0.2.2", resp_port=2, protocol=6
    )
    seen = [
        Observation(kind, fields_of(place), flow, Direction.ORIGINATOR, 0, 0, 1)
        for place in range(OBSERVATIONS)
    ]
    match = catalog.match
    began = time.process_time()
    for one in seen:
        match(one)
    return (time.process_time() - began) / OBSERVATIONS * 1e6


def main(arguments: list[str]) -> None:
    """Do what the command line asks for."""
    if arguments[:1] == ["make"]:
        make(Path(arguments[1]), *map(int, arguments[2:3]))
    else:
        print(json.dumps(figures(Path(arguments[0]) if arguments else None)))


if __name__ == "__main__":
    main(sys.argv[1:])
