import pytest

from monitor.catalog.faults import Faults
from monitor.catalog.matcher import Matcher
from monitor.catalog.plain_list import parse_list
from monitor.model.finding import Confidence, Severity
from tests.catalog._builders import observe

LIST = """\
# vendor: acme
# confidence: medium
# severity: high
# a remark that is no head
fota.acme.example   # from the manual
198.51.100.0/24

2001:db8::1
"""


def test_a_list_becomes_one_local_signature() -> None:
    faults = Faults()
    found = parse_list(LIST, "site/blocked.txt", "blocked", faults)
    faults.raise_any()
    assert found is not None
    assert ("acme.blocked", "acme", True) == (found.id, found.vendor_id, found.local)
    assert (Confidence.MEDIUM, Severity.HIGH) == (found.confidence, found.severity)
    matcher = Matcher([found])
    assert matcher.match(observe("dns_query", {"dns.query": "eu.fota.acme.example"}))
    assert matcher.match(observe("flow_start", {"ip.dst": "198.51.100.9"}))
    assert matcher.match(observe("flow_start", {"ip.dst": "2001:db8::1"}))
    assert not matcher.match(observe("dns_query", {"dns.query": "acme.example"}))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("fota.acme.example\n", "must say '# vendor: ...'"),
        ("# vendor: acme\n# confidence: medium\n", "the list is empty"),
        (
            "# vendor: acme\n# confidence: sure\na.example\n",
            "l.txt:2: 'confidence' has no value 'sure'; it is one of: low, medium, high",
        ),
        (
            "# vendor: acme\n# confidence: low\n# severity: hihg\na.example\n",
            "l.txt:3: 'severity' has no value 'hihg'; it is one of: info, low, medium, high, critical; did",
        ),
        ("# vendor: acme\n# confidence: low\n# purpose: spy\na.example\n", "l.txt:3: 'purpose' has no value"),
        (
            "# vendor: acme\n# confidence: low\na.example\n# severity: high\nb.example\n",
            "l.txt:4: 'severity' stands too low",
        ),
        ("# vendor: acme\n# confidence: medium\nexample\n", "l.txt:3: neither a domain nor a network"),
        ("# vendor: acme\n# confidense: medium\na.example\n", "did you mean 'confidence'?"),
        ("# vendor: Acme Inc\n# confidence: medium\na.example\n", "no vendor id"),
    ],
)
def test_a_wrong_list_is_told(text: str, problem: str) -> None:
    faults = Faults()
    assert parse_list(text, "l.txt", "l", faults) is None
    assert any(problem in str(error) for error in faults.errors), faults.errors


def test_a_list_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.catalog.plain_list.MAX_ENTRIES", 1)
    faults = Faults()
    assert parse_list(LIST, "l.txt", "l", faults) is None
    assert "l.txt: the list has more than 1 lines" == str(faults.errors[0])


def test_a_head_that_stands_too_low_is_told_once() -> None:
    faults = Faults()
    assert parse_list("# vendor: acme\na.example\n# confidence: low\n", "l.txt", "l", faults) is None
    assert ["l.txt:3"] == [str(error.location) for error in faults.errors]


def test_a_remark_below_an_entry_is_no_head() -> None:
    faults = Faults()
    assert parse_list(f"{LIST}# seen: in May\n", "l.txt", "l", faults) is not None
    assert [] == faults.errors
