"""Classic pcap (draft-ietf-opsawg-pcap): the file header, and the walk over records of 16 or 24 header bytes."""

from typing import Literal, NamedTuple

from monitor.capture.block import Block
from monitor.capture.numbering import Numbering
from monitor.capture.walk import MAX_RECORD_BYTES, Bytes, Row, Rows, Stop, Walk, u32
from monitor.compiling import kernel
from monitor.model.frame import Interface
from monitor.model.tally import Tally

FILE_HEADER_BYTES = 24
RECORD_HEADER_BYTES = 16
KUZNETZOV_HEADER_BYTES = 24
"""Record header of Alexey Kuznetzov's variant: 16 bytes, then interface index, protocol, packet type and a pad."""
SNAP_LENGTH_SLACK = 256 << 10
"""A record may exceed the file's snap length by this much; some writers state too little."""
_LINK_TYPE_MASK = 0xFFFF
"""The upper half of the field carries FCS bits (section 4)."""


class Flavour(NamedTuple):
    """What the magic number of a file says."""

    byte_order: Literal["big", "little"]
    fraction_ns: int
    """Unit of the fraction of a second."""
    header_bytes: int
    """Of each record."""


def _both_orders(magic: int, fraction_ns: int, header_bytes: int) -> dict[bytes, Flavour]:
    return {
        magic.to_bytes(4, "big"): Flavour("big", fraction_ns, header_bytes),
        magic.to_bytes(4, "little"): Flavour("little", fraction_ns, header_bytes),
    }


FLAVOURS = {
    **_both_orders(0xA1B2C3D4, 1000, RECORD_HEADER_BYTES),
    **_both_orders(0xA1B23C4D, 1, RECORD_HEADER_BYTES),
    **_both_orders(0xA12B3C4D, 1, RECORD_HEADER_BYTES),  # Navtel
    **_both_orders(0xA1B2CD34, 1000, KUZNETZOV_HEADER_BYTES),
}
"""By the first four bytes of the file."""


class PcapWalk(Walk):
    """Reads the frames of one classic pcap."""

    def __init__(self, capture: str, block: Block, numbering: Numbering, tally: Tally) -> None:
        super().__init__(capture, block, tally)
        self._numbering = numbering

    def _begin(self) -> None:
        block = self._block
        if not block.fill(FILE_HEADER_BYTES):
            self._ended(f"cut short: the file header has {block.held} of {FILE_HEADER_BYTES} bytes")
            return
        header = block.text(0, FILE_HEADER_BYTES)
        flavour = FLAVOURS[header[:4]]
        snap_length = int.from_bytes(header[16:20], flavour.byte_order)
        link_type = int.from_bytes(header[20:24], flavour.byte_order) & _LINK_TYPE_MASK
        state = self._state[0]
        state["interface"] = self._numbering.register(
            Interface(name=self._capture, capture=self._capture, link_type=link_type, snap_length=snap_length)
        )
        state["link_type"] = link_type
        state["header_bytes"] = flavour.header_bytes
        state["fraction_ns"] = flavour.fraction_ns
        state["limit_bytes"] = min((snap_length or MAX_RECORD_BYTES) + SNAP_LENGTH_SLACK, MAX_RECORD_BYTES)
        state["big_endian"] = flavour.byte_order == "big"
        block.start += FILE_HEADER_BYTES

    def _step(self, frames: Rows) -> int:
        return int(_walk(self._block.buffer, self._block.end, self._state, frames))

    def _help(self, stop: Stop, needed: int) -> None:  # noqa: ARG002 - the contract of walks
        """Nothing but a claim stops the kernel."""
        self._hurt(f"the record at offset {self._block.offset} claims {needed} bytes")

    def _cut_short(self, needed: int) -> str:
        header_bytes = int(self._state["header_bytes"][0])
        held, whole, of = self._block.held - header_bytes, needed - header_bytes, "bytes"
        if held < 0:
            held, whole, of = self._block.held, header_bytes, "bytes of its header"
        return f"cut short: the last record at offset {self._block.offset} has {held} of {whole} {of}"


@kernel
def _walk(buffer: Bytes, end: int, states: Rows, frames: Rows) -> int:
    state: Row = states[0]
    position = state.position
    number = state.number
    newest_ns = state.newest_ns
    big_endian = state.big_endian
    header_bytes = state.header_bytes
    rows = 0
    state.stop = Stop.NEED
    while rows < frames.shape[0]:
        if end - position < header_bytes:
            state.needed = header_bytes
            break
        captured = u32(buffer, position + 8, big_endian)
        if captured > state.limit_bytes:
            state.stop = Stop.CLAIM
            state.needed = captured
            break
        if end - position < header_bytes + captured:
            state.needed = header_bytes + captured
            break
        seconds = u32(buffer, position, big_endian)
        ts_ns = seconds * 1_000_000_000 + u32(buffer, position + 4, big_endian) * state.fraction_ns
        newest_ns = max(newest_ns, ts_ns)
        number += 1
        frame: Row = frames[rows]
        frame.offset = position + header_bytes
        frame.captured = captured
        frame.wire = u32(buffer, position + 12, big_endian)
        frame.ts_ns = ts_ns
        frame.number = number
        frame.interface = state.interface
        frame.link_type = state.link_type
        position += header_bytes + captured
        rows += 1
    state.position = position
    state.number = number
    state.newest_ns = newest_ns
    return rows
