from monitor.catalog.checks.sources_are_used import CHECK
from tests.catalog._builders import HEAD, file_text
from tests.catalog.checks._subject import said, subject


def test_a_leftover_source_is_told_and_a_cited_one_is_not() -> None:
    assert [] == said(CHECK, subject(file_text()))
    leftover = file_text().replace("signatures:", "  - { id: old, kind: report, title: Old }\nsignatures:")
    assert ["source 'old' is cited by nothing"] == said(CHECK, subject(leftover))


def test_the_identity_cites_too() -> None:
    assert [] == said(CHECK, subject(HEAD + "identity: { sources: [manual] }\n"))
