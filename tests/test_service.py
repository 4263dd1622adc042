"""The unit and the installer, each asked of the program that reads it: systemd, the kernel's filter, a shell, shellcheck."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.kit.confined import needs_linux, told_by

DEPLOY = Path(__file__).parents[1] / "deploy"
UNIT = DEPLOY / "systemd" / "umbilical.service"
INSTALLER = DEPLOY / "install.sh"
WORST_EXPOSURE = 2.0
"""Of 10, as ``systemd-analyze security`` counts; the unit says what it cannot do without."""

needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")


class TestUnit:
    @needs_systemd
    def test_systemd_understands_every_line(self, tmp_path: Path) -> None:
        unit = tmp_path / UNIT.name
        unit.write_text(UNIT.read_text("utf-8").replace("/opt/umbilical/bin/umbilical", "/bin/true"))
        done = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False
        )
        assert (0, "") == (done.returncode, "\n".join(_about(unit.name, done.stderr)))

    @needs_systemd
    def test_it_exposes_little(self) -> None:
        command = ["systemd-analyze", "security", "--offline=yes", "--no-pager", str(UNIT)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", done.stdout)
        assert found, done.stderr
        assert float(found[1]) <= WORST_EXPOSURE

    def test_what_it_runs_are_commands_and_options_that_there_are(self) -> None:
        lines = re.findall(
            r"^Exec\w+=/opt/umbilical/bin/umbilical (.+)$", UNIT.read_text("utf-8"), re.MULTILINE
        )
        assert 3 == len(lines)
        for line in lines:
            command, *words = line.split()
            told = subprocess.run(
                [sys.executable, "-m", "monitor", command, "--help"],
                capture_output=True,
                text=True,
                check=True,
            ).stdout
            assert [word for word in words if word.startswith("-") and word not in told] == []

    @needs_systemd
    @needs_linux
    def test_its_filter_allows_what_a_sensor_does(self, tmp_path: Path) -> None:
        pytest.importorskip("pyseccomp", reason="needs pyseccomp, to set systemd's list")
        (tmp_path / "allowed").write_text("\n".join(sorted(_allowed(UNIT.read_text("utf-8")))))
        facts = told_by(
            """
import errno
import pyseccomp
limits = pyseccomp.SyscallFilter(pyseccomp.ERRNO(errno.EPERM))
for name in Path(sys.argv[1], "allowed").read_text().split():
    if pyseccomp.resolve_syscall(0, name) >= 0:
        limits.add_rule(pyseccomp.ALLOW, name)
limits.load()

from monitor.cli.privileges import drop_privileges
from monitor.pipeline.warm import warm_up
warm_up()
dropped = drop_privileges(None, [Path(sys.argv[1])])
thread = threading.Thread(target=lambda: Path(sys.argv[1], "new").write_text("x"))
thread.start()
thread.join()
with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
    heard = server.accept()[0].getsockname()[0]
child = os.fork()
if child == 0:
    os._exit(0)
