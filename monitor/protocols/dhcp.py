"""DHCP over UDP: DHCPv4 (RFC 2131) on ports 67 and 68, DHCPv6 (RFC 8415) on 546 and 547. One ``dhcp`` per message.

This file knows ports; what is in a message is read by ``_dhcp_v4`` and ``_dhcp_v6``.
"""

from collections.abc import Iterable
from typing import ClassVar

from monitor.model.flow import Direction, Flow
from monitor.model.observation import Seen
from monitor.model.packet import IpProtocol
from monitor.model.parser import FOREVER, Verdict
from monitor.protocols._dhcp_v4 import is_v4, read_v4
from monitor.protocols._dhcp_v6 import is_v6, read_v6

_V4_PORTS = frozenset({67, 68})
_V6_PORTS = frozenset({546, 547})


class DhcpParser:
    """Reads each message for itself; keeps nothing."""

    NAME: ClassVar[str] = "dhcp"
    PROTOCOL: ClassVar[frozenset[int]] = frozenset({IpProtocol.UDP})
    PORTS: ClassVar[frozenset[int]] = _V4_PORTS | _V6_PORTS
    ANY_PORT: ClassVar[bool] = False
    PATIENCE: ClassVar[int | None] = None
    YIELDS: ClassVar[frozenset[str]] = frozenset({"dhcp"})

    def __init__(self, flow: Flow, wanted: frozenset[str]) -> None:  # noqa: ARG002 - the contract's
        self._read = read_v6 if _is_v6_flow(flow) else read_v4

    @staticmethod
    def probe(payload: bytes, flow: Flow, direction: Direction) -> Verdict:  # noqa: ARG004 - the contract's
        is_mine = is_v6(payload) if _is_v6_flow(flow) else is_v4(payload)
        return Verdict.CERTAIN if is_mine else Verdict.NOT_MINE

    def feed(self, direction: Direction, payload: bytes) -> Iterable[Seen]:  # noqa: ARG002 - the contract's
        return (Seen("dhcp", self._read(payload)),)

    def gap(self, direction: Direction, missing: int) -> Iterable[Seen]:  # noqa: ARG002 - the contract's
        return ()

    def end(self, *, closed: bool = True) -> Iterable[Seen]:  # noqa: ARG002 - the contract's signature
        return ()

    def appetite(self, direction: Direction) -> int:  # noqa: ARG002 - the contract's
        return FOREVER


def _is_v6_flow(flow: Flow) -> bool:
    """The two ends of DHCPv4 are 67 and 68, of relays 67 and 67 (RFC 2131 section 4.1)."""
    return bool(_V6_PORTS & {flow.orig_port, flow.resp_port})


PARSER = DhcpParser
