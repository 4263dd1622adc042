from monitor.catalog.checks.review_dates_hold import CHECK
from monitor.catalog.review import Gravity
from tests.catalog._builders import file_text, signature_text
from tests.catalog.checks._subject import said, subject


def test_a_day_that_is_past_is_a_warning_and_no_more() -> None:
    issues = list(CHECK(subject(file_text(), today="2027-11-23")))
    assert [Gravity.WARNING] == [issue.gravity for issue in issues]
    assert [] == said(CHECK, subject(file_text(), today="2027-11-22"))
    assert [] == said(CHECK, subject(file_text()))


def test_a_day_before_its_own_beginning_is_told() -> None:
    text = file_text(signature_text(review_by='"2026-11-22"'))
    assert ["acme.fota: 'review_by' 2026-11-22 is not after 'added' 2026-11-22"] == said(CHECK, subject(text))