tell(missing=dropped.missing, heard=heard, child=os.waitpid(child, 0)[1], kept=Path(sys.argv[1], "new").exists())
""",
            str(tmp_path),
        )
        assert {"missing": [], "heard": "127.0.0.1", "child": 0, "kept": True} == facts

    def test_the_installer_finds_the_program_that_it_names(self) -> None:
        assert "s#/opt/umbilical/bin/umbilical#" in INSTALLER.read_text("utf-8")


class TestInstaller:
    @pytest.mark.skipif(shutil.which("shellcheck") is None, reason="needs shellcheck")
    def test_it_is_plain_shell(self) -> None:
        done = subprocess.run(["shellcheck", str(INSTALLER)], capture_output=True, text=True, check=False)
        assert (0, "") == (done.returncode, done.stdout)

    def test_it_says_what_it_can_do(self) -> None:
        done = _install("--help")
        assert (0, "") == (done.returncode, done.stderr)
        known = set(re.findall(r"^  (?:-h, )?(--[a-z-]+)", done.stdout, re.MULTILINE))
        parsed = set(re.findall(r"^\s+(--[a-z |-]+)\)", INSTALLER.read_text("utf-8"), re.MULTILINE))
        assert {word for words in parsed for word in words.split(" | ")} - {"-h"} <= known

    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            (["--nonsense"], "unknown option"),
            (["--interface"], "needs a value"),
            (["--interface", "a b"], "not the name of an interface"),
            (["--interface", "sixteen-letters1"], "not the name of an interface"),
            (["--prefix", "relative"], "whole path"),
            (["--prefix", "/usr"], "not a folder of its own"),
            (["--prefix", "/opt/../etc"], "not a folder of its own"),
            (["--prefix", "/home/ann/umbilical"], "cannot read"),
            (["--purge"], "goes with --uninstall"),
            (["--source", "./nowhere"], "no such file or folder"),
            (["--python", "/bin/false"], "not Python 3.11"),
            (["--destdir", "/nonexistent/folder"], "no such folder"),
        ],
    )
    @needs_linux
    def test_it_refuses_before_anything_is_changed(
        self, tmp_path: Path, arguments: list[str], says: str
    ) -> None:
        done = _install("--destdir", str(tmp_path), *arguments)
        assert 2 == done.returncode
        assert says in done.stderr
        assert [] == list(tmp_path.iterdir())

    @needs_linux
    def test_a_dry_run_tells_everything_and_does_nothing(self, tmp_path: Path) -> None:
        done = _install("--destdir", str(tmp_path), "--dry-run", "--interface", "eth1", "--completion")
        assert (0, "") == (done.returncode, done.stderr)
        for path in (
            "/opt/umbilical",
            "/etc/umbilical/umbilical.toml",
            "/etc/systemd/system/umbilical.service",
        ):
            assert path in done.stdout
        assert [] == list(tmp_path.iterdir())

    @needs_linux
    def test_twice_is_as_good_as_once_and_what_was_written_by_hand_stays(
        self, tmp_path: Path, python: str
    ) -> None:
        root = tmp_path / "root"
        root.mkdir()
        arguments = ["--destdir", str(root), "--python", python, "--interface", "eth1", "--interface", "eth2"]
        done = _install(*arguments)
        assert (0, "") == (done.returncode, done.stderr)
        config = root / "etc/umbilical/umbilical.toml"
        assert ["eth1", "eth2"] == tomllib.loads(config.read_text())["sensor"]["interfaces"]
        assert "[sensor]" in (root / "etc/umbilical/umbilical.toml.example").read_text()
        assert UNIT.read_text() == (root / "etc/systemd/system/umbilical.service").read_text()
        assert Path("/opt/umbilical/bin/umbilical") == (root / "usr/local/bin/umbilical").readlink()
        config.write_text("# mine\n")
        assert 0 == _install(*arguments).returncode
        assert "# mine\n" == config.read_text()

    @needs_linux
    def test_what_it_put_there_it_takes_away_and_nothing_else(self, tmp_path: Path, python: str) -> None:
        root = tmp_path / "root"
        root.mkdir()
        _install("--destdir", str(root), "--python", python)
        (root / "var/lib/umbilical").mkdir(parents=True)
        assert 0 == _install("--destdir", str(root), "--uninstall").returncode
        assert not (root / "opt/umbilical").exists()
        assert not (root / "etc/systemd/system/umbilical.service").exists()
        assert (root / "etc/umbilical/umbilical.toml").exists()
        assert 0 == _install("--destdir", str(root), "--uninstall", "--purge").returncode
        assert [] == [path for path in root.rglob("*") if not path.is_dir()]
        assert not (root / "var/lib/umbilical").exists()

    @needs_linux
    def test_somebody_elses_folder_is_not_touched(self, tmp_path: Path, python: str) -> None:
        theirs = tmp_path / "opt" / "umbilical" / "theirs"
        theirs.parent.mkdir(parents=True)
        theirs.touch()
        done = _install("--destdir", str(tmp_path), "--python", python)
        assert (2, True) == (done.returncode, "did not put there" in done.stderr)
        assert 2 == _install("--destdir", str(tmp_path), "--uninstall").returncode
        assert theirs.exists()

    @pytest.fixture
    def python(self, tmp_path: Path) -> str:
        """Return a Python whose venvs install this checkout at once, without an index."""
        installed = tmp_path / "installed"
        installed.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m monitor "$@"\n')
        venv_python = tmp_path / "venv-python"
        venv_python.write_text(
            f'#!/bin/sh\ncase "$*" in *pip*) cp "{installed}" "$(dirname "$0")/umbilical" ;; esac\n'
        )
        python = tmp_path / "python"
        python.write_text(
            f"""#!/bin/sh
[ "$1 $2" = "-m venv" ] || exec "{sys.executable}" "$@"
for folder; do :; done
mkdir -p "$folder/bin" && cp "{venv_python}" "$folder/bin/python"
"""
        )
        for script in (installed, venv_python, python):
            script.chmod(0o755)
        return str(python)


def _install(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", str(INSTALLER), *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(DEPLOY.parent)},
    )


def _about(unit: str, told: str) -> list[str]:
    """Leave out what systemd says of other units of this machine."""
    return [line for line in told.splitlines() if unit in line]


def _allowed(unit: str) -> set[str]:
    """Return the system calls of ``SystemCallFilter=``, as systemd itself resolves its sets (systemd.exec(5))."""
    allowed = _members("@default")
    for line in re.findall(r"^SystemCallFilter=(.*)$", unit, re.MULTILINE):
        calls = {
            call
            for word in line.lstrip("~").split()
            for call in (_members(word) if word.startswith("@") else {word})
        }
        allowed = allowed - calls if line.startswith("~") else allowed | calls
    return allowed


def _members(name: str) -> set[str]:
    told = subprocess.run(
        ["systemd-analyze", "syscall-filter", "--no-pager", name], capture_output=True, text=True, check=True
    ).stdout
    words = [line.strip() for line in told.splitlines()[1:]]
    calls = {word for word in words if word and not word.startswith(("#", "@"))}
    return calls.union(*(_members(word) for word in words if word.startswith("@")))
