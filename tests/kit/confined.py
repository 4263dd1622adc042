"""Code in a process of its own, for what a process can do only once: give its rights away."""

import json
import os
import subprocess
import sys
import textwrap
from typing import Any

import pytest

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to have rights to give away")
needs_linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs Linux")

_PRELUDE = """
import json, os, socket, sys, threading
from pathlib import Path

def refusal(act):
    try:
        act()
    except BaseException as error:
        return type(error).__name__
    return None

def tell(**facts):
    print(json.dumps(facts))
"""


def told_by(code: str, *arguments: str, **changes: str) -> dict[str, Any]:
    """Run code that calls ``tell`` once; ``refusal(act)`` is the name of the exception, None when the act succeeded."""
    done = subprocess.run(
        [sys.executable, "-c", _PRELUDE + textwrap.dedent(code), *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1", **changes},
    )
    assert done.returncode == 0, done.stderr
    facts: dict[str, Any] = json.loads(done.stdout)
    return facts
