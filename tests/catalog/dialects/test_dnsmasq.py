"""dnsmasq's settings: whole domains, single names, and that dnsmasq takes the file."""

import subprocess
from pathlib import Path

from monitor.catalog.dialects._translation import Chosen, Options
from monitor.catalog.dialects.dnsmasq import DIALECT
from tests.catalog._builders import signature
from tests.catalog.dialects._chosen import JOINED, NAMES, chosen, nasty, program

EXACT = "any: [{ dns.query: { equals: x.acme.example } }]"


def settings(*matches: str) -> list[str]:
    made = [signature(match, f"n{place}") for place, match in enumerate(matches)]
    text = DIALECT.write(chosen(*made), Options()).text
    return [line for line in text.splitlines() if not line.startswith("#")]


def test_a_domain_is_one_setting() -> None:
    assert ["address=/acme.example/"] == settings(NAMES)


def test_names_below_a_single_name_go_to_the_usual_servers() -> None:
    assert ["address=/x.acme.example/", "server=/*.x.acme.example/#"] == settings(EXACT)


def test_names_below_a_single_name_inside_a_domain_stay_covered() -> None:
    assert ["address=/acme.example/", "address=/x.acme.example/"] == settings(EXACT, NAMES)


def test_a_name_that_is_meant_both_ways_stands_once() -> None:
    both = "any: [{ dns.query: { equals: acme.example } }]"
    assert ["address=/acme.example/"] == settings(both, NAMES)


def test_what_holds_together_is_listed() -> None:
    assert [] == settings(JOINED)
    assert "acme.fota: http.host, http.path: " in DIALECT.write(chosen(signature(JOINED)), Options()).text


def test_dnsmasq_takes_the_whole_catalog_and_hostile_text(bundled: Chosen, tmp_path: Path) -> None:
    for number, choice in enumerate((bundled, chosen(nasty()))):
        file = tmp_path / f"{number}.conf"
        file.write_text(DIALECT.write(choice, Options()).text, "utf-8")
        told = subprocess.run(
            [program("dnsmasq"), "--test", "-C", str(file)], capture_output=True, text=True, check=False
        )
        assert told.returncode == 0, told.stderr
