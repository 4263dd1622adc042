"""Checks what a fresh machine lacks before anything is installed, installs it with apt where it may, else says what to do.

Runs under the system's Python with nothing but the standard library. What the tests compare with are programs, but their
packages bring services too: none of these is started here, and a package that this host does not know costs only itself.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from importlib import invalidate_caches
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MINIMUM = (3, 11)
TEST_TOOLS = {
    "ip": "iproute2",
    "tcpdump": "tcpdump",
    "tshark": "tshark",
    "named-checkzone": "bind9-utils",
    "dnsmasq": "dnsmasq-base",
    "nft": "nftables",
    "mosquitto": "mosquitto",
    "prometheus-alertmanager": "prometheus-alertmanager",
    "rsyslogd": "rsyslog",
    "promtool": "prometheus",
    "chromium": "chromium",
    "shellcheck": "shellcheck",
    "systemd-analyze": "systemd",
}
"""What the tests compare with, and the Debian package that has it."""
POLICY = Path("/usr/sbin/policy-rc.d")
"""Debian's ``invoke-rc.d`` and ``deb-systemd-invoke`` ask it before they start a service; 101 means no."""
MARK = "made by Umbilical's deploy/preflight.py while it installs packages; it may be removed"
_WRITE_POLICY = """set -C; printf '#!/bin/sh\\n# %s\\nexit 101\\n' "$2" > "$1" && chmod 755 "$1\""""
_APT_OPTIONS = ("-y", "-qq", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=60")


def main(what: str) -> int:
    """Check for ``venv`` (what every target needs) or ``test`` (what the tests use besides; without it some are skipped)."""
    if sys.version_info < MINIMUM:
        this = ".".join(map(str, sys.version_info[:3]))
        print(f"umbilical needs Python {MINIMUM[0]}.{MINIMUM[1]} or later; this is {this}.", file=sys.stderr)
        print("Name another with: make PYTHON=python3.12 ...", file=sys.stderr)
        return 1
    missing = missing_for(what)
    if missing:
        install(sorted(set(missing.values())))
        missing = missing_for(what)
    if missing:
        print(told(missing, is_needed=what == "venv"), file=sys.stderr)
    return 1 if missing and what == "venv" else 0


def missing_for(what: str) -> dict[str, str]:
    """Return what is not here, and the Debian package that has it."""
    invalidate_caches()
    if what == "test":
        return {tool: package for tool, package in TEST_TOOLS.items() if not found(tool)}
    if find_spec("venv") is None or find_spec("ensurepip") is None:
        return {"Python's venv module": f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"}
    return {}


def found(tool: str) -> bool:
    """Whether a program is there; an ordinary user's path often lacks the folders for administrators."""
    return shutil.which(tool, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin") is not None


def told(missing: dict[str, str], *, is_needed: bool) -> str:
    """Return exactly what is missing, and how it could come."""
    lines = [f"  {name} (Debian package {package})" for name, package in missing.items()]
    end = "Install it and try again." if is_needed else "The tests that need it are skipped, and say so."
    return "\n".join(("Missing:", *lines, end))


def install(packages: Sequence[str]) -> None:
    """Install Debian packages as far as this host knows them and we may; what is missing then is asked afterwards."""
    root = as_root() if shutil.which("apt-get") else None
    if root is None:
        return
    with ending_in_order(), no_service_starts(root, POLICY) as is_held:
        if not is_held:
            print(
                f"Nothing is installed: services might start, for {POLICY} cannot be written.",
                file=sys.stderr,
            )
            return
        apt(root, "update", "-qq")
        known = [package for package in packages if is_on_offer(policy_of(package))]
        if not known:
            return
        print(f"Installing {' '.join(known)} with apt ...", flush=True)
        if not apt(root, "install", *_APT_OPTIONS, *known):
            for package in known:  # one that cannot be installed shall not cost the others
                apt(root, "install", *_APT_OPTIONS, package)
    print(
        "Services that came with them may start at the next boot; to keep one from it: systemctl disable NAME"
    )


def as_root() -> list[str] | None:
    """Return what goes before a command for root; None when we are not and may not."""
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo is None or subprocess.run([sudo, "-n", "true"], check=False, capture_output=True).returncode:
        return None
    return [sudo, "-n"]


@contextmanager
def no_service_starts(root: list[str], policy: Path) -> Iterator[bool]:
    """Let no package start its service meanwhile; False when that cannot be. A policy of somebody else's stays as it is."""
    is_ours = not os.path.lexists(policy) or is_left_behind(policy)
    if not is_ours:
        yield True
        return
    try:
        if os.path.lexists(policy):
            subprocess.run([*root, "rm", "-f", str(policy)], check=False)
        command = [*root, "sh", "-c", _WRITE_POLICY, "sh", str(policy), MARK]
        yield subprocess.run(command, check=False, stderr=subprocess.DEVNULL).returncode == 0
    finally:
        if is_left_behind(policy):
            subprocess.run([*root, "rm", "-f", str(policy)], check=False)


def is_left_behind(policy: Path) -> bool:
    """Whether a policy is one of ours."""
    try:
        return MARK in policy.read_text("utf-8", "replace")
    except OSError:
        return False


@contextmanager
def ending_in_order() -> Iterator[None]:
    """Turn signals that end us into an exception, so that what was changed is put back."""
    before = {number: signal.signal(number, _end) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end(number: int, _: object) -> None:
    sys.exit(128 + number)


def apt(root: list[str], *words: str) -> bool:
    """Run apt-get without questions; whether it went well."""
    command = [*root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", *words]
    return subprocess.run(command, check=False, stdout=subprocess.DEVNULL).returncode == 0


def policy_of(package: str) -> str:
    """Return what apt knows of a package."""
    command = ["env", "LC_ALL=C", "apt-cache", "policy", package]
    return subprocess.run(command, check=False, capture_output=True, text=True).stdout


def is_on_offer(policy: str) -> bool:
    """Whether there is a version to install; one that only leads to a snap is none."""
    candidates = [line.split()[1] for line in policy.splitlines() if line.strip().startswith("Candidate: ")]
    return any(version != "(none)" and "snap" not in version for version in candidates)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "venv"))
