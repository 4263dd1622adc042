"""Says how a flow went, in Zeek's words, from the TCP flags of both directions."""

from monitor.model.flow import ConnState
from monitor.model.packet import IpProtocol

_FIN, _SYN, _RST = 0x01, 0x02, 0x04


def conn_state(  # noqa: PLR0913 - keyword-only, six columns of one row
    *, protocol: int, orig_flags: int, resp_flags: int, orig_packets: int, resp_packets: int, first_reset: int
) -> ConnState:
    """Return Zeek's ``conn_state``; ``first_reset`` is 1 when the originator reset first, 2 when the responder did."""
    if protocol == IpProtocol.TCP:
        return _tcp(orig_flags, resp_flags, resp_packets, first_reset)
    if protocol in {IpProtocol.ICMP, IpProtocol.ICMP6}:
        return ConnState.OTH
    if orig_packets and resp_packets:
        return ConnState.SF
    return ConnState.S0 if orig_packets else ConnState.SHR


def _tcp(orig: int, resp: int, resp_packets: int, first_reset: int) -> ConnState:
    if orig & _SYN and resp & _SYN:
        return _established(orig, resp, first_reset)
    if orig & _SYN:
        return _unanswered(orig, resp, resp_packets)
    if resp & _SYN:
        if resp & _RST:
            return ConnState.RSTRH
        return ConnState.SHR if resp & _FIN else ConnState.OTH
    return ConnState.OTH


def _established(orig: int, resp: int, first_reset: int) -> ConnState:
    if orig & _FIN and resp & _FIN:
        return ConnState.SF
    if first_reset:
        return ConnState.RSTO if first_reset == 1 else ConnState.RSTR
    if orig & _FIN:
        return ConnState.S2
    return ConnState.S3 if resp & _FIN else ConnState.S1


def _unanswered(orig: int, resp: int, resp_packets: int) -> ConnState:
    if resp & _RST:
        return ConnState.REJ
    if orig & _RST:
        return ConnState.RSTOS0
    if orig & _FIN:
        return ConnState.SH
    return ConnState.OTH if resp_packets else ConnState.S0
