"""Adds to an observation who spoke to whom and under which name; the one door of the room.

Fed in event-time order, it learns from what it is fed: names from DNS answers, identities from DHCP and LwM2M. It has
no clock and decides nothing about good or bad. The common case is an observation of ends already met; it costs about
a microsecond, so the contact is made once and looked up after that.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, cast

from monitor.enrich.contact import ROLES, Roles
from monitor.enrich.device import DeviceBook, Entry
from monitor.enrich.geoip import GeoIp
from monitor.enrich.home import HomeNetworks
from monitor.enrich.mmdb import NOWHERE
from monitor.enrich.names import DnsMemory
from monitor.enrich.prefix import is_address
from monitor.enrich.recent import Recent
from monitor.model.entity import Contact, Remote
from monitor.model.flow import Direction, Flow
from monitor.model.observation import Observation, Value
from monitor.model.packet import IpProtocol, Tunnel
from monitor.model.tally import Tally

CONTACT_CAPACITY = 1 << 16
"""Pairs of ends."""
FLOW_CAPACITY = 1 << 16
"""Flows that showed the name of their remote and have not ended."""
NAME_FIELDS = {
    "tls_client_hello": "tls.sni",
    "quic_client_hello": "tls.sni",
    "dtls_client_hello": "tls.sni",
    "http_request": "http.host",
    "http_response": "http.host",
    "coap_request": "coap.uri_host",
}
"""Which field shows the remote's name, by observation type. Never ``tls.outer_sni``: it names somebody else."""
_WITHOUT_NAME = frozenset({"dns_query", "dns_answer"})
"""The remote is a resolver, and the name in the observation is not its own."""
_LEASE_MESSAGES = frozenset({"ack", "reply"})
"""What a DHCP server says when it gives an address (RFC 2131 section 3.1, RFC 8415 section 18.3)."""
_MULTICAST_DNS = frozenset({"mdns", "llmnr"})
_WITHOUT_ETHERNET = frozenset(
    {
        Tunnel.GRE,
        Tunnel.IPIP,
        Tunnel.SIX_IN_FOUR,
        Tunnel.GTPU,
        Tunnel.L2TP,
        Tunnel.TEREDO,
        Tunnel.PPTP,
    }
)
"""Tunnels of IP: the MAC addresses of their frames are those of the tunnel's ends, behind which are many devices."""

_Key = tuple[str, int, str, int, int]
_Learner = Callable[[Observation], None]


class _Known(NamedTuple):
    """A contact and what it was made from."""

    contact: Contact
    entry: Entry


