"""Ethernet and its tags: IEEE 802.3, 802.1Q, 802.1ad, 802.1ah, 802.1BR, 802.1AE, VN-Tag, FabricPath, and LLC/SNAP.

Ends where an EtherType says IP, MPLS, PPPoE or NSH.
"""

from monitor.compiling import part
from monitor.decode._bytes import be16, be24, be48, u8
from monitor.decode._kernel import Row, int64
from monitor.decode._table import choice
from monitor.decode._walk import (
    DONE,
    ETHERNET,
    IPV4,
    IPV6,
    LLC,
    MPLS,
    NSH,
    OUTCOME_NOT_IP,
    OUTCOME_OPAQUE,
    PPP,
    PPPOE,
    TAG,
    VLAN,
    enter,
    go,
    go_ether_type,
    leave_to,
    need,
    shrink,
    stop,
)
from monitor.model.packet import NO_VLAN, Tunnel

TYPE_IPV4 = 0x0800
TYPE_ARP = 0x0806
TYPE_TRANSPARENT_BRIDGING = 0x6558
TYPE_VLAN = 0x8100
"""IEEE 802.1Q."""
TYPE_IPV6 = 0x86DD
TYPE_PPP = 0x880B
TYPE_MPLS = 0x8847
TYPE_MPLS_MULTICAST = 0x8848
TYPE_PPPOE_SESSION = 0x8864
TYPE_SERVICE_VLAN = 0x88A8
"""IEEE 802.1ad."""
TYPE_MACSEC = 0x88E5
TYPE_PBB = 0x88E7
"""IEEE 802.1ah, I-TAG."""
TYPE_FABRIC_PATH = 0x8903
TYPE_VN_TAG = 0x8926
TYPE_E_TAG = 0x893F
"""IEEE 802.1BR."""
TYPE_NSH = 0x894F
TYPE_QINQ_9100 = 0x9100
TYPE_QINQ_9200 = 0x9200
MAX_LENGTH = 1500
"""IEEE 802.3 section 3.2.6: up to here the field is a length."""
MIN_TYPE = 0x0600

_SNAP = 0xAAAA03
_LLC_IP = 0x060603
_OUI_RFC1042 = 0x000000
_OUI_BRIDGE_TUNNEL = 0x0000F8
_VLAN_ID = 0x0FFF
_MACSEC_UNREADABLE = 0x0C
"""IEEE 802.1AE section 9.5: E (encryption) or C (changed text) bit."""
_MACSEC_SCI = 0x20
_PBB = int(Tunnel.PBB)
_VLAN_TYPES = (TYPE_VLAN, TYPE_SERVICE_VLAN, TYPE_QINQ_9100, TYPE_QINQ_9200)
_TAG_TYPES = (TYPE_PBB, TYPE_VN_TAG, TYPE_E_TAG, TYPE_FABRIC_PATH, TYPE_MACSEC)
_layer_of = choice(
    dict.fromkeys(_VLAN_TYPES, VLAN)
    | dict.fromkeys(_TAG_TYPES, TAG)
    | {
        TYPE_IPV4: IPV4,
        TYPE_IPV6: IPV6,
        TYPE_MPLS: MPLS,
        TYPE_MPLS_MULTICAST: MPLS,
        TYPE_PPPOE_SESSION: PPPOE,
        TYPE_PPP: PPP,
        TYPE_TRANSPARENT_BRIDGING: ETHERNET,
        TYPE_NSH: NSH,
    },
    otherwise=DONE,
)
_is_readable = choice(
    dict.fromkeys((TYPE_IPV4, TYPE_IPV6, TYPE_ARP, *_VLAN_TYPES, TYPE_MPLS, TYPE_PPPOE_SESSION), 1),
    otherwise=0,
)
"""1 for a type that this room follows; used where Ethernet has to be guessed."""


@part
def ethernet(walk: Row) -> None:
    """MAC addresses and type; an inner Ethernet header starts without a VLAN."""
    if not need(walk, 14):
        return
    at = walk.position
    walk.dst_mac = be48(walk, at)
    walk.src_mac = be48(walk, at + 6)
    walk.vlan = NO_VLAN
    go_ether_type(walk, 14, be16(walk, at + 12))


@part
def looks_ethernet(walk: Row, at: int, end: int) -> bool:
    """Whether an Ethernet header with a type that we follow stands there."""
    return at + 14 <= end and _is_readable(be16(walk, at + 12)) != 0


@part
def ether_type(walk: Row) -> None:
    """What the type stands for."""
    kind = walk.ether_type
    layer = _layer_of(kind)
    if layer == VLAN:
        _vlan(walk)
    elif layer == TAG:
        leave_to(walk, TAG)
    elif layer != DONE:
        walk.layer = layer
    elif kind <= MAX_LENGTH:
        shrink(walk, walk.position + kind)
        walk.layer = LLC
    else:
        stop(walk, OUTCOME_NOT_IP)


@part
def tag(walk: Row) -> None:
    """A tag of the backbones of providers and data centres."""
    kind = walk.ether_type
    if kind == TYPE_PBB:
        _backbone(walk)
    elif kind == TYPE_VN_TAG:
        _skip_tag(walk, int64(6))
    elif kind == TYPE_E_TAG:
        _skip_tag(walk, int64(8))
    elif kind == TYPE_FABRIC_PATH:
        go(walk, 2, ETHERNET)  # forwarding tag and hop count, then the frame that was forwarded
    else:
        _macsec(walk)


@part
def _vlan(walk: Row) -> None:
    if not need(walk, 4):
        return
    at = walk.position
    vlan = be16(walk, at) & _VLAN_ID
    if vlan != 0:  # 0 carries a priority and no VLAN (IEEE 802.1Q section 9.6)
        walk.vlan = vlan
    go_ether_type(walk, 4, be16(walk, at + 2))


@part
def _skip_tag(walk: Row, size: int) -> None:
    """A tag whose last two bytes are the next type."""
    if need(walk, size):
        go_ether_type(walk, size, be16(walk, walk.position + size - 2))


@part
def _backbone(walk: Row) -> None:
    """IEEE 802.1ah section 9.7: flags, 24-bit service id, customer frame."""
    if need(walk, 4):
        enter(walk, _PBB, be24(walk, walk.position + 1))
        go(walk, 4, ETHERNET)


@part
def _macsec(walk: Row) -> None:
    """IEEE 802.1AE section 9.3; readable only when it protects integrity alone."""
    if not need(walk, 1):
        return
    control = u8(walk, walk.position)
    if control & _MACSEC_UNREADABLE:
        stop(walk, OUTCOME_OPAQUE)
    else:
        _skip_tag(walk, int64(16 if control & _MACSEC_SCI else 8))


@part
def llc(walk: Row) -> None:
    """IEEE 802.2 with the SNAP extension (RFC 1042)."""
    if not need(walk, 3):
        return
    at = walk.position
    head = be24(walk, at)
    if head == _LLC_IP:
        go(walk, 3, IPV4)
    elif head == _SNAP and need(walk, 8):
        oui = be24(walk, at + 3)
        kind = be16(walk, at + 6)
        is_known = oui == _OUI_RFC1042 or oui == _OUI_BRIDGE_TUNNEL  # noqa: PLR1714 - to numba a tuple to look in is a loop
        if is_known and kind >= MIN_TYPE:
            go_ether_type(walk, 8, kind)
        else:
            stop(walk, OUTCOME_NOT_IP)
    elif head != _SNAP:
        stop(walk, OUTCOME_NOT_IP)
