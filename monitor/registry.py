"""Finds the plug-ins of a room by walking its folder: extension is one new file and no list to edit."""

import pkgutil
from importlib import import_module
from typing import Any


def discover(package: str, name: str) -> dict[str, Any]:
    """Return ``module name -> module.<name>`` of every public module of a package, sorted by module name.

    Modules that start with an underscore are helpers and skipped; a public module without the declared name is an
    error of ours and raises AttributeError.
    """
    root = import_module(package)
    modules = sorted(
        info.name for info in pkgutil.iter_modules(root.__path__) if not info.name.startswith("_")
    )
    return {module: getattr(import_module(f"{package}.{module}"), name) for module in modules}
