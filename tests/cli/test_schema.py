import json
from collections.abc import Callable

import jsonschema
import pytest

from tests.cli.command import Done

Command = Callable[..., Done]


@pytest.mark.parametrize("subject", ["alert", "flow", "observation", "config", "signature"])
def test_a_schema_is_one(umbilical: Command, subject: str) -> None:
    done = umbilical("schema", subject)
    assert (0, "") == (done.status, done.err)
    schema = json.loads(done.out)
    jsonschema.validators.validator_for(schema).check_schema(schema)


def test_what_has_a_schema_is_listed(umbilical: Command) -> None:
    help_text = " ".join(umbilical("schema", "--help").out.split())
    assert "alert, flow, observation, config, signature" in help_text
    missing = umbilical("schema")
    assert (2, 1, True) == (missing.status, missing.err.count("\n"), "'SUBJECT'" in missing.err)
    assert "there are alert, flow" in umbilical("schema", "weather").err


def test_an_unknown_subject_is_told_in_a_line(umbilical: Command) -> None:
    done = umbilical("schema", "weather")
    assert (2, "", 1) == (done.status, done.out, done.err.count("\n"))
