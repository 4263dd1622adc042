"""The kernel for every frame: all link types, all tunnels, and fragments put together."""

from numba import int64, types, uint8

from monitor.decode import _plain, fragments
from monitor.decode import row as rows
from monitor.decode._kernel import Bytes, Numbers, Row, columns, kernel
from monitor.decode._table import Header, call
from monitor.decode._walk import (
    DONE,
    ETHERIP,
    FRAGMENT,
    GENEVE,
    GRE,
    GTPU,
    L2TP,
    LINK,
    MPLS,
    NSH,
    PPP,
    PPPOE,
    TAG,
    TEREDO,
    TZSP,
    VXLAN,
    VXLAN_GPE,
    WALK,
    WIFI,
    is_too_long,
)
from monitor.decode.ethernet import tag
from monitor.decode.gre import etherip, gre
from monitor.decode.link import begin, link
from monitor.decode.mpls import mpls
from monitor.decode.overlay import geneve, nsh, vxlan, vxlan_gpe
from monitor.decode.ppp import ppp, pppoe
from monitor.decode.tunnel import gtpu, l2tp, teredo, tzsp
from monitor.decode.wifi import wifi
from monitor.model.frame import FRAME
from monitor.model.packet import PACKET

LAYERS: dict[int, Header] = _plain.LAYERS | {
    LINK: link,
    TAG: tag,
    MPLS: mpls,
    NSH: nsh,
    PPPOE: pppoe,
    PPP: ppp,
    WIFI: wifi,
    GRE: gre,
    ETHERIP: etherip,
    VXLAN: vxlan,
    VXLAN_GPE: vxlan_gpe,
    GENEVE: geneve,
    GTPU: gtpu,
    L2TP: l2tp,
    TEREDO: teredo,
    TZSP: tzsp,
}
_read = call(LAYERS)


@kernel(
    int64(
        types.Array(uint8, 1, "C", readonly=True),
        columns(FRAME, readonly=True),
        int64,
        columns(PACKET),
        types.Array(uint8, 1, "C"),
        columns(fragments.SLOT),
        columns(fragments.FRAGMENTS),
        columns(WALK),
        int64[::1],
        int64[::1],
    )
)
def decode(  # noqa: PLR0913, PLR0917 - the kernel's memory
    buffer: Bytes,
    frames: Row,
    start: int,
    packets: Row,
    pool: Bytes,
    slots: Row,
    states: Row,
    walks: Row,
    clock: Numbers,
    counts: Numbers,
) -> int:
    """Decode until the frames or the room for reassembled datagrams end; return the first frame not decoded."""
    walk = walks[0]
    state = states[0]
    fragments.release(slots, state)
    for index in range(start, len(frames)):
        row = packets[index]
        begin(walk, frames[index], row, buffer)
        clock[0] = max(clock[0], row.ts_ns)
        while walk.layer != DONE:
            if walk.layer == FRAGMENT:
                fragments.add(walk, pool, slots, state, clock[0])
            elif not is_too_long(walk):
                _read(walk.layer, walk, row)
        rows.settle(walk, row, counts)
        if state.held >= fragments.MAX_HELD:
            return index + 1
    return len(frames)
