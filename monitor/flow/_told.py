"""Rows that the kernels tell, as records: a flow's ends when it starts, its totals when it ends. Runs for every flow."""

from functools import lru_cache

from monitor.flow._layout import EVICTED, LEFT_OPEN, NOT_ENDED, REUSED, TOTALS_AT, TimeoutClass
from monitor.flow.state import conn_state
from monitor.model import address
from monitor.model.flow import ConnState, EndReason, Flow, FlowTotals

Row = list[int]
"""A row of TOLD or EVENT as Python numbers, in the order of the columns."""
_WORD = 0xFFFF_FFFF_FFFF_FFFF
_CLOSED = int(TimeoutClass.CLOSED)
_tuple = tuple.__new__
"""Makes a named tuple of all its values in half the time."""
_REMEMBERED_ADDRESSES = 1 << 16
_REMEMBERED_STATES = 1 << 12
_REASONS = {
    int(REUSED): EndReason.REUSED,
    int(EVICTED): EndReason.EVICTED,
    int(LEFT_OPEN): EndReason.CAPTURE_END,
    NOT_ENDED: EndReason.ACTIVE,
}


def flow_of(row: Row) -> Flow:
    """Return the ends of a flow and what names it."""
    (
        flow_id,
        start_ns,
        low_high,
        low_low,
        high_high,
        high_low,
        orig_port,
        resp_port,
        high_began,
        protocol,
        tunnel,
        tunnel_id,
        vlan,
        interface,
        orig_mac,
        resp_mac,
        internal,
    ) = row[:TOTALS_AT]
    orig_ip, resp_ip = _text(low_high, low_low), _text(high_high, high_low)
    if high_began:
        orig_ip, orig_port, resp_ip, resp_port = resp_ip, resp_port, orig_ip, orig_port
    return _tuple(
        Flow,
        (
            flow_id,
            start_ns,
            orig_ip,
            orig_port,
            resp_ip,
            resp_port,
            protocol,
            orig_mac,
            resp_mac,
            vlan,
            tunnel,
            tunnel_id,
            interface,
            internal == 1,
        ),
    )


def totals_of(protocol: int, row: Row, why: int) -> FlowTotals:
    """Return what a flow amounts to."""
    (
        end_ns,
        last_ordinal,
        orig_packets,
        resp_packets,
        orig_bytes,
        resp_bytes,
        orig_flags,
        resp_flags,
        duplicates,
        first_reset,
        last_class,
        told_orig_bytes,
        told_resp_bytes,
        _,
        _,
    ) = row[TOTALS_AT:]
    reason = _REASONS.get(why)
    if reason is None:
        reason = EndReason.CLOSED if last_class == _CLOSED else EndReason.TIMEOUT
    state = _state(protocol, orig_flags, resp_flags, orig_packets > 0, resp_packets > 0, first_reset)
    return _tuple(
        FlowTotals,
        (
            end_ns,
            orig_packets,
            resp_packets,
            orig_bytes,
            resp_bytes,
            duplicates,
            state,
            reason,
            last_ordinal,
            told_orig_bytes,
            told_resp_bytes,
        ),
    )


def absorbed_of(row: Row) -> tuple[int, int]:
    """Return by direction up to where the kernel kept payload to itself; 0 where it does not."""
    return row[-2], row[-1]


@lru_cache(maxsize=_REMEMBERED_ADDRESSES)
def _text(high: int, low: int) -> str:
    """Return the address of two signed words."""
    return address.text(high & _WORD, low & _WORD)


@lru_cache(maxsize=_REMEMBERED_STATES)
def _state(  # noqa: PLR0913, PLR0917 - what ``conn_state`` asks for, hashable
    protocol: int,
    orig_flags: int,
    resp_flags: int,
    orig_spoke: bool,  # noqa: FBT001
    resp_spoke: bool,  # noqa: FBT001
    first_reset: int,
) -> ConnState:
    return conn_state(
        protocol=protocol,
        orig_flags=orig_flags,
        resp_flags=resp_flags,
        orig_packets=orig_spoke,
        resp_packets=resp_spoke,
        first_reset=first_reset,
    )
