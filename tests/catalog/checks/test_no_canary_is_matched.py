from monitor.catalog.checks.no_canary_is_matched import CHECK
from monitor.catalog.faults import Faults
from monitor.catalog.folder import bundled_folder, word_list
from monitor.catalog.review import CANARIES
from tests.catalog._builders import file_text
from tests.catalog.checks._subject import said, subject


def test_a_matched_canary_is_told_once() -> None:
    looked_at = subject(file_text(), canaries=("time.apple.com", "fota.acme.example"))
    assert ["acme.fota: matches the ordinary name 'fota.acme.example'"] == said(CHECK, looked_at)


def test_there_are_at_least_a_thousand_canaries() -> None:
    canaries = word_list(bundled_folder(), CANARIES, Faults())
    assert len(set(canaries)) >= 1000
    assert len(set(canaries)) == len(canaries)
