from enum import StrEnum

import pytest

from monitor.catalog.vocabulary import (
    MEANINGS,
    OPERATORS,
    Expect,
    Joint,
    Operator,
    Role,
    SourceKind,
    Status,
)
from monitor.model.finding import Confidence, Purpose, Severity
from monitor.model.observation import FieldKind


@pytest.mark.parametrize(
    "choices", [Status, SourceKind, Role, Expect, Joint, Operator, Purpose, Severity, Confidence]
)
def test_every_choice_has_a_sentence(choices: type[StrEnum]) -> None:
    assert [] == [choice for choice in choices if not MEANINGS[choice].endswith(".")]


def test_every_kind_of_field_says_what_it_takes() -> None:
    assert set(FieldKind) == OPERATORS.keys()
