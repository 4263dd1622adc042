"""Checks what a fresh machine lacks before anything is installed, installs it with apt where it may, else says what to do.

Runs under the system's Python with nothing but the standard library.
"""

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec

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


def main(what: str) -> int:
    """Check for ``venv`` (what every target needs) or ``test`` (what the tests use besides)."""
    if sys.version_info < MINIMUM:
        this = ".".join(map(str, sys.version_info[:3]))
        print(f"umbilical needs Python {MINIMUM[0]}.{MINIMUM[1]} or later; this is {this}.", file=sys.stderr)
        print("Name another with: make PYTHON=python3.12 ...", file=sys.stderr)
        return 1
    missing = {}
    if what == "venv" and (find_spec("venv") is None or find_spec("ensurepip") is None):
        missing["Python's venv module"] = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
    if what == "test":
        missing |= {tool: package for tool, package in TEST_TOOLS.items() if not found(tool)}
    return install(missing) if missing else 0


def found(tool: str) -> bool:
    """Whether a program is there; an ordinary user's path often lacks the folders for administrators."""
    return shutil.which(tool, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin") is not None


def install(missing: dict[str, str]) -> int:
    """Install Debian packages; returns 0 when all are there."""
    names, packages = ", ".join(missing), list(missing.values())
    apt = shutil.which("apt-get")
    sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if apt is None or (sudo and shutil.which("sudo") is None):
        print(
            f"Missing: {names}. Install the package(s) {' '.join(packages)} and try again.", file=sys.stderr
        )
        return 1
    print(f"Installing {' '.join(packages)} with apt ...", flush=True)
    environment = ["env", "DEBIAN_FRONTEND=noninteractive"]
    subprocess.run([*sudo, apt, "update", "-qq"], check=False, stdout=subprocess.DEVNULL)
    done = subprocess.run(
        [*sudo, *environment, apt, "install", "-y", "-qq", "--no-install-recommends", *packages],
        check=False,
        stdout=subprocess.DEVNULL,
    )
    if done.returncode:
        command = f"apt-get install {' '.join(packages)}"
        print(f"Missing: {names}. As root: {command}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "venv"))
