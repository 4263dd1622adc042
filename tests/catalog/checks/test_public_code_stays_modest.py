from monitor.catalog.checks.public_code_stays_modest import CHECK
from tests.catalog._builders import file_text, signature_text
from tests.catalog.checks._subject import said, subject


def test_public_code_alone_is_never_of_high_confidence() -> None:
    high = file_text().replace("vendor-document", "public-code")
    medium = file_text(signature_text(confidence="medium")).replace("vendor-document", "public-code")
    assert ["acme.fota: 'confidence: high' needs more than public code and reports"] == said(
        CHECK, subject(high)
    )
    assert [] == said(CHECK, subject(medium))
    assert [] == said(CHECK, subject(file_text()))
