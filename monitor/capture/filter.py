"""Filters in the language of tcpdump, made into programs for the kernel by libpcap.

The kernel takes the outermost VLAN tag off a frame before a filter sees it: ``port 53`` matches frames of every VLAN,
and ``vlan 5`` works only where libpcap may open the interface itself and so knows that. Inner tags are bytes of the frame.
Devices without a common link-layer header give packets that begin with IP; ``ether`` and ``vlan`` are refused there.
"""

import shutil
import subprocess
from typing import Any

from monitor.capture.bpf import RETURN, Instruction, accept
from monitor.capture.interface import LINK_ETHERNET, LINK_RAW, Link

WHOLE_FRAME = 0x4_0000
"""More than any frame has."""
_SECONDS = 10
_ARPHRD_ETHER = 1  # linux/if_arp.h
_WORD_MASK = 0xFFFF_FFFF
"""scapy takes the operand for a signed number."""
_RAW_OF_LIBPCAP = 12
"""DLT_RAW of Linux, which files call LINKTYPE_RAW."""


def program_of(
    text: str, link: Link, interface: str | None = None, snap_length: int = 0
) -> list[Instruction]:
    """Compile a filter; an empty one takes everything. Raises ValueError with what libpcap has against it.

    With an interface, it is compiled for that very one if this process may open it.
    """
    length = snap_length or WHOLE_FRAME
    if not text.strip():
        return accept(length)
    compiled = _compiled(text, link, interface)
    return [_shortened(instruction, length) for instruction in compiled]


def check(text: str) -> None:
    """Raise ValueError with what libpcap has against a filter, for an interface like most."""
    program_of(text, Link(_ARPHRD_ETHER, LINK_ETHERNET, is_cooked=False, is_loopback=False))


def _shortened(instruction: Instruction, length: int) -> Instruction:
    takes = instruction.code == RETURN and instruction.operand > 0
    return instruction._replace(operand=length) if takes else instruction


def _compiled(text: str, link: Link, interface: str | None) -> list[Instruction]:
    if "\0" in text or "\n" in text:
        raise ValueError("the filter has more than one line")
    try:
        return _by_libpcap(text, link, interface)
    except ImportError:
        return _by_tcpdump(text, link)


def _by_libpcap(text: str, link: Link, interface: str | None) -> list[Instruction]:
    """Compile with the library, which scapy knows how to call; raises ImportError when it is not there."""
    from ctypes import byref  # noqa: PLC0415 - with a filter only, as scapy takes long to load

    try:
        from scapy.libs import winpcapy as pcap  # noqa: PLC0415 - as above
        from scapy.libs.structures import bpf_program  # noqa: PLC0415 - as above
    except OSError as error:
        raise ImportError(str(error)) from error
    handle = _handle(pcap, link, interface)
    made = bpf_program()
    try:
        if pcap.pcap_compile(handle, byref(made), text.encode(), 1, 0) != 0:
            raise _refused(text, pcap.pcap_geterr(handle).decode("utf-8", "replace"))
        lines = [made.bf_insns[number] for number in range(made.bf_len)]
        program = [Instruction(line.code, line.jt, line.jf, line.k & _WORD_MASK) for line in lines]
        pcap.pcap_freecode(byref(made))
        return program
    finally:
        pcap.pcap_close(handle)


def _handle(pcap: Any, link: Link, interface: str | None) -> Any:
    """Open what libpcap compiles for: the interface if that may be, else none but of its link type."""
    if interface is not None and link.link_type == LINK_ETHERNET:
        from ctypes import create_string_buffer  # noqa: PLC0415

        error = create_string_buffer(pcap.PCAP_ERRBUF_SIZE)
        live = pcap.pcap_open_live(interface.encode(), WHOLE_FRAME, 0, 0, error)
        if live:
            return live
    number = _RAW_OF_LIBPCAP if link.link_type == LINK_RAW else link.link_type
    return pcap.pcap_open_dead(number, WHOLE_FRAME)


def _by_tcpdump(text: str, link: Link) -> list[Instruction]:
    tool = shutil.which("tcpdump", path="/usr/bin:/usr/sbin:/usr/local/bin:/usr/local/sbin")
    if tool is None:
        raise ValueError("a filter needs libpcap: install libpcap0.8 or tcpdump, or leave the filter out")
    name = {LINK_RAW: "RAW", LINK_ETHERNET: "EN10MB"}.get(link.link_type, str(link.link_type))
    done = subprocess.run(  # noqa: S603 - our own arguments; the text follows the end of options
        [tool, "-ddd", "-y", name, "--", text],
        capture_output=True,
        text=True,
        check=False,
        timeout=_SECONDS,
    )
    if done.returncode:
        raise _refused(text, done.stderr.strip().splitlines()[-1].removeprefix("tcpdump: "))
    _, *lines = done.stdout.split("\n")
    return [Instruction(*map(int, line.split())) for line in lines if line]


def _refused(text: str, reason: str) -> ValueError:
    return ValueError(f"filter {text!r}: {reason}")
