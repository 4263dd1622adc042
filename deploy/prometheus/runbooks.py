"""Says where the runbooks are, in every alert rule and every dashboard: ``runbooks.py https://wiki.example.org/umbilical``.

Nothing but the beginning of the addresses changes, and doing it twice does no harm.
"""

import re
import sys
from pathlib import Path

DEPLOY = Path(__file__).parents[1]
_IN_RULES = re.compile(r"runbook_url: (\S+)/(?=\w+\.md)")


def main(base: str) -> int:
    """Change the beginning; returns 2 when it is no address."""
    if not re.fullmatch(r"https?://[^\s\"'$\\]+", base):
        print(
            f"runbooks.py: {base!r} is not an address such as https://wiki.example.org/umbilical",
            file=sys.stderr,
        )
        return 2
    changed = rebase(DEPLOY, base.rstrip("/"))
    print(f"{len(changed)} file(s) changed; reload Prometheus and Grafana")
    return 0


def rebase(deploy: Path, base: str) -> list[Path]:
    """Write the new beginning; returns the files that changed."""
    rules = sorted((deploy / "prometheus/rules").glob("*.yml"))
    olds = {old for rule in rules for old in _IN_RULES.findall(rule.read_text("utf-8"))}
    return [
        path
        for path in [*rules, *sorted((deploy / "grafana/dashboards").glob("*.json"))]
        if _put(path, olds, base)
    ]


def _put(path: Path, olds: set[str], base: str) -> bool:
    text = path.read_text("utf-8")
    new = text
    for old in olds:
        new = new.replace(f"{old}/", f"{base}/")
    if new != text:
        path.write_text(new, "utf-8")
    return new != text


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(f"{(__doc__ or '').strip()}")
    sys.exit(main(sys.argv[1]))
