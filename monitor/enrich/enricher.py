"""Adds to an observation who spoke to whom and under which name; the one door of the room.

Fed in event-time order, it learns from what it is fed: names from DNS answers, identities from DHCP and LwM2M. It has
no clock and decides nothing about good or bad. The common case is an observation of ends already met; it costs about
a microsecond, so the contact is made once and looked up after that.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, Self, cast

from monitor.enrich.contact import ROLES
from monitor.enrich.device import DeviceBook, Entry
from monitor.enrich.geoip import GeoIp
from monitor.enrich.home import HomeNetworks
from monitor.enrich.mmdb import NOWHERE
from monitor.enrich.names import DnsMemory
from monitor.enrich.prefix import is_address
from monitor.enrich.recent import Recent
from monitor.model.entity import Contact, Device, Remote
from monitor.model.flow import Direction, Flow
from monitor.model.observation import OBSERVATIONS, Observation, Value
from monitor.model.packet import IpProtocol, Tunnel
from monitor.model.state import State, count, is_count, is_text, part, rows
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
_LOOK_UPS = frozenset({"dns_query", "dns_answer"})
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
"""Address and MAC address of both ends, and the port of the responder."""
_Known = tuple[Contact, Entry]
"""A contact and what it was made from."""
_MoreFields = Callable[[Observation, Contact, str | None], dict[str, Value]]


class _Plan(NamedTuple):
    """What is to be done for the observations of one type."""

    learn: Callable[[Observation], None] | None = None
    name_field: str | None = None
    """Which field shows the remote's name."""
    is_look_up: bool = False
    """The remote is a resolver, and the name in the observation is not its own."""
    is_last: bool = False
    """The flow is over."""
    more_fields: _MoreFields | None = None


_NOBODY = Contact(Device(name="", ip=""), Remote("", 0), device_is_originator=True)
_NO_FLOW = None, _NOBODY, Entry("")
_tuple = tuple.__new__
"""Makes a named tuple of all its values in half the time, for what is made for every observation."""


