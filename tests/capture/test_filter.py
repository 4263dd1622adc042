import builtins
import shutil
import subprocess
from typing import Any

import pytest

from monitor.capture.filter import WHOLE_FRAME, check, program_of
from monitor.capture.interface import Link
from tests.kit.bpf_machine import run
from tests.kit.encapsulations import ON_ETHERNET, ether, ipv4, udp

MODEM = Link(hardware_type=519, link_type=101, is_cooked=True, is_loopback=False)
PACKET = ipv4(b"\x0a\0\0\1", b"\x0a\0\0\2", 17, udp(1, 53, b"?"))
needs_tcpdump = pytest.mark.skipif(shutil.which("tcpdump") is None, reason="needs tcpdump")


def test_a_filter_is_checked_without_an_interface() -> None:
    check("")
    check("udp port 53 and not vlan 5")
    with pytest.raises(ValueError, match="foo bar baz"):
        check("foo bar baz")


@pytest.fixture
def without_library(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def importing(name: str, *rest: Any) -> Any:
        if name.startswith("scapy.libs"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", importing)


def test_no_filter_takes_everything() -> None:
    assert run(program_of("  ", ON_ETHERNET), b"") == WHOLE_FRAME
    assert run(program_of("", ON_ETHERNET, snap_length=96), b"") == 96


def test_a_filter_takes_what_it_says_up_to_the_snap_length() -> None:
    program = program_of("udp port 53", ON_ETHERNET, snap_length=96)
    assert run(program, ether(0x800, PACKET)) == 96
    assert run(program, ether(0x800, PACKET[:22] + b"\0\x50" + PACKET[24:])) == 0


def test_a_device_without_a_header_is_filtered_from_ip_on() -> None:
    assert run(program_of("udp port 53", MODEM), PACKET) == WHOLE_FRAME
    with pytest.raises(ValueError, match="filter 'ether src 1:2:3:4:5:6'"):
        program_of("ether src 1:2:3:4:5:6", MODEM)


def test_a_bad_filter_is_one_clear_line() -> None:
    with pytest.raises(ValueError, match=r"^filter 'prot 53': .*syntax error$"):
        program_of("prot 53", ON_ETHERNET)
    with pytest.raises(ValueError, match="more than one line"):
        program_of("udp\nport 53", ON_ETHERNET)


def test_an_interface_that_may_not_be_opened_is_done_without() -> None:
    assert run(program_of("udp port 53", ON_ETHERNET, "nowhere0"), ether(0x800, PACKET)) == WHOLE_FRAME


@needs_tcpdump
@pytest.mark.usefixtures("without_library")
@pytest.mark.parametrize(("link", "frame"), [(ON_ETHERNET, ether(0x800, PACKET)), (MODEM, PACKET)])
def test_tcpdump_stands_in_for_the_library(link: Link, frame: bytes) -> None:
    assert run(program_of("udp port 53", link), frame) == WHOLE_FRAME
    with pytest.raises(ValueError, match=r"^filter '-w x': .*syntax error$"):
        program_of("-w x", link)


@pytest.mark.usefixtures("without_library")
def test_without_either_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_args, **_kwargs: None)
    monkeypatch.setattr(subprocess, "run", None)
    with pytest.raises(ValueError, match=r"install libpcap0\.8 or tcpdump"):
        program_of("udp", ON_ETHERNET)
