"""Applies a policy to one finding at a time, in constant time; holds no story."""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from monitor.alert._far_end import far_end
from monitor.alert.policy import Mute, Policy, Ruling
from monitor.model.entity import Device
from monitor.model.finding import Finding

REMEMBERED_REMOTES = 1 << 14
"""Answers that are kept per list of expected remotes; the least used is forgotten."""
MAX_LABELS = 127
"""Labels of a name that are looked at (RFC 1035 section 3.1 allows no more)."""


class Remotes:
    """A list of domains, addresses and networks, asked whether it names a remote."""

    def __init__(self, entries: Iterable[str]) -> None:
        self._domains: set[str] = set()
        self._networks: list[IPv4Network | IPv6Network] = []
        for entry in entries:
            self._add(entry)
        self.names = lru_cache(maxsize=REMEMBERED_REMOTES)(self._names)

    def _add(self, entry: str) -> None:
        try:
            self._networks.append(ip_network(entry, strict=False))
        except ValueError:
            self._domains.add(_wire_form(entry))

    def _names(self, ip: str | None, name: str | None) -> bool:
        return (name is not None and self._has_domain(name)) or (ip is not None and self._has_address(ip))

    def _has_domain(self, name: str) -> bool:
        if not self._domains:
            return False
        labels = _wire_form(name).split(".", MAX_LABELS)
        return any(".".join(labels[first:]) in self._domains for first in range(len(labels)))

    def _has_address(self, ip: str) -> bool:
        try:
            address = ip_address(ip)
        except ValueError:
            return False
        return any(address in network for network in self._networks)


class Ruler:
    """A policy made ready to rule."""

    def __init__(self, policy: Policy) -> None:
        self._min_rank = policy.min_severity.rank
        self._mutes = policy.mutes
        self._site = Remotes(policy.expected_remotes) if policy.expected_remotes else None
        self._groups = {group: Remotes(entries) for group, entries in policy.group_remotes.items()}
        self._expects = self._site is not None or bool(self._groups)

    def rule(self, finding: Finding) -> Ruling:
        """Return what becomes of the finding."""
        if self._mutes and any(_silences(mute, finding) for mute in self._mutes):
            return Ruling.MUTED
        if self._expects and self._is_expected(finding):
            return Ruling.EXPECTED
        if self._min_rank and finding.severity.rank < self._min_rank:
            return Ruling.BELOW
        return Ruling.ALERT

    def _is_expected(self, finding: Finding) -> bool:
        end = far_end(finding)
        ip = None if end.remote is None else end.remote.ip
        if self._site is not None and self._site.names(ip, end.name):
            return True
        device = _device(finding)
        group = None if device is None or device.group is None else self._groups.get(device.group)
        return group is not None and group.names(ip, end.name)


def _silences(mute: Mute, finding: Finding) -> bool:
    if mute.until_ns is not None and finding.observation.ts_ns >= mute.until_ns:
        return False
    device = _device(finding)
    return (
        mute.signature in {None, finding.signature}
        and mute.detector in {None, finding.detector}
        and mute.vendor in {None, finding.vendor}
        and mute.device in {None, device and device.name}
        and mute.group in {None, device and device.group}
    )


def _device(finding: Finding) -> Device | None:
    contact = finding.observation.contact
    return None if contact is None else contact.device


def _wire_form(name: str) -> str:
    return name.strip().rstrip(".").lower()
