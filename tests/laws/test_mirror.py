"""Every module has its test file and every test file its module, at the same place under the same name.

``monitor/room/_part.py`` is tested by ``tests/room/test_part.py``. A package may be tested as a whole, by a file beside
its folder under the package's name (``tests/test_config.py``). A module that defines nothing that acts (no function, no
method) needs no test: there is nothing to run. Scripts in ``deploy/`` may have tests at the same places.
"""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
MONITOR, DEPLOY, TESTS = ROOT / "monitor", ROOT / "deploy", ROOT / "tests"
OWN_FOLDERS = {"laws", "kit"}
"""What holds for everything, and what tests share."""


def test_every_module_has_its_test_file() -> None:
    missing = [
        str(module.relative_to(ROOT))
        for module in sorted(MONITOR.rglob("*.py"))
        if acts(module) and not any(path.exists() for path in homes_of(module, MONITOR))
    ]
    assert missing == []


def test_every_test_file_of_a_room_has_its_module() -> None:
    known = {
        path for root in (MONITOR, DEPLOY) for module in root.rglob("*.py") for path in homes_of(module, root)
    }
    rooms = [folder for folder in TESTS.iterdir() if folder.is_dir() and folder.name not in OWN_FOLDERS]
    strays = [
        str(path.relative_to(ROOT))
        for room in rooms
        for path in sorted(room.rglob("test_*.py"))
        if path not in known
    ]
    assert strays == []


def test_every_folder_of_tests_belongs_to_a_room() -> None:
    folders = {
        path.name for path in TESTS.iterdir() if path.is_dir() and not path.name.startswith((".", "__"))
    }
    assert folders - OWN_FOLDERS <= {path.name for root in (MONITOR, DEPLOY) for path in root.iterdir()}


def homes_of(module: Path, root: Path) -> list[Path]:
    """Return where a module may be tested: its own file, or one for a package that it is in."""
    place = module.relative_to(root)
    own = TESTS / place.with_name(f"test_{place.stem.lstrip('_')}.py")
    packages = [
        TESTS / package.with_name(f"test_{package.name}.py") for package in place.parents if package.name
    ]
    return [own, *packages]


def acts(module: Path) -> bool:
    """Whether a module defines a function or a method with a body; a contract's methods have none."""
    tree = ast.parse(module.read_text("utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return any(not isinstance(line, ast.Expr) for function in functions for line in function.body)
