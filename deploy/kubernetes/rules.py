"""Writes ``operator/rules.yaml``: the rules of ``deploy/prometheus`` as the Prometheus operator reads them.

python3 deploy/kubernetes/rules.py [--check]      nothing but the standard library; run it again when the rules change
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

DEPLOY = Path(__file__).parents[1]
TARGET = Path(__file__).parent / "operator/rules.yaml"
_HEAD = """\
# Made by deploy/kubernetes/rules.py out of deploy/prometheus/rules; change those.
apiVersion: v1
kind: List
items:
"""
_ITEM = """\
  - apiVersion: monitoring.coreos.com/v1
    kind: PrometheusRule
    metadata:
      name: umbilical-{name}
    spec:
"""


def main(arguments: Sequence[str]) -> int:
    """Write the file; with ``--check`` only say whether it is as it would be written."""
    parser = argparse.ArgumentParser(description="Write the rules as the Prometheus operator reads them.")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; 1 when the file is not as the rules are"
    )
    chosen = parser.parse_args(arguments)
    text = manifest()
    if chosen.check:
        is_same = TARGET.exists() and TARGET.read_text("utf-8") == text
        print(f"{TARGET.name} {'is' if is_same else 'is not'} as the rules are")
        return 0 if is_same else 1
    TARGET.write_text(text, "utf-8")
    print(f"{TARGET.name} written")
    return 0


def manifest() -> str:
    """Return the rules, each file as one resource; a file of rules is a ``spec`` as it stands."""
    items = [
        _ITEM.format(name=path.stem) + indented(path.read_text("utf-8"), 6)
        for path in sorted((DEPLOY / "prometheus/rules").glob("*.yml"))
    ]
    return _HEAD + "".join(items)


def indented(text: str, spaces: int) -> str:
    """Return a file further to the right, without the comment at its beginning."""
    body = text[text.index("groups:") :]
    return "".join(
        f"{' ' * spaces}{line}" if line.strip() else line for line in body.splitlines(keepends=True)
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
