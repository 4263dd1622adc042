"""What an image installs first is what the program needs."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

from tests.kit.script import DEPLOY, script

if TYPE_CHECKING:
    import pytest

requirements = script("docker/requirements.py")


def test_dependencies_and_extras_are_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(DEPLOY.parent)
    assert requirements.main(["sandbox"]) == 0
    told = set(capsys.readouterr().out.splitlines())
    project = tomllib.loads((DEPLOY.parent / "pyproject.toml").read_text("utf-8"))["project"]
    assert told == {*project["dependencies"], *project["optional-dependencies"]["sandbox"]}


def test_unknown_extra_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(DEPLOY.parent)
    assert requirements.main(["sandbx"]) == 2
    assert "no such extra: sandbx" in capsys.readouterr().err
