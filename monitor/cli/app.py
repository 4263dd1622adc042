"""The commands, by name; each lives in its own file and imports what it needs when it runs."""

import sys
from typing import Annotated

import typer

from monitor import __version__
from monitor.cli import replay

app = typer.Typer(
    name="umbilical",
    help="Watches the cord between cellular modules and those who can update them.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("replay")(replay.replay)


def _version(*, asked: bool) -> None:
    if asked:
        print(f"umbilical {__version__}")
        raise typer.Exit


@app.callback()
def umbilical(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=lambda asked: _version(asked=asked), is_eager=True)
    ] = False,
) -> None:
    """Watches the cord between cellular modules and those who can update them."""


def main() -> None:
    """Run the command line."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
