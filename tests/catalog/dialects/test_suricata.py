"""Suricata rules: what they say, their numbers, and that Suricata takes them and fires where the program does."""

import json
import re
import subprocess
from ipaddress import ip_address
from pathlib import Path

import pytest

from monitor.catalog.dialects import suricata
from monitor.catalog.dialects._translation import Chosen, Options
from monitor.catalog.dialects.suricata import DIALECT, FIRST_SID, LAST_SID, MAX_LISTED, sids
from monitor.catalog.rehearsal import examples_film
from monitor.catalog.vocabulary import Expect
from monitor.catalog.wire import DEVICE, DEVICE_V6
from tests.catalog._builders import signature
from tests.catalog.dialects._chosen import ADDRESS, JOINED, NAMES, chosen, nasty, program

SID = re.compile(r"sid:(\d+);")


def rules(*matches: str) -> list[str]:
    written = DIALECT.write(chosen(*map(signature, matches)), Options())
    return [line for line in written.text.splitlines() if line.startswith("alert")]


def one(match: str) -> str:
    (rule,) = rules(match)
    return rule


def test_a_domain_is_compared_by_labels_in_every_case() -> None:
    rule = one("any: [{ dns.query: { domain: acme.example } }]")
    assert rule.startswith(
        'alert dns $HOME_NET any -> any any (msg:"UMBILICAL Acme Wireless: Firmware check";'
    )
    assert 'dns.query; dotprefix; content:".acme.example"; endswith; nocase;' in rule


def test_a_host_header_is_lower_case_already() -> None:
    rule = one("any: [{ http.host: { equals: www.acme.example } }]")
    assert 'http.host; content:"www.acme.example"; bsize:16;' in rule
    assert "nocase" not in rule


def test_a_server_name_is_looked_for_in_tls_and_quic() -> None:
    tls, quic = rules("any: [{ tls.sni: { equals: a.example } }]")
    assert "alert tls " in tls
    assert "quic.sni;" in quic


def test_address_transport_and_port_stay_bound() -> None:
    rule = one(ADDRESS)
    assert "alert udp $HOME_NET any -> [192.0.2.7,2001:db8::7] [5683,5684] (" in rule


def test_conditions_on_one_request_share_a_rule() -> None:
    rule = one(JOINED)
    assert (
        'http.host; dotprefix; content:".acme.example"; endswith; http.uri.raw; content:"/fota/"; startswith;'
        in rule
    )


def test_joined_buffers_of_two_protocols_are_not_said() -> None:
    assert [] == rules("all: [{ dns.query: { equals: a.example } }, { http.host: { equals: a.example } }]")


def test_a_long_list_of_addresses_becomes_several_rules() -> None:
    addresses = ", ".join(f"192.0.2.{number}" for number in range(MAX_LISTED + 1))
    assert 2 == len(
        rules(f"all: [{{ ip.dst: {{ one_of: [{addresses}] }} }}, {{ tcp.dst_port: {{ equals: 80 }} }}]")
    )


@pytest.mark.parametrize(
    ("match", "expected"),
    [
        ("http.path: { prefix: '/a;b\"c\\d|e:' }", 'content:"/a|3b|b|22|c|5c|d|7c|e|3a|"; startswith;'),
        ("http.path: { regex: '^/a;\"/b\\.c$', reason: x }", r'pcre:"/^\x2fa\x3b\x22\x2fb\.c$/";'),
        ("http.path: { regex: '^\\/a$', reason: x }", r'pcre:"/^\x2fa$/";'),
        ("dns.query: { regex: '^a[0-9].example$', reason: x }", 'pcre:"/^a[0-9].example$/i";'),
        ("http.body_prefix: { hex: '464f' }", 'http.response_body; content:"|46 4f|"; startswith;'),
        (
            "http.body_prefix: { regex: '^[0-9a-f]{60}464f', reason: x }",
            'content:"|46 4f|"; offset:30; depth:2;',
        ),
    ],
)
def test_values_are_written_so_that_they_mean_themselves(match: str, expected: str) -> None:
    assert expected in one(f"any: [{{ {match} }}]")


