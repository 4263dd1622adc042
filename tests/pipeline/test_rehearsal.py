from pathlib import Path

from monitor.catalog.catalog import Catalog
from monitor.pipeline.rehearsal import rehearse
from tests.catalog._builders import file_text, signature_text

ALL = "all: [{ ip.dst: { equals: 198.51.100.9 } }, { udp.dst_port: { equals: 9000 } }]"


def said(folder: Path, *signatures: str) -> list[str]:
    """Return the issues of a file with these signatures, without its path."""
    (folder / "acme.yaml").write_text(file_text(*signatures))
    return [f"{issue.gravity}: {issue.problem}" for issue in rehearse(Catalog.load([folder]))]


def of(folder: Path, match: str, examples: str) -> list[str]:
    return said(folder, signature_text(match=match, examples=f"[{examples}]"))


def test_examples_that_hold_bring_no_issue(tmp_path: Path) -> None:
    assert [] == said(tmp_path, signature_text())
    assert [] == of(
        tmp_path,
        ALL,
        "{ expect: match, ip.dst: 198.51.100.9, udp.dst_port: 9000 },"
        " { expect: no-match, ip.dst: 198.51.100.9, tcp.dst_port: 9000 },"
        " { expect: no-match, ip.dst: 198.51.100.8, udp.dst_port: 9000 }",
    )


def test_an_example_of_the_wrong_sign_is_told_with_its_line(tmp_path: Path) -> None:
    match = "any: [{ tls.sni: { domain: acme.example } }]"
    wrong = "{ expect: match, tls.sni: acme.example.net }, { expect: no-match, tls.sni: eu.acme.example }"
    assert [
        "error: acme.fota: the example 'tls.sni = acme.example.net' does not match, against 'expect: match'",
        "error: acme.fota: the example 'tls.sni = eu.acme.example' matches, against 'expect: no-match'",
    ] == of(tmp_path, match, wrong)
    [first, _] = rehearse(Catalog.load([tmp_path]))
    assert first.location is not None
    assert (f"{tmp_path}/acme.yaml", "rehearsal") == (first.location.path, first.check)


def test_what_the_parsers_do_not_show_is_told_even_where_nothing_should_match(tmp_path: Path) -> None:
    prefix = "00" * 65 + "41"
    examples = (
        f'{{ expect: match, http.body_prefix: "41" }}, {{ expect: no-match, http.body_prefix: "{prefix}" }}'
    )
    [issue] = of(tmp_path, 'any: [{ http.body_prefix: { hex: "41" } }]', examples)
    assert issue.endswith("was said in packets, but no observation shows it so")


def test_what_cannot_be_said_in_packets_is_a_warning(tmp_path: Path) -> None:
    match = "any: [{ tls.ja3: { equals: e7d705a3286e19ea42f587b344ee6865 } }]"
    examples = (
        "{ expect: match, tls.ja3: e7d705a3286e19ea42f587b344ee6865 }, { expect: no-match, tls.ja3: ff }"
    )
    warnings = of(tmp_path, match, examples)
    assert ["warning: acme.fota"] * 2 == [issue[:18] for issue in warnings]
    both_match = examples.replace("tls.ja3: ff", "tls.ja3: e7d705a3286e19ea42f587b344ee6865")
    assert ["warning: a", "error: acm"] == [issue[:10] for issue in of(tmp_path, match, both_match)]


def test_a_match_that_stays_inside_the_site_is_no_contact(tmp_path: Path) -> None:
    match = "any: [{ dhcp.vendor_class: { equals: acme } }]"
    examples = "{ expect: match, dhcp.vendor_class: acme }, { expect: no-match, dhcp.vendor_class: other }"
    [issue] = of(tmp_path, match, examples)
    assert issue.endswith("but no contact with acme is stated: it stays inside the site")


def test_examples_that_share_everything_do_not_answer_for_each_other(tmp_path: Path) -> None:
    look_up = signature_text(
        "time",
        "any: [{ ntp.server: { equals: time.acme.example } }]",
        """
      - { expect: match, ntp.server: time.acme.example }
      - { expect: no-match, dns.query: time.acme.example }
      - { expect: no-match, udp.dst_port: 123 }""",
    )
    assert [] == said(tmp_path, look_up)


def test_a_deprecated_signature_is_not_tried(tmp_path: Path) -> None:
    wrong = "[{ expect: match, dns.query: x.example }, { expect: no-match, dns.query: fota.acme.example }]"
    old = signature_text("old", status="deprecated", replaced_by="acme.fota", examples=wrong)
    assert [] == said(tmp_path, signature_text(), old)
