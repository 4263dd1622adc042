"""The runbooks' address is changed in one step, everywhere, and back."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.kit.soc import DEPLOY

if TYPE_CHECKING:
    from pathlib import Path

DEFAULT = "http://localhost:9778"


def copy(folder: Path) -> Path:
    for part in ("prometheus/rules", "grafana/dashboards"):
        shutil.copytree(DEPLOY / part, folder / part)
    shutil.copy(DEPLOY / "prometheus/runbooks.py", folder / "prometheus")
    return folder


def rebase(folder: Path, base: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(folder / "prometheus/runbooks.py"), base]
    return subprocess.run(command, check=False, capture_output=True, text=True)


def texts(folder: Path) -> dict[str, str]:
    return {
        path.name: path.read_text("utf-8") for path in folder.rglob("*") if path.suffix in {".yml", ".json"}
    }


def test_every_link_gets_the_new_beginning_and_nothing_else_changes(tmp_path: Path) -> None:
    folder = copy(tmp_path)
    before = texts(folder)
    assert rebase(folder, "https://wiki.example.org/umbilical/").returncode == 0
    after = texts(folder)
    assert DEFAULT not in "".join(after.values())
    assert rebase(folder, DEFAULT).returncode == 0
    assert texts(folder) == before


def test_doing_it_twice_does_no_harm(tmp_path: Path) -> None:
    folder = copy(tmp_path)
    rebase(folder, "https://wiki.example.org/a")
    once = texts(folder)
    assert "0 file(s)" in rebase(folder, "https://wiki.example.org/a").stdout
    assert texts(folder) == once


def test_what_is_no_address_is_refused(tmp_path: Path) -> None:
    folder = copy(tmp_path)
    before = texts(folder)
    for wrong in ("wiki", "javascript:alert(1)", "https://a b", 'https://a"'):
        told = rebase(folder, wrong)
        assert told.returncode == 2
        assert "is not an address" in told.stderr
    assert texts(folder) == before
