from monitor.catalog.checks.vendors_do_not_share_names import CHECK
from tests.catalog._builders import file_text, signature_text
from tests.catalog.checks._subject import beta_text, said, subject


def test_a_name_below_anothers_domain_is_told() -> None:
    other = beta_text(signature_text(match="any: [{ dns.query: { equals: eu.fota.acme.example } }]"))
    expected = ["beta.fota: 'eu.fota.acme.example' is also matched by acme.fota; say why in 'note'"]
    assert expected == said(CHECK, subject(file_text(), other))


def test_the_same_name_is_told_on_both_sides() -> None:
    match = "any: [{ dns.query: { equals: shared.example } }]"
    both = subject(file_text(signature_text(match=match)), beta_text(signature_text(match=match)))
    assert 2 == len(said(CHECK, both))


def test_a_note_or_the_same_vendor_settles_it() -> None:
    match = "any: [{ dns.query: { equals: eu.fota.acme.example } }]"
    noted = beta_text(signature_text(match=match, note="Both use it."))
    assert [] == said(CHECK, subject(file_text(), noted))
    assert [] == said(CHECK, subject(file_text(signature_text(), signature_text("two", match=match))))
