from monitor.catalog.checks.broad_names_stay_modest import CHECK
from monitor.catalog.faults import Faults
from monitor.catalog.folder import bundled_folder, word_list
from monitor.catalog.review import SHARED_HOSTING
from tests.catalog._builders import file_text, signature_text
from tests.catalog.checks._subject import said, subject

SHARED = frozenset({"cloud.example"})


def of(match: str, confidence: str) -> list[str]:
    text = file_text(signature_text(match=match, confidence=confidence))
    return said(CHECK, subject(text, shared=SHARED))


def test_a_suffix_of_shared_hosting_is_refused() -> None:
    assert ["acme.fota: 'cloud.example' is shared hosting; name full hosts only"] == of(
        "any: [{ dns.query: { domain: cloud.example } }]", "low"
    )


def test_a_full_host_on_shared_hosting_is_never_of_high_confidence() -> None:
    match = "any: [{ dns.query: { equals: acme-fota.cloud.example } }]"
    assert [] == of(match, "medium")
    assert ["acme.fota: 'acme-fota.cloud.example' stands on shared hosting: not of high confidence"] == of(
        match, "high"
    )


def test_the_list_of_shared_hosting_came_with_the_program() -> None:
    assert {"amazonaws.com", "aliyuncs.com"} <= set(word_list(bundled_folder(), SHARED_HOSTING, Faults()))
