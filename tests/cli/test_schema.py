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


def test_an_unknown_subject_is_told_in_a_line(umbilical: Command) -> None:
    done = umbilical("schema", "weather")
    assert (2, "", 1) == (done.status, done.out, done.err.count("\n"))
