"""The commands, by name; each lives in its own file and imports what it needs when it runs."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from io import TextIOWrapper
from typing import Annotated, Any

import typer

from monitor.cli import (
    check_config,
    demo,
    doctor,
    explain,
    flows,
    geoip,
    observations,
    replay,
    schema,
    signatures,
    watch,
)
from monitor.cli.failure import ExitStatus, fail, guarded_output
from monitor.cli.version import print_version

app = typer.Typer(
    name="umbilical",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help: rich would triple its start
    context_settings={"help_option_names": ["-h", "--help"]},
)
EXAMPLES = """\b
Examples:
  umbilical demo                      what the program is for, on one screen
  umbilical replay site.pcapng        which devices spoke to which module vendor
  umbilical replay --json site.pcap   one alert per line, for other programs
  umbilical watch eth1                the same on a mirror port, for months, with metrics
"""
_COMMANDS = (
    (demo.demo, demo.EXAMPLES, "a bundled case: what the program is for, on one screen"),
    (replay.replay, replay.EXAMPLES, "captures in, alerts and a summary out"),
    (watch.watch, watch.EXAMPLES, "the sensor: interfaces in, alerts and metrics out, for months"),
    (flows.flows, flows.EXAMPLES, "every flow, as JSON, CSV or Parquet"),
    (observations.observations, observations.EXAMPLES, "what was seen on the wire, as JSON"),
    (explain.explain, explain.EXAMPLES, "the story and the packets behind an alert"),
    (schema.schema, schema.EXAMPLES, "the JSON Schema of what goes in and out"),
    (doctor.doctor, doctor.EXAMPLES, "what is wrong with this host or this mirror port"),
    (
        check_config.check_config,
        check_config.EXAMPLES,
        "what a configuration means, and all that is wrong with it",
    ),
)
for _function, _examples, _in_short in _COMMANDS:
    app.command(epilog=_examples, short_help=_in_short)(_function)
app.add_typer(signatures.group, short_help="what is known of vendors: list, show, check, test, new")
app.add_typer(geoip.group, short_help="where an address is: lookup, info")


_ABOUT_ITSELF = {"-h", "--help", "--version"}
"""Options that print before a command could guard its output."""


def _version(asked: bool) -> None:
    if asked:
        print_version()
        raise typer.Exit


@app.callback(epilog=EXAMPLES)
def umbilical(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="version, signatures and credits"),
    ] = False,
) -> None:
    """Watch the cord between cellular modules and those who can update them.

    Reads captures and tells which devices spoke to which module vendor, for what, where in the world, and how much.
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit; wrong use is told in one line."""
    status: Any = ExitStatus.CLEAN
    _take_any_letter()
    given = sys.argv[1:] if arguments is None else arguments
    try:
        with nullcontext() if _ABOUT_ITSELF.isdisjoint(given) else _told_to_whoever_reads():
            status = app(given, prog_name="umbilical", standalone_mode=False)
    except KeyboardInterrupt:
        status = ExitStatus.INTERRUPTED
    except _WRONG_USE as error:
        _tell_wrong_use(error, given)
    sys.exit(status if isinstance(status, int) else ExitStatus.CLEAN)


def _take_any_letter() -> None:
    """Let letters that the terminal's encoding lacks be replaced; stderr escapes them already."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


@contextmanager
def _told_to_whoever_reads() -> Iterator[None]:
    """Guard what typer prints by itself; it ends with 1 when the reader has gone."""
    try:
        with guarded_output():
            yield
    except SystemExit as ended:
        if isinstance(ended.__context__, BrokenPipeError):
            sys.exit(ExitStatus.CLEAN)
        raise


def _tell_wrong_use(error: Any, given: Sequence[str]) -> None:
    context = error.ctx if hasattr(error, "ctx") else None
    message = error.format_message().replace("Value error, ", "").rstrip(".")
    if not message or type(error).__name__ == "NoArgsIsHelpError":
        with guarded_output():
            print(context.get_help() if context else message)
        sys.exit(ExitStatus.CLEAN)
    fail(f"{message} (see: {context.command_path if context else _command_of(given)} --help)")


def _command_of(given: Sequence[str]) -> str:
    """Return the command that was meant, for errors that do not say where they come from."""
    path: list[str] = ["umbilical"]
    command: Any = typer.main.get_command(app)
    for word in given:
        command = getattr(command, "commands", {}).get(word)
        if command is None:
            break
        path.append(word)
    return " ".join(path)


_WRONG_USE: type[Exception] = next(
    one for one in typer.BadParameter.__mro__ if one.__name__ == "ClickException"
)
"""What typer raises for wrong use; newer versions carry a click of their own, so it is found through its child."""
