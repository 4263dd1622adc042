from collections.abc import Callable
from pathlib import Path

import pytest

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
