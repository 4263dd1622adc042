"""Where the program begins: Ctrl-C is quiet from here on, so what is imported before is next to nothing."""

import sys

INTERRUPTED = 130
"""``failure.ExitStatus.INTERRUPTED``, before that is imported."""


def main() -> None:
    """Run the command line and exit."""
    try:
        from monitor.cli import app

        app.main()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
