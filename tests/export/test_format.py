from pathlib import Path
from typing import get_args

import orjson
import pytest

from monitor.export._format import FormatName, JsonFormatName, as_object, rendered
from monitor.registry import discover
from tests.kit.receivers import make_origin, make_record

ORIGIN = make_origin(Path())


def test_the_names_are_those_of_the_modules_and_json() -> None:
    assert set(get_args(FormatName)) == {"json", *discover("monitor.export.formats", "FORMAT")}


@pytest.mark.parametrize("name", get_args(FormatName))
def test_every_format_makes_one_line(name: FormatName) -> None:
    told = rendered(name, make_record(why="two\nlines and more"), ORIGIN)
    assert b"\n" not in told
    assert b"0000000000000000" in told


@pytest.mark.parametrize("name", get_args(JsonFormatName))
def test_those_that_are_json_are_objects(name: JsonFormatName) -> None:
    assert orjson.loads(rendered(name, make_record(), ORIGIN)) == as_object(name, make_record(), ORIGIN)


def test_json_is_the_published_record() -> None:
    assert as_object("json", make_record(1), ORIGIN) == make_record(1)
