import re
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from monitor.catalog.folder import bundled_folder
from tests.cli.command import Done

Command = Callable[..., Done]


def test_list_filters(umbilical: Command) -> None:
    done = umbilical("signatures", "list", "--vendor", "quectel", "--purpose", "firmware-update", "--json")
    assert (0, "") == (done.status, done.err)
    assert done.records
    assert {("quectel", "firmware-update")} == {(one["vendor"], one["purpose"]) for one in done.records}


def test_list_as_a_table_counts(umbilical: Command) -> None:
    done = umbilical("signatures", "list", "--vendor", "quectel", "--severity", "medium")
    assert "quectel.cloudota" in done.out
    assert " signatures" in done.out.splitlines()[-1]


@pytest.mark.parametrize(
    ("option", "word", "answer"),
    [
        ("--vendor", "quectl", "did you mean 'quectel'?"),
        ("--purpose", "spying", "firmware-update"),
        ("--status", "old", "experimental"),
        ("--severity", "awful", "critical"),
    ],
)
def test_a_wrong_filter_is_told_with_what_there_is(
    umbilical: Command, option: str, word: str, answer: str
) -> None:
    done = umbilical("signatures", "list", option, word)
    assert (2, "", 1) == (done.status, done.out, done.err.count("\n"))
    assert answer in done.err


def test_show_tells_meaning_and_sources(umbilical: Command) -> None:
    done = umbilical("signatures", "show", "quectel.cloudota")
    assert (0, "") == (done.status, done.err)
    assert "What it looks like" in done.out
    assert "Why we believe it" in done.out


def test_show_of_an_unknown_signature_names_a_near_one(umbilical: Command) -> None:
    done = umbilical("signatures", "show", "quectel.cloudot")
    assert (2, "") == (done.status, done.out)
    assert "did you mean 'quectel.cloudota'?" in done.err


def test_the_bundled_signatures_pass_their_checks(umbilical: Command) -> None:
    assert umbilical("signatures", "check").status == 0
    assert umbilical("signatures", "test").status == 0


def test_check_tells_every_fault_with_its_line(umbilical: Command, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.yaml").write_text(f"format: 1\nvendor: {{ id: {name}, nam: x }}\n")
    done = umbilical("signatures", "check", str(tmp_path))
    assert done.status == 2
    assert f"error: {tmp_path}/one.yaml:1: " in done.out
    assert f"error: {tmp_path}/two.yaml:1: " in done.out
    assert "errors: " in done.err


def test_a_new_file_passes_the_checks(umbilical: Command, tmp_path: Path) -> None:
    done = umbilical("signatures", "new", "acme", "Acme Wireless")
    (tmp_path / "acme.yaml").write_text(done.out)
    checked = umbilical("signatures", "check", str(tmp_path))
    assert (0, "") == (checked.status, "".join(one for one in checked.out.splitlines() if "error" in one))


def test_a_missing_folder_is_told(umbilical: Command) -> None:
    done = umbilical("signatures", "check", "/nowhere")
    assert done.status == 2
    assert "/nowhere: no such folder" in done.out


def test_check_says_what_was_looked_at(umbilical: Command, tmp_path: Path) -> None:
    (tmp_path / "acme.yaml").write_text(umbilical("signatures", "new", "acme", "Acme").out)
    bundled = umbilical("signatures", "check")
    assert re.fullmatch(r"umbilical: \d+ files, \d+ signatures \(bundled\): nothing is wrong\n", bundled.err)
    own = umbilical("signatures", "check", str(tmp_path))
    assert own.err == f"umbilical: 1 file, 1 signature ({tmp_path}): nothing is wrong\n"
    beside = umbilical("signatures", "check", "--local", str(tmp_path))
    assert f"(bundled and {tmp_path}): nothing is wrong" in beside.err
    assert f"4 examples ({tmp_path}), 0 failures" in umbilical("signatures", "test", str(tmp_path)).err


@pytest.mark.parametrize("options", [(), ("--local",)])
def test_files_that_are_never_read_are_a_fault(
    umbilical: Command, tmp_path: Path, options: tuple[str, ...]
) -> None:
    text = umbilical("signatures", "new", "acmeco", "Acme").out
    (tmp_path / "acmeco.yml").write_text(text)
    done = umbilical("signatures", "check", *options, str(tmp_path))
    assert done.status == 2
    told = f"{tmp_path}/acmeco.yml: not read: signature files end in .yaml (lists in .txt or .list)"
    assert f"error: {told} [loads]\n" == done.out
    (tmp_path / "acmeco.yml").unlink()
    empty = umbilical("signatures", "check", *options, str(tmp_path))
    assert (2, f"error: {tmp_path}: holds no signature files [loads]\n") == (empty.status, empty.out)


def test_other_commands_warn_of_files_that_are_never_read(umbilical: Command, tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "acme.yml").touch()
    config = tmp_path / "umbilical.toml"
    config.write_text('[catalog]\nfolders = ["own"]\n')
    done = umbilical("signatures", "list", "--config", str(config))
    assert done.status == 0
    assert f"umbilical: warning: {tmp_path}/own/acme.yml: not read" in done.err


@pytest.mark.parametrize("verb", ["check", "test"])
def test_a_file_instead_of_a_folder_is_called_a_file(umbilical: Command, tmp_path: Path, verb: str) -> None:
    file = tmp_path / "acme.yaml"
    file.write_text(umbilical("signatures", "new", "acme", "Acme").out)
    done = umbilical("signatures", verb, str(file))
    assert done.status == 2
    assert f"{file}: is a file; name the folder that holds it" in done.out + done.err
    listed = umbilical("signatures", "list", "--signatures", str(file))
    assert listed.err == f"umbilical: {file}: is a file; name the folder that holds it\n"


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("ACME", "X"), "'ACME' is no id of a vendor: lower-case letters, digits, hyphens"),
        (("Ac me", "Q"), "'Ac me' is no id"),
        (("", "x"), "'' is no id"),
        (("a.b", "x"), "'a.b' is no id"),
        (("acme", ""), "needs a name"),
    ],
)
def test_a_first_file_that_would_not_pass_is_refused(
    umbilical: Command, arguments: tuple[str, str], problem: str
) -> None:
    done = umbilical("signatures", "new", *arguments)
    assert (2, "", 1) == (done.status, done.out, done.err.count("\n"))
    assert problem in done.err


def test_a_name_with_marks_of_yaml_passes_the_checks(umbilical: Command, tmp_path: Path) -> None:
    (tmp_path / "acme.yaml").write_text(umbilical("signatures", "new", "acme", 'A: "b"').out)
    assert umbilical("signatures", "check", str(tmp_path)).status == 0


def test_the_list_that_the_documentation_shows_passes_the_checks(umbilical: Command, tmp_path: Path) -> None:
    text = (bundled_folder() / "README.md").read_text()
    shown = re.findall(r"(?:^    .*\n)+", text, re.MULTILINE)
    (tmp_path / "acme.list").write_text(next(textwrap.dedent(one) for one in shown if "# vendor:" in one))
    done = umbilical("signatures", "check", "--local", str(tmp_path))
    assert (0, "") == (done.status, done.out)


def test_the_schema_goes_where_a_first_file_looks_for_it(umbilical: Command) -> None:
    text = (bundled_folder() / "README.md").read_text()
    first = umbilical("signatures", "new", "acme", "Acme").out.splitlines()[0]
    place = first.partition("$schema=")[2]
    assert f"umbilical schema signature > local-signatures/{place}" in text
