import json
import re
import subprocess
import sys
from collections.abc import Callable
from typing import IO, cast

import pytest

from monitor import __version__
from monitor.cli.app import main
from tests.cli.command import Done

Command = Callable[..., Done]
COMMANDS = [
    (),
    ("demo",),
    ("replay",),
    ("watch",),
    ("flows",),
    ("observations",),
    ("explain",),
    ("signatures", "list"),
    ("signatures", "show"),
    ("signatures", "check"),
    ("signatures", "test"),
    ("signatures", "new"),
    ("geoip", "lookup"),
    ("geoip", "info"),
    ("schema",),
    ("check-config",),
    ("doctor",),
]
HEAVY = {
    "numba",
    "numpy",
    "scapy",
    "pyshark",
    "rich",
    "yaml",
    "pydantic",
    "monitor.pipeline",
    "monitor.catalog",
}


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_has_examples(umbilical: Command, command: tuple[str, ...]) -> None:
    done = umbilical(*command, "--help")
    assert (0, "") == (done.status, done.err)
    assert re.search(r"^ *Examples:\n +umbilical ", done.out, re.MULTILINE)
    assert max(map(len, done.out.splitlines())) <= 100


def test_help_lists_every_command(umbilical: Command) -> None:
    listed = umbilical("--help").out.partition("Commands:")[2]
    assert {command[0] for command in COMMANDS if command} == set(
        re.findall(r"^  ([\w-]+) ", listed, re.MULTILINE)
    )


def test_no_command_shows_the_help(umbilical: Command) -> None:
    done = umbilical()
    assert (0, umbilical("--help").out.split()) == (done.status, done.out.split())


def test_an_unknown_command_is_told_in_a_line(umbilical: Command) -> None:
    done = umbilical("nonsense")
    assert (
        Done(status=2, out="", err="umbilical: No such command 'nonsense' (see: umbilical --help)\n") == done
    )


def test_a_missing_argument_is_told_in_a_line(umbilical: Command) -> None:
    done = umbilical("replay")
    assert (2, "", 1) == (done.status, done.out, done.err.count("\n"))
    assert "umbilical replay --help" in done.err


def test_version_tells_signatures_and_credit(umbilical: Command) -> None:
    done = umbilical("--version")
    assert done.status == 0
    assert done.out.startswith(f"umbilical {__version__}\nsignatures: ")
    assert "IP Geolocation by DB-IP" in done.out


def test_importing_the_commands_imports_nothing_heavy() -> None:
    code = "import sys, monitor.cli.app; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert set() == HEAVY & set(loaded.split())


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
@pytest.mark.parametrize("command", [("demo",), ("demo", "--json"), ("explain", "--help")])
def test_letters_that_the_terminal_lacks_are_replaced(
    command: tuple[str, ...], encoding: str, umbilical_process: Callable[..., "subprocess.Popen[str]"]
) -> None:
    with umbilical_process(*command, PYTHONIOENCODING=encoding) as process:
        out, err = process.communicate()
    assert ("", 0) == (err, process.returncode)
    assert out
    if "--json" in command:
        assert all(json.loads(line)["device"] for line in out.splitlines())


@pytest.mark.parametrize("command", [(), ("--help",), ("--version",), ("replay", "-h")])
def test_help_whose_reader_has_gone_is_no_fault(
    command: tuple[str, ...], umbilical_process: Callable[..., "subprocess.Popen[str]"]
) -> None:
    with umbilical_process(*command) as process:
        cast("IO[str]", process.stdout).close()
        assert ("", 0) == (cast("IO[str]", process.stderr).read(), process.wait(60))


@pytest.mark.parametrize(
    ("given", "page"),
    [
        (["signatures", "list", "--vendor"], "umbilical signatures list --help"),
        (["flows", "--workers"], "umbilical flows --help"),
    ],
)
def test_an_option_without_its_value_points_to_the_page_of_its_command(
    given: list[str], page: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(given)
    assert ended.value.code == 2
    assert f"(see: {page})" in capsys.readouterr().err
