"""Whether this account may listen at all."""

import sys
from collections.abc import Iterator
from pathlib import Path

from monitor.cli.checks._subject import Remark, Subject, fault, ok
from monitor.cli.kernel_limits import capabilities

_CAP_NET_RAW = 1 << 13
"""capabilities(7)."""


def check(_: Subject) -> Iterator[Remark]:
    """Yield whether raw sockets are allowed."""
    if capabilities() & _CAP_NET_RAW:
        yield ok("may open packet sockets (CAP_NET_RAW)")
    else:
        python = Path(sys.executable).resolve()
        yield fault(
            "may not open packet sockets: CAP_NET_RAW is missing",
            f"run as root, or use the systemd unit, or: setcap cap_net_raw+ep {python}",
        )


CHECK = check
