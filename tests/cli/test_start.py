import subprocess
import sys

import pytest

from monitor.cli.failure import ExitStatus
from monitor.cli.start import INTERRUPTED


def test_the_status_is_that_of_all_commands() -> None:
    assert ExitStatus.INTERRUPTED == INTERRUPTED


def test_nothing_is_imported_before_ctrl_c_is_quiet() -> None:
    code = "import sys; before = set(sys.modules); import monitor.cli; print(*set(sys.modules) - before)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert {"monitor", "monitor.cli", "monitor.cli.start"} == set(loaded.split())


@pytest.mark.parametrize("module", ["monitor.cli.app", "typer", "monitor.cli.demo"])
def test_ctrl_c_during_the_imports_is_quiet(module: str) -> None:
    code = (
        "import sys\nclass Press:\n def find_spec(self, name, path=None, target=None):\n"
        f"  if name == {module!r}: raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Press()); from monitor.cli import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (130, "", "") == (done.returncode, done.stdout, done.stderr)
