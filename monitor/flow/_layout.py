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
        ("touched_ns", np.int64),  # the clock at its last packet: what time-outs count from
        ("last_ordinal", np.int64),
        ("tunnel_id", np.int64),
        ("orig_mac", np.int64),
        ("resp_mac", np.int64),
        ("packets", np.int64, (2,)),  # by Direction
        ("bytes", np.int64, (2,)),
        ("base", np.int64, (2,)),  # sequence number of stream position 0; NOBODY before it is known
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
        ("flags", np.uint8, (2,)),  # TCP flags, OR
        ("hungry", np.uint8, (2,)),  # somebody wants payload of this direction
        ("recent_at", np.uint8, (2,)),
    ],
    align=True,
)

STARTED, PAYLOAD, ENDED = 1, 2, 3
TIMED_OUT, REUSED, EVICTED, LEFT_OPEN = 1, 2, 3, 4

EVENT = np.dtype(
    [
        ("kind", np.int64),
        ("direction", np.int64),
        ("row", np.int64),
        ("id", np.int64),
        ("ts_ns", np.int64),
        ("ordinal", np.int64),
        ("number", np.int64),
        ("offset", np.int64),
        ("captured", np.int64),
        ("wire", np.int64),
        ("position", np.int64),  # of the payload in its TCP stream
        ("pooled", np.int64),
        ("snapshot", np.int64),  # index of the copied flow row; STARTED and ENDED
        ("why", np.int64),  # ENDED: TIMED_OUT ...
    ]
)

STATE = np.dtype(
    [
        ("clock_ns", np.int64),
        ("next_due_ns", np.int64),  # nothing is due before
        ("events", np.int64),  # filled
        ("snapshots", np.int64),  # filled
        ("flows", np.int64),  # alive
        ("free", np.int64),  # first free row
        ("started", np.int64),  # counters from here
        ("evicted", np.int64),
        ("crowded", np.int64),
        ("duplicates", np.int64),
        ("packets", np.int64),
        ("head", np.int64, (CLASSES,)),
        ("tail", np.int64, (CLASSES,)),
    ]
)

LIMITS = np.dtype(
    [
        ("timeout_ns", np.int64, (CLASSES,)),
        ("duplicate_window_ns", np.int64),
        ("seed", np.uint64),
        ("workers", np.int64),
        ("worker", np.int64),
    ]
)
