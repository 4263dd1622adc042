"""Programs that some tests compare with and that a machine may lack: such a test is skipped, and says why."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

_MORE = f"{Path(sys.executable).parent}:/usr/sbin:/sbin"
"""Where programs are that an ordinary path lacks: those of this environment, and those for administrators."""


def program(name: str, package: str) -> str:
    """Return where a program is, or skip the test that asks."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:{_MORE}")
    if found is None:
        pytest.skip(f"{name} is not here: install {package}")
    return found


def run(*command: str | Path, patience_seconds: float = 300) -> tuple[int, str]:
    """Return the exit status of a program and all that it said."""
    told = subprocess.run(
        [str(word) for word in command],
        check=False,
        capture_output=True,
        text=True,
        timeout=patience_seconds,
        env=os.environ | {"LC_ALL": "C.UTF-8"},
    )
    return told.returncode, told.stdout + told.stderr
