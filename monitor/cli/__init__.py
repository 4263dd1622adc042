"""The command line: the only place that prints and exits. Heavy rooms are imported inside commands, so ``--help`` is quick."""

from monitor.cli.start import main

__all__ = ["main"]
