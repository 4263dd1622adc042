"""What the tests of commands share: the command itself, run here or in a process of its own, and small captures."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from monitor.cli.app import main
from tests.cli.command import Done
from tests.kit.captures import pcap
from tests.kit.dns_wire import query, record, response
from tests.kit.facts import T0
from tests.kit.frames import ethernet, ipv4, tcp_syn, udp

_DEVICE, _RESOLVER, _REMOTE = 0x0A00_0411, 0x0A00_0035, 0x2A78_2222
_NAME = "cloudota.quectel.com"


@pytest.fixture
def umbilical(capfd: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """Return the command, run in this process; its words are kept apart from ours."""

    def run(*arguments: str) -> Done:
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        told = capfd.readouterr()
        return Done(status=int(ended.value.code or 0), out=told.out, err=told.err)

    return run


@pytest.fixture
def umbilical_process() -> Callable[..., subprocess.Popen[str]]:
    """Return the command, started in a process of its own that takes Ctrl-C."""

    def start(*arguments: str, **changes: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", _START, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **changes},
            start_new_session=True,
        )

    return start


_START = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
    " from monitor.cli.app import main; main()"
)


@pytest.fixture
def contact(tmp_path: Path) -> Path:
    """Return a capture in which 10.0.4.17 looks a vendor's update service up and connects to it."""
    path = tmp_path / "contact.pcap"
    path.write_bytes(contact_pcap())
    return path


def contact_pcap(device: int = _DEVICE, resolver: int = _RESOLVER) -> bytes:
    """Return the bytes of that capture."""
    address = _REMOTE.to_bytes(4, "big")
    datagrams = (
        ipv4(device, resolver, 17, udp(40_000, 53, query(_NAME))),
        ipv4(resolver, device, 17, udp(53, 40_000, response(_NAME, record(1, address)))),
        ipv4(device, _REMOTE, 6, tcp_syn(50_000, 8100, 1)),
    )
    frames = (ethernet(T0 + place * 1_000_000, datagram) for place, datagram in enumerate(datagrams))
    return pcap((frame.ts_ns, frame.content) for frame in frames)
