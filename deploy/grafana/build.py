"""Writes ``dashboards/*.json``: the dashboards are code, so that they share one look and can be tested.

python deploy/grafana/build.py [--check]      needs grafana-foundation-sdk, which is among the development tools

Rule: the same code gives the same bytes; nothing here reads a clock or asks a Grafana.
"""

import argparse
import json
import sys
from pathlib import Path

from boards.device import device
from boards.fleet import fleet
from boards.sensor import sensor
from boards.site import site
from grafana_foundation_sdk.cog.encoder import JSONEncoder

FOLDER = Path(__file__).parent / "dashboards"


def main() -> int:
    """Write what differs; with ``--check`` only say so."""
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument(
        "--check", action="store_true", help="change nothing, end with 1 when a file differs"
    )
    check = arguments.parse_args().check
    stale = {
        path: text for path, text in texts().items() if not path.exists() or path.read_text("utf-8") != text
    }
    for path, text in stale.items():
        print(f"{path.name} {'differs' if check else 'written'}")
        if not check:
            path.write_text(text, "utf-8")
    return 1 if check and stale else 0


def texts() -> dict[Path, str]:
    """Return every dashboard's file with its text."""
    return {
        FOLDER / f"{board.uid}.json": json.dumps(board, cls=JSONEncoder, indent=2, sort_keys=True) + "\n"
        for board in (make() for make in (fleet, site, device, sensor))
    }


if __name__ == "__main__":
    sys.exit(main())
