"""The walk over the blocks of a TPACKET_V3 ring (linux/if_packet.h): frames out of what the kernel has handed over.

Headers come from the kernel, yet each number of them is checked against its block before it is used. The tag of a VLAN,
which the kernel takes out of the frame, is put back: the MAC addresses move four bytes into the headroom, so that what
is decoded is what was on the wire.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitor.capture.walk import Bytes, Number, Row, Rows
from monitor.compiling import kernel, part

Numbers = NDArray[np.unsignedinteger[Any]]

BLOCK_HEADER_BYTES = 48
"""struct tpacket_block_desc."""
STATUS_WORD, COUNT_WORD, FIRST_WORD = 2, 3, 4
"""Places of 32-bit words in it: who owns the block, how many frames, where the first one is."""
TO_USER = 1
FRAME_HEADER_BYTES = 68
"""struct tpacket3_hdr, 48 bytes, and struct sockaddr_ll behind it."""
OUTGOING = 4
"""PACKET_OUTGOING in sll_pkttype."""
VLAN_TAG_BYTES = 4
_PACKET_TYPE = 58
_MAC_BYTES = 12
_VLAN_VALID = 0x10
_VLAN_TYPE_VALID = 0x40
_TYPE_VLAN = 0x8100
_ALIGNMENT = 7
_SECOND_NS = 1_000_000_000

RING_WALK = np.dtype(
    [
        ("base", np.int64),  # of the ring in the buffer
        ("block_bytes", np.int64),
        ("blocks", np.int64),
        ("most_blocks", np.int64),  # held at once
        ("interface", np.int64),
        ("link_type", np.int64),
        ("has_macs", np.int64),  # 1: frames begin with an Ethernet header
        ("skips_outgoing", np.int64),  # 1: frames are seen twice, and these are the second ones
        ("block", np.int64),  # that is read now
        ("place", np.int64),  # of the next frame in the buffer
        ("left", np.int64),  # frames of the block that are not read yet
        ("is_open", np.int64),  # 1: the block has been begun
        ("held", np.int64),  # blocks read to their end and not given back
        ("number", np.int64),  # of the last frame on its interface
        ("newest_ns", np.int64),
        ("wire_bytes", np.int64),  # in all
        ("duplicates", np.int64),  # in all
        ("unreadable", np.int64),  # in all
    ],
    align=True,
)


@kernel
def walk_ring(buffer: Bytes, halves: Numbers, words: Numbers, states: Rows, frames: Rows) -> int:  # noqa: C901, PLR0915 - one flat walk
    """Fill frames until there are no more rows, or no block to read; return how many.

    ``halves`` and ``words`` are the same bytes as ``buffer``.
    """
    state: Row = states[0]
    rows = 0
    while rows < frames.shape[0]:
        block = state.base + state.block * state.block_bytes
        if state.left == 0:
            if state.is_open != 0:
                state.is_open = 0
                state.held += 1
                state.block = (state.block + 1) % state.blocks
                continue
            if state.held >= state.most_blocks:
                break
            word: Number = block >> 2
            if np.int64(words[word + STATUS_WORD]) & TO_USER == 0:
                break
            state.is_open = 1
            state.left = np.int64(words[word + COUNT_WORD])
            state.place = block + np.int64(words[word + FIRST_WORD])
            continue
        end = block + state.block_bytes
        place = state.place
        if place & _ALIGNMENT or place < block + BLOCK_HEADER_BYTES or place + FRAME_HEADER_BYTES > end:
            state.unreadable += state.left
            state.left = 0
            continue
        word = place >> 2
        next_offset = np.int64(words[word])
        captured = np.int64(words[word + 3])
        wire = np.int64(words[word + 4])
        status = np.int64(words[word + 5])
        to_frame = np.int64(halves[(place >> 1) + 12])
        if to_frame < FRAME_HEADER_BYTES or place + to_frame + captured > end:
            state.unreadable += state.left
            state.left = 0
            continue
        state.left -= 1
        if state.left > 0 and next_offset < FRAME_HEADER_BYTES:
            state.unreadable += state.left
            state.left = 0
        state.place = place + next_offset
        if state.skips_outgoing != 0 and buffer[place + _PACKET_TYPE] == OUTGOING:
            state.duplicates += 1
            continue
        offset = place + to_frame
        if status & _VLAN_VALID and state.has_macs != 0 and captured >= _MAC_BYTES:
            if to_frame >= FRAME_HEADER_BYTES + VLAN_TAG_BYTES:
                tag: Number = np.int64(words[word + 8]) & 0xFFFF
                kind: Number = (
                    np.int64(halves[(place >> 1) + 18]) if status & _VLAN_TYPE_VALID else _TYPE_VLAN
                )
                _put_tag_back(buffer, offset, kind, tag)
                offset -= VLAN_TAG_BYTES
                captured += VLAN_TAG_BYTES
            wire += VLAN_TAG_BYTES
        state.number += 1
        state.wire_bytes += wire
        frame: Row = frames[rows]
        frame.offset = offset
        frame.captured = captured
        frame.wire = max(wire, captured)
        frame.ts_ns = np.int64(words[word + 1]) * _SECOND_NS + np.int64(words[word + 2])
        frame.number = state.number
        frame.interface = state.interface
        frame.link_type = state.link_type
        state.newest_ns = max(state.newest_ns, frame.ts_ns)
        rows += 1
    return rows


@part
def _put_tag_back(buffer: Bytes, offset: int, kind: int, tag: int) -> None:
    """Move the MAC addresses to the front and write type and tag behind them (IEEE 802.1Q section 9.3)."""
    for place in range(offset, offset + _MAC_BYTES):
        buffer[place - VLAN_TAG_BYTES] = buffer[place]
    behind = offset - VLAN_TAG_BYTES + _MAC_BYTES
    buffer[behind] = kind >> 8
    buffer[behind + 1] = kind & 0xFF
    buffer[behind + 2] = tag >> 8
    buffer[behind + 3] = tag & 0xFF