class Enricher:
    """Enriches observations; holds all that the room remembers."""

    def __init__(
        self,
        home: HomeNetworks,
        geoip: GeoIp,
        devices: DeviceBook,
        names: DnsMemory | None = None,
    ) -> None:
        self.home = home
        self.geoip = geoip
        self.devices = devices
        self.names = DnsMemory() if names is None else names
        # A cache only: what it forgets is made again, so its evictions say nothing and are not in the tally.
        self._contacts: Recent[_Key, _Known] = Recent(CONTACT_CAPACITY)
        self._shown: Recent[int, str] = Recent(FLOW_CAPACITY)
        self._no_home_end = 0
        self._learners: dict[str, _Learner] = {
            "dns_answer": self._learn_names,
            "dhcp": self._learn_lease,
            "coap_request": self._learn_endpoint,
        }

    @property
    def tally(self) -> Tally:
        """Counters: contacts without a home end, and what the tables forgot."""
        tally = Tally()
        tally.add("no_home_end", self._no_home_end)
        tally.add("geoip_unreadable", self.geoip.unreadable)
        tally.add("evicted_devices", self.devices.evictions)
        tally.add("evicted_stations", self.devices.station_evictions)
        tally.add("evicted_names", self.names.evictions)
        tally.add("evicted_flow_names", self._shown.evictions)
        return tally

    def enrich(self, observation: Observation) -> Observation:
        """Return the observation with contact, remote name and the fields that follow from them."""
        kind, fields, flow, direction, ts_ns, ordinal, number, _, _, totals = observation
        learn = self._learners.get(kind)
        if learn is not None:
            learn(observation)
        known = self._contacts.peek(_key(flow))
        if known is None or known.entry.device is not known.contact.device:
            known = self._meet(flow, ts_ns)
        contact = known.contact
        if not contact.device_is_originator and contact.remote.port != flow.orig_port:
            contact = self._meet(flow, ts_ns).contact
        name = self._name(kind, fields, flow.id, contact, ts_ns)
        if kind in _MORE_FIELDS:
            fields = _MORE_FIELDS[kind](observation, contact, name)
        return Observation(kind, fields, flow, direction, ts_ns, ordinal, number, contact, name, totals)

    def _name(
        self, kind: str, fields: dict[str, Value], flow_id: int, contact: Contact, ts_ns: int
    ) -> str | None:
        if kind in _WITHOUT_NAME:
            return None
        own = fields.get(NAME_FIELDS.get(kind, "")) if contact.device_is_originator else None
        if isinstance(own, str) and _is_name(own):
            self._shown.put(flow_id, own)
            return own
        shown = self._shown.pop(flow_id) if kind == "flow_end" else self._shown.peek(flow_id)
        return shown or self.names.name(contact.device.ip, contact.remote.ip, ts_ns)

    def _meet(self, flow: Flow, ts_ns: int) -> _Known:
        """Make the contact of a flow's ends, and remember it if the device is one to remember."""
        roles = ROLES[self.home.end(flow.orig_ip), self.home.end(flow.resp_ip)]
        self._no_home_end += not roles.home_is_known
        orig_mac, resp_mac = (0, 0) if flow.tunnel in _WITHOUT_ETHERNET else (flow.orig_mac, flow.resp_mac)
        if roles.device_is_originator:
            self._notice_router(flow.resp_ip, resp_mac, roles)
            entry = self.devices.meet(flow.orig_ip, orig_mac, ts_ns)
            remote = self._remote(flow.resp_ip, flow.resp_port, roles)
        else:
            self._notice_router(flow.orig_ip, orig_mac, roles)
            entry = self.devices.called(flow.resp_ip)
            remote = self._remote(flow.orig_ip, flow.orig_port, roles)
        contact = Contact(
            device=self.devices.device(entry),
            remote=remote,
            device_is_originator=roles.device_is_originator,
            internal=roles.internal,
        )
        known = _Known(contact, entry)
        if entry.is_remembered:
            self._contacts.put(_key(flow), known)
        return known

    def _notice_router(self, remote_ip: str, mac: int, roles: Roles) -> None:
        if roles.home_is_known and not roles.internal and ":" not in remote_ip:
            self.devices.outside(mac)

    def _remote(self, ip: str, port: int, roles: Roles) -> Remote:
        place = NOWHERE if roles.internal else self.geoip.lookup(ip)
        return Remote(ip=ip, port=port, country=place.country, asn=place.asn, organisation=place.organisation)

    def _learn_names(self, observation: Observation) -> None:
        fields = observation.fields
        is_to_device = observation.direction is Direction.RESPONDER
        if not is_to_device or fields.get("dns.transport") in _MULTICAST_DNS:
            return
        query, answers = fields.get("dns.query"), fields.get("dns.answers")
        if isinstance(query, str) and isinstance(answers, list):
            records = cast("list[dict[str, Any]]", answers)
            self.names.learn(observation.flow.orig_ip, query, records, observation.ts_ns)

    def _learn_lease(self, observation: Observation) -> None:
        fields = observation.fields
        mac, hostname, ip = (
            fields.get("dhcp.client_mac"),
            fields.get("dhcp.hostname"),
            fields.get("dhcp.address"),
        )
        if not isinstance(mac, str):
            return
        if isinstance(hostname, str):
            self.devices.hostname(mac, hostname)
        if isinstance(ip, str) and fields.get("dhcp.message_type") in _LEASE_MESSAGES:
            self.devices.lease(mac, ip, observation.ts_ns)

    def _learn_endpoint(self, observation: Observation) -> None:
        endpoint = observation.fields.get("lwm2m.endpoint")
        if isinstance(endpoint, str):
            flow = observation.flow
            is_from_originator = observation.direction is Direction.ORIGINATOR
            self.devices.endpoint(flow.orig_ip if is_from_originator else flow.resp_ip, endpoint)


def _key(flow: Flow) -> _Key:
    return flow.orig_ip, flow.orig_mac, flow.resp_ip, flow.resp_mac, flow.resp_port


def _is_name(text: str) -> bool:
    """Whether a shown host is a name; no top-level domain ends in a digit, so most are told by one character."""
    return text != "" and not (text[-1] in "0123456789]" and is_address(text))


def _with_server(observation: Observation, _contact: Contact, name: str | None) -> dict[str, Value]:
    fields = observation.fields
    return fields if name is None else {**fields, "ntp.server": name}


def _with_ends(observation: Observation, contact: Contact, _name: str | None) -> dict[str, Value]:
    remote = contact.remote
    fields = {**observation.fields, "ip.dst": remote.ip}
    port_field = _PORT_FIELDS.get(observation.flow.protocol)
    if port_field is not None:
        fields[port_field] = remote.port
    return fields


def _with_place(observation: Observation, contact: Contact, name: str | None) -> dict[str, Value]:
    fields = _with_ends(observation, contact, name)
    if contact.remote.asn is not None:
        fields["dst.asn"] = contact.remote.asn
    return fields


def _of_device(observation: Observation, contact: Contact, name: str | None) -> dict[str, Value]:
    """``payload.prefix`` is what the device sent; what the remote sent is not shown under that name."""
    fields = _with_ends(observation, contact, name)
    if (observation.direction is Direction.ORIGINATOR) is not contact.device_is_originator:
        fields.pop("payload.prefix", None)
    return fields


_PORT_FIELDS = {int(IpProtocol.TCP): "tcp.dst_port", int(IpProtocol.UDP): "udp.dst_port"}
_MORE_FIELDS = {"ntp": _with_server, "flow_start": _with_place, "flow_payload": _of_device}
"""Fields that follow from the contact and the name."""
