from monitor.catalog.faults import Faults
from monitor.catalog.vendor_file import parse
from monitor.catalog.vocabulary import Expect, Joint, Operator
from monitor.model.finding import Confidence, Purpose
from tests.catalog._builders import HEAD, file_text, parsed, problems, signature_text


def test_a_right_file_becomes_records() -> None:
    file = parsed(file_text())
    one = file.signatures[0]
    assert ("acme", "NO", "Acme Wireless") == (file.vendor.id, file.vendor.country, file.vendor.name)
    assert ("acme.fota", Purpose.FIRMWARE_UPDATE, Confidence.HIGH) == (one.id, one.purpose, one.confidence)
    assert (Joint.ANY, "dns.query", Operator.DOMAIN) == (
        one.match.joint,
        one.match.tests[0].field,
        one.match.tests[0].operator,
    )
    assert [Expect.MATCH, Expect.NO_MATCH] == [example.expect for example in one.examples]
    assert ("manual",) == tuple(source.id for source in one.sources)
    assert "acme.yaml:12" == str(one.location)


def test_all_faults_of_a_file_come_at_once_with_line_and_hint() -> None:
    text = file_text(
        signature_text(confidence="", confidense="high", purpose="firmware", sources="[manuel]"),
        signature_text("two", match="any: [{ dns.qery: { domain: a.example } }]"),
    )
    expected = [
        "acme.yaml:25: unknown field 'confidense'; did you mean 'confidence'?",
        "acme.yaml:14: 'purpose' has no value 'firmware'; did you mean 'firmware-update'?",
        "acme.yaml:12: the signature has no 'confidence'",
        "acme.yaml:33: unknown observation field 'dns.qery'; did you mean 'dns.query'?",
    ]
    found = problems(text)
    for problem in expected:
        assert any(problem in one for one in found), (problem, found)


def test_ids_follow_the_file() -> None:
    found = problems(file_text(signature_text(id="other.fota")), stem="wrong")
    assert any("must be the file's name 'wrong'" in one for one in found)
    assert any("must begin with 'acme.'" in one for one in found)


def test_a_source_that_is_not_there_is_told() -> None:
    assert ["source 'manuel' is not in this file; did you mean 'manual'?"] == [
        one.partition(": ")[2] for one in problems(file_text(signature_text(sources="[manuel]")))
    ]


def test_a_source_id_stands_once() -> None:
    twice = HEAD + "  - { id: manual, kind: report, title: Again }\n"
    assert any("stands twice" in one for one in problems(twice))


def test_who_cites_a_source_that_is_wrong_itself_is_not_told_that_it_is_missing() -> None:
    (problem,) = problems(file_text().replace("vendor-document", "vendor-dokument"))
    assert "'kind' has no value 'vendor-dokument'" in problem


def test_a_source_of_a_signature_that_is_wrong_counts_as_cited() -> None:
    faults = Faults()
    file = parse(file_text(signature_text(confidence="lwo")), "acme.yaml", "acme", faults)
    assert file is not None
    assert (1, [True]) == (faults.total, [source.cited for source in file.sources])


def test_a_list_in_place_of_a_word_is_told() -> None:
    (problem,) = problems(file_text().replace("role: module-maker", "role: [module-maker]"))
    assert "acme.yaml:6: 'role' must be one word, and is one of: module-maker" in problem
