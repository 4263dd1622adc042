from monitor.catalog.checks.regex_has_three_negatives import CHECK
from tests.catalog._builders import file_text, signature_text
from tests.catalog.checks._subject import said, subject

MATCH = 'any: [{ mqtt.topic: { regex: "^a/[0-9]+$", reason: numbers } }]'


def of(negatives: int) -> list[str]:
    refused = "".join(f", {{ expect: no-match, mqtt.topic: b{number} }}" for number in range(negatives))
    examples = f"[{{ expect: match, mqtt.topic: a/1 }}{refused}]"
    return said(CHECK, subject(file_text(signature_text(match=MATCH, examples=examples))))


def test_fewer_than_three_are_told() -> None:
    assert ["acme.fota: a 'regex' needs 3 examples with 'expect: no-match'"] == of(2)
    assert [] == of(3)


def test_other_operators_need_one() -> None:
    assert [] == said(CHECK, subject(file_text()))
