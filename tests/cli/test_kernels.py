import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from monitor.cli import kernels
from monitor.cli.kernels import keep_kernels

SLOW_COMPILATION = """
import time
from monitor.cli import kernels
kernels.ANNOUNCED_AFTER_SECONDS = 0.01
with kernels.announced_compilation(hidden={hidden}):
    from numba.core import event
    class Kept: _cache = object()
    class Made:
        from numba.core.caching import NullCache
        _cache = NullCache()
    for _ in range(2):
        with event.trigger_event("numba:compile", data={{"dispatcher": {dispatcher}}}):
            time.sleep(0.2)
"""


@pytest.fixture(autouse=True)
def _no_choice_of_the_operator(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    # setenv makes monkeypatch remove what the code under test sets
    monkeypatch.setenv("NUMBA_CACHE_DIR", "")
    del os.environ["NUMBA_CACHE_DIR"]


@pytest.fixture
def _read_only_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "_is_writable", lambda _: False)


def chosen() -> Path | None:
    keep_kernels()
    name = os.environ.get("NUMBA_CACHE_DIR")
    return None if name is None else Path(name)


def test_every_room_that_keeps_kernels_is_looked_at() -> None:
    package = Path(kernels.__file__).parents[1]
    makers = [
        path.relative_to(package).parts[0]
        for path in package.glob("*/**/*.py")
        if re.search(
            r"^from monitor.* import .*\b[kK]ernel\b", path.read_text(encoding="utf-8"), re.MULTILINE
        )
    ]
    assert set(makers) == set(kernels._ROOMS_WITH_KERNELS)


def test_a_package_that_can_be_written_keeps_its_own() -> None:
    assert chosen() is None


@pytest.mark.usefixtures("_read_only_package")
def test_a_choice_of_the_operator_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", "/chosen")
    assert Path("/chosen") == chosen()


@pytest.mark.usefixtures("_read_only_package")
@pytest.mark.parametrize(
    ("variable", "folder"), [("XDG_CACHE_HOME", ""), ("HOME", ".cache")], ids=["xdg", "home"]
)
def test_a_read_only_package_uses_the_users_cache(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str, folder: str
) -> None:
    monkeypatch.setenv(variable, str(tmp_path))
    assert tmp_path / folder / "umbilical" / "kernels" == chosen()


@pytest.mark.usefixtures("_read_only_package")
def test_without_a_home_it_is_a_folder_that_only_we_can_write(tmp_path: Path) -> None:
    folder = chosen()
    assert tmp_path / f"umbilical-{os.getuid()}" == folder
    assert folder is not None
    assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.usefixtures("_read_only_package")
def test_a_folder_that_others_can_write_is_not_trusted(tmp_path: Path) -> None:
    planted = tmp_path / f"umbilical-{os.getuid()}"
    planted.mkdir()
    planted.chmod(0o777)
    folder = chosen()
    assert folder is not None
    assert planted != folder


@pytest.mark.usefixtures("_read_only_package")
def test_a_link_is_not_trusted(tmp_path: Path) -> None:
    planted = tmp_path / f"umbilical-{os.getuid()}"
    planted.symlink_to("/")
    folder = chosen()
    assert folder is not None
    assert planted != folder


@pytest.mark.parametrize(
    ("dispatcher", "hidden", "times"), [("Kept", False, 1), ("Made", False, 0), ("Kept", True, 0)]
)
def test_a_compilation_that_is_kept_is_announced_once(*, dispatcher: str, hidden: bool, times: int) -> None:
    code = SLOW_COMPILATION.format(dispatcher=dispatcher, hidden=hidden)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert times == done.stderr.count("Compiling")


def test_what_is_compiled_without_a_folder_is_used_and_not_kept(tmp_path: Path) -> None:
    code = f"""
import os
os.environ["NUMBA_CACHE_DIR"] = "{tmp_path}/kernels"
from pathlib import Path
import shutil
from monitor.cli.kernels import keep_no_more
Path("{tmp_path}/made.py").write_text("import numba\\n@numba.njit(cache=True)\\ndef one(): return 1\\n")
import sys
sys.path.insert(0, "{tmp_path}")
from made import one
shutil.rmtree("{tmp_path}/kernels")
keep_no_more()
print(one(), Path("{tmp_path}/kernels").exists())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ("1 False\n", "") == (done.stdout, done.stderr)


def test_without_numba_there_is_nothing_to_keep() -> None:
    code = "import sys; from monitor.cli.kernels import keep_no_more; keep_no_more(); print('numba' in sys.modules)"
    assert (
        "False\n"
        == subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    )
