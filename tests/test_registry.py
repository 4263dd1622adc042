"""Plug-ins are found by walking a folder."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from monitor.registry import discover

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "some_room"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "zebra.py").write_text("THING = 'z'")
    (folder / "ant.py").write_text("THING = 'a'")
    (folder / "_helper.py").write_text("raise RuntimeError('helpers are not plug-ins')")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield_folder = folder
    for name in [name for name in sys.modules if name.startswith("some_room")]:
        del sys.modules[name]
    return yield_folder


def test_plug_ins_come_sorted_and_helpers_are_skipped(room: Path) -> None:
    assert [("ant", "a"), ("zebra", "z")] == list(discover("some_room", "THING").items())


def test_a_plug_in_without_the_declared_name_fails_loudly(room: Path) -> None:
    (room / "mute.py").write_text("OTHER = 1")
    with pytest.raises(AttributeError, match="THING"):
        discover("some_room", "THING")