class Enricher:
    """Enriches observations; holds all that the room remembers."""

    def __init__(
        self,
        home: HomeNetworks,
        geoip: GeoIp,
        devices: DeviceBook,
        names: DnsMemory | None = None,
        share: float = 1.0,
    ) -> None:
        """``share`` is how much of their capacity the tables of this module have."""
        self.home = home
        self.geoip = geoip
        self.devices = devices
        self.names = DnsMemory() if names is None else names
        # A cache only: what it forgets is made again, so its evictions say nothing and are not in the tally.
        self._contacts: Recent[_Key, _Known] = Recent(max(int(CONTACT_CAPACITY * share), 1))
        self._last: tuple[Flow | None, Contact, Entry] = _NO_FLOW
        """The flow observed last, when its contact is remembered."""
        self._shown: Recent[int, str] = Recent(max(int(FLOW_CAPACITY * share), 1))
        self._no_home_end = 0
        learners = {
            "dns_answer": self._learn_names,
            "dhcp": self._learn_lease,
            "coap_request": self._learn_endpoint,
        }
        self._plans = {
            kind: _Plan(
                learn=learners.get(kind),
                name_field=NAME_FIELDS.get(kind),
                is_look_up=kind in _LOOK_UPS,
                is_last=kind == "flow_end",
                more_fields=_MORE_FIELDS.get(kind),
            )
            for kind in OBSERVATIONS
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
        learn, name_field, is_look_up, is_last, more_fields = self._plans[kind]
        if learn is not None:
            learn(observation)
        # One packet often brings several observations; flows take turns only after that.
        last_flow, contact, entry = self._last
        if flow is not last_flow or entry.device is not contact.device:
            contact = self._contact(flow, ts_ns)
        name: str | None = None
        if name_field is not None and contact.device_is_originator:
            shown = fields.get(name_field)
            if isinstance(shown, str) and _is_name(shown):
                self._shown.put(flow.id, shown)
                name = shown
        if name is None and not is_look_up:
            name = (self._shown.pop if is_last else self._shown.peek)(flow.id) or self.names.name(
                contact.device.ip, contact.remote.ip, ts_ns
            )
        if more_fields is not None:
            fields = more_fields(observation, contact, name)
        return _tuple(
            Observation, (kind, fields, flow, direction, ts_ns, ordinal, number, contact, name, totals)
        )

    def fills(self) -> dict[str, tuple[int, int]]:
        """Return entries and capacity of the tables that a sender can fill, by name."""
        return {
            **self.devices.fills(),
            "names": self.names.fill,
            "flow_names": (len(self._shown), self._shown.capacity),
        }

    def state(self) -> State:
        """Return what was learnt, as plain data; contacts and places are looked up again."""
        return {
            "devices": self.devices.state(),
            "names": self.names.state(),
            "by_flow": list(self._shown.items()),
            "counters": {"no_home_end": self._no_home_end, "evicted": self._shown.evictions},
        }

    def restore(self, state: State) -> None:
        """Know that instead; raises ValueError and changes nothing when it has a wrong shape."""
        shown = rows(state, "by_flow", is_count, is_text)
        no_home_end, evictions = count(state, "no_home_end"), count(state, "evicted")
        names = DnsMemory(self.names.capacity, self.names.device_capacity)
        names.restore(part(state, "names"))
        self.devices.restore(part(state, "devices"))
        self.names = names
        self._shown.refill(shown, evictions)
        self._no_home_end = no_home_end
        self._contacts.refill(())
        self._last = _NO_FLOW

    def take_over(self, older: Self) -> None:
        """Know what another enricher learnt, which is of no use after that; contacts and places are looked up again."""
        self.devices.take_over(older.devices)
        self.names = older.names
        self._shown.take_over(older._shown)
        self._no_home_end = older._no_home_end
        self._contacts.refill(())
        self._last = _NO_FLOW

    def _contact(self, flow: Flow, ts_ns: int) -> Contact:
        """Return the contact of a flow's ends, made before or now."""
        known = self._contacts.peek(
            (flow.orig_ip, flow.orig_mac, flow.resp_ip, flow.resp_mac, flow.resp_port)
        )
        if known is None:
            return self._meet(flow, ts_ns)
        contact, entry = known
        if entry.device is not contact.device or (
            not contact.device_is_originator and contact.remote.port != flow.orig_port
        ):
            return self._meet(flow, ts_ns)
        self._last = flow, contact, entry
        return contact

    def _meet(self, flow: Flow, ts_ns: int) -> Contact:
        """Make the contact of a flow's ends, and remember it if the device is one to remember."""
        _, _, orig_ip, orig_port, resp_ip, resp_port, _, orig_mac, resp_mac, _, tunnel, _, _, _ = flow
        key = orig_ip, orig_mac, resp_ip, resp_mac, resp_port
        device_is_originator, internal, home_is_known = ROLES[self.home.end(orig_ip), self.home.end(resp_ip)]
        self._no_home_end += not home_is_known
        if tunnel in _WITHOUT_ETHERNET:
            orig_mac = resp_mac = 0
        ip, port, mac = (
            (resp_ip, resp_port, resp_mac) if device_is_originator else (orig_ip, orig_port, orig_mac)
        )
        if home_is_known and not internal and ":" not in ip:
            self.devices.outside(mac)
        if device_is_originator:
            entry = self.devices.meet(orig_ip, orig_mac, ts_ns)
        else:
            entry = self.devices.called(resp_ip)
        country, asn, organisation = NOWHERE if internal else self.geoip.lookup(ip)
        remote = Remote(ip, port, country, asn, organisation)
        contact = Contact(self.devices.device(entry), remote, device_is_originator, internal)
        if entry.is_remembered:
            self._contacts.put(key, (contact, entry))
            self._last = flow, contact, entry
        return contact

    def _learn_names(self, observation: Observation) -> None:
        _, fields, flow, direction, ts_ns, _, _, _, _, _ = observation
        is_to_device = direction is Direction.RESPONDER
        if not is_to_device or fields.get("dns.transport") in _MULTICAST_DNS:
            return
        query, answers = fields.get("dns.query"), fields.get("dns.answers")
        if isinstance(query, str) and isinstance(answers, list):
            self.names.learn(flow.orig_ip, query, cast("list[dict[str, Any]]", answers), ts_ns)

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
    asn = contact.remote.asn
    if asn is not None:
        fields["dst.asn"] = asn
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
