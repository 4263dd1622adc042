"""Scripts of ``deploy/`` as modules: they are no package, and run by their path."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

DEPLOY = Path(__file__).parents[2] / "deploy"


def script(place: str) -> Any:
    """Return a script, by its path in ``deploy/``."""
    path = DEPLOY / place
    spec = importlib.util.spec_from_file_location(f"deploy_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
