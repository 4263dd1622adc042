from dataclasses import replace

import pytest

from monitor.catalog.checks.status_is_earned import CHECK
from tests.catalog._builders import file_text, signature_text
from tests.catalog.checks._subject import said, subject


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"status": "stable"}, "needs a source with a 'case'"),
        ({"status": "deprecated"}, "both are needed"),
        ({"replaced_by": "acme.two"}, "both are needed"),
        ({"status": "deprecated", "replaced_by": "acme.none"}, "no living signature"),
    ],
)
def test_a_status_without_its_evidence_is_told(changes: dict[str, str], problem: str) -> None:
    found = said(CHECK, subject(file_text(signature_text(**changes), signature_text("two"))))
    assert any(problem in one for one in found), found


def test_public_code_alone_does_not_make_a_test() -> None:
    text = file_text().replace("vendor-document", "public-code")
    assert [
        "acme.fota: 'status: test' needs a source of kind capture, vendor-document or vendor-code"
    ] == said(CHECK, subject(text))


def test_evidence_earns_the_status() -> None:
    assert [] == said(CHECK, subject(file_text()))
    with_case = file_text(signature_text(status="stable")).replace(
        "kind: vendor-document", "kind: capture\n    case: pcaps/acme"
    )
    assert [] == said(CHECK, subject(with_case))


def test_an_heir_that_may_be_in_a_file_that_could_not_be_read_is_not_missed() -> None:
    text = file_text(signature_text(status="deprecated", replaced_by="acme.none"))
    assert [] == said(CHECK, replace(subject(text), is_whole=False))
