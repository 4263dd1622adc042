from monitor.catalog.describe import MOST_VALUES, describe, in_words, looks_like
from monitor.catalog.records import Test
from monitor.catalog.vocabulary import Operator
from tests.catalog._builders import file_text, parsed, signature, signature_text


def test_everything_a_defender_needs_is_said() -> None:
    text = file_text(signature_text(false_positives="[The host asks on purpose.]", note="Shared with beta."))
    file = parsed(text)
    said = describe(file.signatures[0], file.vendor)
    for words in (
        "acme.fota: Firmware check",
        "Acme Wireless, NO. Makes cellular modules.",
        "Severity    low. Worth a line in a report.",
        "Asks for firmware.",
        "dns.query (name asked for) is fota.acme.example or below it",
        "- vendor-document: AT command manual",
        "The host asks on purpose.",
        "Shared with beta.",
        "to be reviewed by 2027-11-22",
        "acme.yaml:12",
    ):
        assert words in said


def test_how_tests_are_joined_is_said() -> None:
    both = signature("all: [{ ip.dst: { cidr: 198.51.100.0/24 } }, { udp.dst_port: { one_of: [53, 54] } }]")
    assert [
        "All of these:",
        "- ip.dst (address of the remote) is in 198.51.100.0/24",
        "- udp.dst_port (port of the remote) is one of 53, 54",
    ] == looks_like(both)


def test_a_long_list_is_cut_and_counted() -> None:
    values = tuple(f"h{number}.example" for number in range(MOST_VALUES + 3))
    said = in_words(Test(field="dns.query", operator=Operator.ONE_OF, value=values))
    assert said.endswith(f"h{MOST_VALUES - 1}.example and 3 more")


def test_what_is_not_known_is_not_invented() -> None:
    said = describe(signature(), None)
    assert "Vendor" not in said
    assert "Nothing else is known." in said
