"""NTP and SNTP over UDP (RFC 5905): mode, stratum and version of each packet. The times in it are not read."""

from collections.abc import Iterable
from typing import ClassVar

from monitor.model.errors import Malformed
from monitor.model.flow import Direction, Flow
from monitor.model.observation import Seen
from monitor.model.packet import IpProtocol
from monitor.model.parser import FOREVER, Verdict

HEADER_BYTES = 48
"""RFC 5905 section 7.3, without extension fields and authenticator."""
CONTROL_HEADER_BYTES = 12
"""Mode 6 (RFC 9327 section 2)."""
PRIVATE_HEADER_BYTES = 8
"""Mode 7, ntpdc's requests and their answers; in no RFC."""
MAX_STRATUM = 16
"""16 is unsynchronized; what is above is reserved (RFC 5905 figure 11)."""

_CONTROL = 6
_PRIVATE = 7
_VERSIONS = frozenset({1, 2, 3, 4})
_WORD_BYTES = 4
"""Header, extension fields and every authenticator fill whole words (RFC 5905 section 7.3, RFC 7822 section 3)."""
_MIN_BYTES = dict.fromkeys(range(1, 6), HEADER_BYTES) | {
    _CONTROL: CONTROL_HEADER_BYTES,
    _PRIVATE: PRIVATE_HEADER_BYTES,
}
"""Shortest packet of each mode; mode 0 is reserved."""


class NtpParser:
    """Reads each packet for itself; keeps nothing."""

    NAME: ClassVar[str] = "ntp"
    PROTOCOL: ClassVar[frozenset[int]] = frozenset({IpProtocol.UDP})
    PORTS: ClassVar[frozenset[int]] = frozenset({123})
    ANY_PORT: ClassVar[bool] = False
    PATIENCE: ClassVar[int | None] = 4
    YIELDS: ClassVar[frozenset[str]] = frozenset({"ntp"})

    def __init__(self, flow: Flow, wanted: frozenset[str]) -> None:
        pass

    @staticmethod
    def probe(payload: bytes, flow: Flow, direction: Direction) -> Verdict:  # noqa: ARG004 - the contract's
        if not _is_packet(payload):
            return Verdict.NOT_MINE
        if payload[0] & 7 >= _CONTROL:
            return Verdict.CERTAIN
        if payload[1] > MAX_STRATUM:
            return Verdict.NOT_MINE
        return Verdict.UNSURE if len(payload) % _WORD_BYTES else Verdict.CERTAIN

    def feed(self, direction: Direction, payload: bytes) -> Iterable[Seen]:  # noqa: ARG002 - the contract's
        if not _is_packet(payload):
            raise Malformed("NTP version, mode or length is none of NTP's")
        mode = payload[0] & 7
        if mode >= _CONTROL:
            return (Seen("ntp", {"ntp.mode": mode}),)
        version = payload[0] >> 3 & 7
        return (Seen("ntp", {"ntp.mode": mode, "ntp.stratum": payload[1], "ntp.version": version}),)

    def gap(self, direction: Direction, missing: int) -> Iterable[Seen]:  # noqa: ARG002 - the contract's
        return ()

    def end(self, *, closed: bool = True) -> Iterable[Seen]:  # noqa: ARG002 - the contract's signature
        return ()

    def appetite(self, direction: Direction) -> int:  # noqa: ARG002 - the contract's
        return FOREVER


def _is_packet(payload: bytes) -> bool:
    """Whether version and mode exist, and the header of that mode fits."""
    if not payload or payload[0] >> 3 & 7 not in _VERSIONS:
        return False
    shortest = _MIN_BYTES.get(payload[0] & 7)
    return shortest is not None and len(payload) >= shortest


PARSER = NtpParser
