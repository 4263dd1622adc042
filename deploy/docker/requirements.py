"""Prints what the program needs, with the named extras, one per line: an image installs it before the program itself.

python3 requirements.py [EXTRA...]      beside pyproject.toml, with nothing but the standard library
"""

import sys
import tomllib
from pathlib import Path

OWN = "umbilical["


def main(extras: list[str]) -> int:
    """Print them; returns 2 for an extra that there is not."""
    project = tomllib.loads(Path("pyproject.toml").read_text("utf-8"))["project"]
    optional = project["optional-dependencies"]
    unknown = [extra for extra in extras if extra not in optional]
    if unknown:
        print(f"requirements.py: no such extra: {', '.join(unknown)}", file=sys.stderr)
        return 2
    wanted = [*project["dependencies"], *(one for extra in extras for one in optional[extra])]
    print("\n".join(one for one in wanted if not one.startswith(OWN)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
