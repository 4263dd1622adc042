"""nftables: sets bound to ports, nothing dropped unasked, and that the kernel takes the file."""

import os
import subprocess
from pathlib import Path

import pytest

from monitor.catalog.dialects._translation import Chosen, Options
from monitor.catalog.dialects.nftables import DIALECT, MAX_COMMENT_BYTES
from monitor.catalog.records import Signature
from tests.catalog._builders import signature
from tests.catalog.dialects._chosen import ADDRESS, JOINED, NAMES, chosen, nasty, program

BARE = "any: [{ ip.dst: { cidr: 192.0.2.0/24 } }, { ip.dst: { one_of: [192.0.2.7, 198.51.100.1] } }]"
NETWORKS = "any: [{ ip.dst: { cidr: 10.0.0.0/8 } }, { ip.dst: { cidr: 10.1.0.0/16 } }, { ip.dst: { cidr: 11.0.0.0/8 } }]"


def text(*signatures: Signature, drop: bool = False) -> str:
    return DIALECT.write(chosen(*signatures), Options(drop=drop)).text


def elements(ruleset: str) -> list[str]:
    return [line.strip().rstrip(",") for line in ruleset.splitlines() if " comment " in line]


def test_address_transport_and_port_stay_bound() -> None:
    ruleset = text(signature(ADDRESS))
    assert [
        '192.0.2.7 . 5683 comment "acme.fota"',
        '192.0.2.7 . 5684 comment "acme.fota"',
        '2001:db8::7 . 5683 comment "acme.fota"',
        '2001:db8::7 . 5684 comment "acme.fota"',
    ] == sorted(elements(ruleset))
    assert "ip daddr . udp dport @udp_v4 counter jump seen_udp_v4" in ruleset
    assert "ip6 daddr . udp dport @udp_v6 counter jump seen_udp_v6" in ruleset


def test_nothing_is_dropped_unless_asked() -> None:
    assert "drop" not in text(signature(ADDRESS))
    assert "\t\tcounter drop\n" in text(signature(ADDRESS), drop=True)


def test_an_element_of_two_signatures_names_both() -> None:
    found = elements(text(signature(ADDRESS, "one"), signature(ADDRESS, "other")))
    assert '192.0.2.7 . 5683 comment "acme.one acme.other"' in found
    assert 4 == len(found)


def test_a_comment_ends_before_it_is_too_long() -> None:
    many = [signature(ADDRESS, f"{'n' * 40}{place}") for place in range(5)]
    comment = elements(text(*many))[0].split('"')[1]
    assert 2 == len(comment.split())
    assert len(comment) <= MAX_COMMENT_BYTES


def test_a_network_inside_a_wider_one_joins_it() -> None:
    found = elements(text(signature(NETWORKS)))
    assert ["10.0.0.0/8", "11.0.0.0/8"] == [line.split()[0] for line in found]


def test_names_and_joined_requests_are_listed() -> None:
    written = DIALECT.write(chosen(signature(NAMES), signature(JOINED)), Options())
    assert 2 == written.unsaid
    assert (
        "# acme.fota: dns.query, tls.sni, http.host: a packet filter sees addresses and ports only"
        in written.text
    )


@pytest.fixture
def nft() -> list[str]:
    """Return the command in a network namespace of its own; skips, in words, where that is not permitted."""
    alone = [program("unshare"), *([] if os.geteuid() == 0 else ["--map-root-user"]), "--net", program("nft")]
    told = subprocess.run([*alone, "list", "ruleset"], capture_output=True, text=True, check=False)
    if told.returncode:
        pytest.skip(f"no network namespace for nft here: {told.stderr.strip()}")
    return alone


def test_nft_takes_the_whole_catalog(nft: list[str], bundled: Chosen, tmp_path: Path) -> None:
    for drop in (False, True):
        assert _complaints(nft, DIALECT.write(bundled, Options(drop=drop)).text, tmp_path) == ""


@pytest.mark.parametrize("match", [BARE, NETWORKS, NAMES])
def test_nft_takes_networks_nothing_and_hostile_text(nft: list[str], match: str, tmp_path: Path) -> None:
    assert _complaints(nft, text(nasty(match), nasty(ADDRESS)), tmp_path) == ""
    assert _complaints(nft, text(nasty(match)), tmp_path) == ""


def _complaints(nft: list[str], ruleset: str, folder: Path) -> str:
    file = folder / "umbilical.nft"
    file.write_text(ruleset, "utf-8")
    told = subprocess.run([*nft, "-c", "-f", str(file)], capture_output=True, text=True, check=False)
    return told.stderr if told.returncode else ""
