import contextlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.export._web_yaml import MAX_FILE_BYTES, Kind, Shape, read_fields
from monitor.model.errors import ConfigError

SHAPE: Shape = {
    "name": Kind.TEXT,
    "inner": {"flag": Kind.FLAG, "burst": Kind.WHOLE, "names": Kind.TEXTS},
    "users": Kind.TEXT_TABLE,
}


def read(folder: Path, text: str | bytes) -> dict[str, Any]:
    path = folder / "web.yml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    fields = read_fields(path, SHAPE)
    fields.check()
    return fields.values


def test_values_have_the_types_of_their_keys(tmp_path: Path) -> None:
    text = "name: 12\ninner:\n  flag: yes\n  burst: 3\n  names: [a, 'no']\nusers: {alice: $2y$, bob: }\n"
    assert read(tmp_path, text) == {
        "name": "12",
        "inner": {"flag": True, "burst": 3, "names": ["a", "no"]},
        "users": {"alice": "$2y$", "bob": ""},
    }


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "null\n", "inner:\nname: ~\n"])
def test_nothing_is_nothing(text: str, tmp_path: Path) -> None:
    assert read(tmp_path, text) == {}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("nmae: x\n", "web.yml:1: unknown field 'nmae'; did you mean 'name'?"),
        ("inner:\n  zzz: 1\n", "web.yml:2: unknown field 'zzz' in inner; known here: flag, burst, names"),
        ("name: a\nname: b\n", "web.yml:2: 'name' stands here a second time"),
        ("inner: 3\n", "web.yml:1: expected a table in inner"),
        ("- a\n", "web.yml:1: expected a table"),
        ("inner:\n  flag: maybe\n", "web.yml:2: flag: expected true or false"),
        ("inner:\n  burst: -1\n", "web.yml:2: burst: expected a whole number"),
        ("inner:\n  names: a\n", "web.yml:2: names: expected a list of texts"),
        ("users: [a]\n", "web.yml:1: users: expected a table of texts"),
        ("name: [\n", "web.yml:2: not YAML"),
        (
            "name: !!python/object:os.system x\nusers: {a: {b: c}}",
            "web.yml:2: users: expected a table of texts",
        ),
    ],
)
def test_faults_are_told_with_their_line(text: str, fault: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, text)
    assert f"{tmp_path}/{fault}" in str(caught.value)


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, "x: 1\ny: 2\n")
    assert len(str(caught.value).splitlines()) == 2


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"name: " + b"a" * MAX_FILE_BYTES, b"[" * 50_000])
def test_what_is_no_configuration_is_refused_in_one_line(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, content)
    assert len(str(caught.value).splitlines()) == 1


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        read_fields(tmp_path / "absent.yml", SHAPE)


@given(st.text(alphabet="abn: \n-[]{}&*!|>'\"#%@`0~", max_size=60))
def test_any_text_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    with contextlib.suppress(ConfigError):
        read(tmp_path_factory.getbasetemp(), text)
