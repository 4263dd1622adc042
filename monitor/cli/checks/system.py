"""Whether the kernel can do what the sensor asks of it, and what it cannot limit."""

import platform
import re
import sys
from collections.abc import Iterator

from monitor.cli.checks._subject import Remark, Subject, fault, note, ok
from monitor.cli.landlock import landlock_version

OLDEST = (4, 3)
"""PACKET_FANOUT by a program, which ``--workers`` asks for; TPACKET_V3 is older."""


def check(_: Subject) -> Iterator[Remark]:
    """Yield the kernel's version and the sandboxes there are."""
    if not sys.platform.startswith("linux"):
        yield note(f"{platform.system()}: capture goes through scapy, which is slower and counts no losses")
        return
    release = platform.release()
    numbers = tuple(int(number) for number in re.findall(r"\d+", release)[:2])
    yield (
        ok(f"Linux {release}")
        if numbers >= OLDEST
        else fault(f"Linux {release} is too old", "update to Linux 4.3 or later")
    )
    if not landlock_version():
        yield note(
            "Landlock is missing: write access is limited by file permissions only",
            "Linux 5.13, lsm=landlock,...",
        )
    if not _has_seccomp():
        yield note("no filter of system calls unless systemd sets one", "pip install 'umbilical[sandbox]'")


def _has_seccomp() -> bool:
    try:
        import pyseccomp  # noqa: F401 - whether it can be imported is the question
    except (ImportError, RuntimeError, OSError):
        return False
    return True


CHECK = check
