"""A folder has one holder."""

import os
from pathlib import Path

import pytest

from monitor.cli.claim import Claim


def test_the_second_is_refused_and_told_what_to_do(tmp_path: Path) -> None:
    first = Claim(tmp_path)
    with pytest.raises(ValueError, match=r"another umbilical .*--state"):
        Claim(tmp_path)
    first.close()


def test_a_folder_that_was_given_free_can_be_had(tmp_path: Path) -> None:
    Claim(tmp_path).close()
    Claim(tmp_path).close()


def test_nothing_is_left_in_the_folder(tmp_path: Path) -> None:
    Claim(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_child_that_forgets_leaves_the_folder_to_its_parent(tmp_path: Path) -> None:
    claim = Claim(tmp_path)
    child = os.fork()
    if child == 0:
        claim.close()
        os._exit(0)
    os.waitpid(child, 0)
    with pytest.raises(ValueError, match="another"):
        Claim(tmp_path)
    claim.close()
    Claim(tmp_path).close()


def test_a_folder_that_is_not_there_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Claim(tmp_path / "none")
