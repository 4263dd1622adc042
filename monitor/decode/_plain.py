"""The kernel for everyday frames: Ethernet with VLANs, IP, transport. It stops before a frame with anything else.

It exists because a kernel with every tunnel takes three times as long to compile, and most captures need none. Rule:
what it does with a frame has no lasting effect until the frame is settled, so that the other kernel can begin it anew.
"""

from numba import int64, types, uint8

from monitor.compiling import part
from monitor.decode import row as rows
from monitor.decode._kernel import Bytes, Numbers, Row, columns, kernel
from monitor.decode._table import Header, call
from monitor.decode._walk import (
    DONE,
    ETHER_TYPE,
    ETHERNET,
    EXTENSION,
    IP,
    IPV4,
    IPV6,
    LLC,
    TRANSPORT,
    WALK,
    is_too_long,
)
from monitor.decode.ethernet import ether_type, ethernet, llc
from monitor.decode.link import begin
from monitor.decode.network import extension, ip, ipv4, ipv6
from monitor.decode.transport import transport
from monitor.model.frame import FRAME
from monitor.model.packet import PACKET

LAYERS: dict[int, Header] = {
    ETHERNET: ethernet,
    ETHER_TYPE: ether_type,
    LLC: llc,
    IP: ip,
    IPV4: ipv4,
    IPV6: ipv6,
    EXTENSION: extension,
    TRANSPORT: transport,
}
_read = call(LAYERS)


@part
def _is_plain(walk: Row, row: Row) -> bool:
    """Go from header to header; whether the walk came to an end."""
    while walk.layer != DONE:
        if not is_too_long(walk) and not _read(walk.layer, walk, row):
            return False
    return True


@kernel(
    int64(
        types.Array(uint8, 1, "C", readonly=True),
        columns(FRAME, readonly=True),
        int64,
        columns(PACKET),
        columns(WALK),
        int64[::1],
        int64[::1],
    )
)
def decode(  # noqa: PLR0913, PLR0917 - the kernel's memory
    buffer: Bytes, frames: Row, start: int, packets: Row, walks: Row, clock: Numbers, counts: Numbers
) -> int:
    """Decode until the frames end or one is not plain; return the first frame not decoded."""
    walk = walks[0]
    for index in range(start, len(frames)):
        row = packets[index]
        begin(walk, frames[index], row, buffer)
        if not _is_plain(walk, row):
            return index
        clock[0] = max(clock[0], row.ts_ns)
        rows.settle(walk, row, counts)
    return len(frames)
