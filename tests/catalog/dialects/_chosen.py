"""What the tests of dialects share: small choices of signatures, and the programs that read what is written."""

import os
import shutil
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from monitor.catalog.catalog import Catalog
from monitor.catalog.dialects._translation import Chosen
from monitor.catalog.records import Signature, Source
from tests.catalog._builders import file_text, parsed, signature

NASTY = "a\"b;c\\d|e\tf\nqq: h\u2028i \u202e# ü,'{}$`%"
"""Text that ends or changes something in most languages."""
ADDRESS = (
    'all: [{ ip.dst: { one_of: ["192.0.2.7", "2001:db8::7"] } }, { udp.dst_port: { one_of: [5683, 5684] } }]'
)
NAMES = (
    "any: [{ dns.query: { domain: acme.example } }, { tls.sni: { domain: acme.example } },"
    " { http.host: { equals: www.acme.example } }]"
)
JOINED = "all: [{ http.host: { domain: acme.example } }, { http.path: { prefix: /fota/ } }]"
_PACKAGES = {
    "suricata": "suricata",
    "named-checkzone": "bind9-utils",
    "dnsmasq": "dnsmasq-base",
    "nft": "nftables",
    "unshare": "util-linux",
}


def chosen(*signatures: Signature, every: Sequence[Signature] | None = None) -> Chosen:
    """Return a choice with the vendor that the builders know."""
    vendor = parsed(file_text()).vendor
    return Chosen(
        signatures=signatures, vendors={vendor.id: vendor}, every=every or signatures, digest="cafe"
    )


def whole_catalog() -> Chosen:
    """Return all that came with the program."""
    catalog = Catalog.load()
    return Chosen(
        signatures=catalog.signatures,
        vendors=catalog.vendors,
        every=catalog.signatures,
        digest=catalog.digest,
    )


def nasty(match: str = NAMES) -> Signature:
    """Return a signature whose every free text is hostile."""
    source = Source(
        id="x", kind=signature().sources[0].kind, title=NASTY, url=f"https://acme.example/?q={NASTY}"
    )
    return replace(
        signature(match), title=NASTY, description=NASTY, false_positives=(NASTY,), sources=(source,)
    )


def program(name: str) -> str:
    """Return the path of a program; skips the test, in words, where it is not installed."""
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if found is None:
        pytest.skip(f"{name} is not here: apt-get install {_PACKAGES[name]}")
    return found


def library(name: str, package: str) -> Any:
    """Return a library; skips the test, in words, where it is not installed."""
    return pytest.importorskip(name, reason=f"{name} is not here: pip install {package}")
