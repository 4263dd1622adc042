"""The columns of the flow table and of its events; kernels and their Python side read the same names."""

from enum import IntEnum

import numpy as np


class TimeoutClass(IntEnum):
    """One list of flows in order of last use for each; the head of a list is its next due."""

    OPENING = 0
    ESTABLISHED = 1
    CLOSED = 2
    UDP = 3
    OTHER = 4


CLASSES = len(TimeoutClass)
NOBODY = -1
"""End of a list."""
RECENT = 4
"""Fingerprints remembered for each direction; a mirror delivers a copy within a few packets."""

FLOW = np.dtype(
    [
        ("low_high", np.uint64),  # the lower end of the key: address words, port
        ("low_low", np.uint64),
        ("high_high", np.uint64),
        ("high_low", np.uint64),
        ("key_id", np.int64),
        ("id", np.int64),  # ordinal of the first packet
        ("start_ns", np.int64),
        ("end_ns", np.int64),
        ("run", np.int64),  # the last run of the kernel that brought payload up
        ("touched_ns", np.int64),  # the clock at its last packet: what time-outs count from
        ("tell_ns", np.int64),  # a packet at this clock or later makes the flow be told of
        ("last_ordinal", np.int64),
        ("tunnel_id", np.int64),
        ("orig_mac", np.int64),
        ("resp_mac", np.int64),
        ("packets", np.int64, (2,)),  # by Direction
        ("bytes", np.int64, (2,)),
        ("told", np.int64, (2,)),  # bytes when it was last told of
        ("base", np.int64, (2,)),  # sequence number of stream position 0; NOBODY before it is known
        ("expected", np.int64, (2,)),  # while payload is absorbed: the position that comes next in order
        ("absorb", np.int64, (2,)),  # stream position before which payload in order is nobody's; 0 for none
        ("reached", np.int64, (2,)),  # highest stream position seen
        ("seen_ns", np.int64, (2,)),
        ("syn_sequence", np.int64),
        ("duplicates", np.int64),
        ("recent", np.uint32, (2 * RECENT,)),
        ("tag", np.uint32),  # hash; its low bits are the home slot
        ("low_port", np.int32),
        ("high_port", np.int32),
        ("interface", np.int32),
        ("vlan", np.int32),
        ("previous", np.int32),
        ("next", np.int32),
        ("protocol", np.uint8),
        ("tunnel", np.uint8),
        ("high_is_originator", np.uint8),
        ("first_reset", np.uint8),  # 1 originator, 2 responder
        ("timeout_class", np.uint8),
        ("internal", np.uint8),  # both ends are the site's own
        (
            "silent",
            np.uint8,
        ),  # counted and not told, see _kernel: nobody's business, or nothing came of it yet
        ("spoke", np.uint8),  # TCP payload was seen
        ("flags", np.uint8, (2,)),  # TCP flags, OR
        ("hungry", np.uint8, (2,)),  # SATED, HUNGRY or INSATIABLE for payload of this direction
        ("unread", np.uint8, (2,)),  # payload events of this direction in this run of the kernel
        ("recent_at", np.uint8, (2,)),
    ],
    align=True,
)

# What Python is told of a flow: whole numbers of one size, so that a row becomes a Python list in one step.
TOLD_ENDS = (
    "id",
    "start_ns",
    "low_high",  # address words, as signed numbers
    "low_low",
    "high_high",
    "high_low",
    "low_port",
    "high_port",
    "high_is_originator",
    "protocol",
    "tunnel",
    "tunnel_id",
    "vlan",
    "interface",
    "orig_mac",
    "resp_mac",
    "internal",
)
_TOTALS = (
    "end_ns",
    "last_ordinal",
    "orig_packets",
    "resp_packets",
    "orig_bytes",
    "resp_bytes",
    "orig_flags",
    "resp_flags",
    "duplicates",
    "first_reset",
    "timeout_class",
    "told_orig_bytes",
    "told_resp_bytes",
    "orig_absorbed",
    "resp_absorbed",
)
TOLD = np.dtype([(name, np.int64) for name in TOLD_ENDS + _TOTALS])
TOTALS_AT = len(TOLD_ENDS)

STARTED, PAYLOAD, ENDED, ACTIVE = 1, 2, 3, 4
SATED, HUNGRY, INSATIABLE = 0, 1, 2
# Typed numbers: numba would compile what takes a bare constant once for each of its values.
TIMED_OUT, REUSED, EVICTED, LEFT_OPEN = np.int64(1), np.int64(2), np.int64(3), np.int64(4)
NOT_ENDED = 0

# Every column costs when events become Python numbers, so those of payload serve the other kinds too.
EVENT = np.dtype(
    [
        ("kind", np.int64),
        ("direction", np.int64),
        ("id", np.int64),
        ("ts_ns", np.int64),
        ("ordinal", np.int64),
        ("number", np.int64),
        (
            "place",
            np.int64,
        ),  # PAYLOAD: offset in its buffer; STARTED, ENDED: index of the copied flow row; likewise ACTIVE
        ("captured", np.int64),  # PAYLOAD: bytes; STARTED, ENDED: the flow's row in the table
        ("wire", np.int64),  # PAYLOAD: bytes; ENDED: why
        ("position", np.int64),  # PAYLOAD: of the bytes in their TCP stream
        ("absorbed", np.int64),  # PAYLOAD: up to this position the stream was absorbed; 0 when it was not
        ("pooled", np.int64),  # PAYLOAD: the bytes lie in the fragment pool
    ]
)

STATE = np.dtype(
    [
        ("clock_ns", np.int64),
        ("next_due_ns", np.int64),  # nothing is due before
        ("events", np.int64),  # filled
        ("snapshots", np.int64),  # filled
        ("run", np.int64),  # how often the kernel was called
        ("flows", np.int64),  # alive
        ("free", np.int64),  # first row that was given back
        ("fresh", np.int64),  # first row never used; rows after it have not even touched memory
        ("started", np.int64),  # counters from here
        ("silent", np.int64),
        ("attempts", np.int64),
        ("evicted", np.int64),
        ("crowded", np.int64),
        ("duplicates", np.int64),
        ("packets", np.int64),
        ("head", np.int64, (CLASSES,)),
        ("tail", np.int64, (CLASSES,)),
    ]
)

NETWORK = np.dtype(
    [("high", np.uint64), ("low", np.uint64), ("high_mask", np.uint64), ("low_mask", np.uint64)]
)

LIMITS = np.dtype(
    [
        ("timeout_ns", np.int64, (CLASSES,)),
        ("duplicate_window_ns", np.int64),
        ("active_ns", np.int64),
        ("seed", np.uint64),
        ("workers", np.int64),
        ("worker", np.int64),
    ]
)