@pytest.mark.parametrize(
    "match",
    [
        "payload.prefix: { hex: '00' }",
        "tcp.dst_port: { equals: 80 }",
        "http.body_prefix: { regex: '^[0-9a-f]{61}464f', reason: x }",
        "http.path: { equals: '" + "a" * 300 + "' }",
        "http.path: { regex: '^(?P<x>a)$', reason: x }",
        "coap.uri_host: { equals: a.example }",
    ],
)
def test_what_suricata_cannot_say_is_listed(match: str) -> None:
    written = DIALECT.write(chosen(signature(f"any: [{{ {match} }}]")), Options())
    assert 1 == written.unsaid
    assert "acme.fota: " in written.text


def test_a_number_does_not_depend_on_what_else_is_written() -> None:
    names, address = signature(NAMES, "names"), signature(ADDRESS, "address")
    both = DIALECT.write(chosen(names, address), Options()).text
    alone = DIALECT.write(chosen(address, every=(names, address)), Options()).text
    assert set(SID.findall(alone)) < set(SID.findall(both))


def test_numbers_are_in_the_range_for_local_use(bundled: Chosen) -> None:
    found = [int(number) for number in SID.findall(DIALECT.write(bundled, Options()).text)]
    assert len(found) == len(set(found))
    assert FIRST_SID <= min(found) <= max(found) <= LAST_SID


def test_colliding_keys_get_the_next_free_numbers_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suricata, "_offset", lambda key: 5 if key != "d" else suricata.MAX_RULES - 1)
    assert {"a": FIRST_SID + 5, "b": FIRST_SID + 6, "c": FIRST_SID + 7, "d": LAST_SID} == sids("cabad")


def test_numbers_run_on_from_the_end_of_the_range(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suricata, "_offset", lambda _: suricata.MAX_RULES - 1)
    assert {"a": LAST_SID, "b": FIRST_SID} == sids("ba")


def test_a_number_stays_the_same_for_ever() -> None:
    assert {"acme.fota": 1529006} == sids(["acme.fota"])


def test_suricata_takes_the_whole_catalog(bundled: Chosen, tmp_path: Path) -> None:
    assert _complaints(DIALECT.write(bundled, Options()).text, tmp_path) == ""


def test_suricata_takes_hostile_text(tmp_path: Path) -> None:
    written = DIALECT.write(chosen(nasty(), nasty(ADDRESS), nasty(JOINED)), Options())
    assert _complaints(written.text, tmp_path) == ""


def _complaints(text: str, folder: Path) -> str:
    rules_file = folder / "umbilical.rules"
    rules_file.write_text(text, "utf-8")
    command = [program("suricata"), "-T", "--init-errors-fatal", "-S", str(rules_file), "-l", str(folder)]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    return told.stderr if told.returncode else ""


def test_suricata_fires_on_the_examples_that_match_and_on_no_other(bundled: Chosen, tmp_path: Path) -> None:
    written = DIALECT.write(bundled, Options())
    unsaid = {one.signature_id for one in written.lost}
    parts = [(one, example) for one in bundled.signatures if one.id not in unsaid for example in one.examples]
    capture, rules_file = tmp_path / "examples.pcap", tmp_path / "umbilical.rules"
    capture.write_bytes(examples_film(example for _, example in parts).capture)
    rules_file.write_text(written.text, "utf-8")
    home = "vars.address-groups.HOME_NET=[10.0.0.0/8,fd00::/8]"
    command = [program("suricata"), "-r", str(capture), "-S", str(rules_file), "-l", str(tmp_path)]
    subprocess.run([*command, "-k", "none", "--set", home], capture_output=True, check=True)
    fired = _fired(tmp_path / "eve.json")
    wrong = [
        (one.id, dict(example.fields))
        for place, (one, example) in enumerate(parts)
        if (one.id in fired.get(place, ())) is not (example.expect is Expect.MATCH)
    ]
    assert [] == wrong


def _fired(log: Path) -> dict[int, set[str]]:
    """Scene -> ids of the signatures whose rules fired; each scene has a device of its own."""
    first = {4: int(ip_address(DEVICE)), 6: int(ip_address(DEVICE_V6))}
    fired: dict[int, set[str]] = {}
    for record in map(json.loads, log.read_text("utf-8").splitlines()):
        if record["event_type"] != "alert":
            continue
        for end in map(ip_address, (record["src_ip"], record["dest_ip"])):
            fired.setdefault(int(end) - first[end.version], set()).update(
                record["alert"]["metadata"]["signature_id"]
            )
    return fired
