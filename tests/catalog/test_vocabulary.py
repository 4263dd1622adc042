from enum import StrEnum

import pytest

from monitor.catalog.vocabulary import (
    OPERATORS,
    Expect,
    Joint,
    Operator,
    Role,
    SourceKind,
    Status,
    meaning,
)
from monitor.model.finding import Confidence, Purpose, Severity
from monitor.model.observation import FieldKind


@pytest.mark.parametrize(
    "choices", [Status, SourceKind, Role, Expect, Joint, Operator, Purpose, Severity, Confidence]
)
def test_every_choice_has_a_sentence(choices: type[StrEnum]) -> None:
    assert [] == [choice for choice in choices if not meaning(choice).endswith(".")]


def test_words_that_two_sets_share_keep_their_own_sentence() -> None:
    assert meaning(Severity.LOW) != meaning(Confidence.LOW)
    assert meaning(Severity.HIGH) != meaning(Confidence.HIGH)


def test_every_kind_of_field_says_what_it_takes() -> None:
    assert set(FieldKind) == OPERATORS.keys()
