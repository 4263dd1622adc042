"""What tells a device's maker: MAC prefixes, IMEI prefixes, DHCP names; look-ups over all vendor files. Opens no file."""

import re
from collections.abc import Iterable

from monitor.catalog.records import EndpointFormat, MacPrefix, Tac, Vendor

_MAC_BITS = 48
_LENGTHS = (36, 28, 24)
"""Sizes of IEEE blocks (MA-S, MA-M, MA-L), longest first."""
_TAC_DIGITS = 8
_IMEI = re.compile(r"[0-9]{8,16}")


class IdentityIndex:
    """All identity facts by key."""

    def __init__(self, vendors: Iterable[Vendor], macs: Iterable[MacPrefix], tacs: Iterable[Tac]) -> None:
        known = list(vendors)
        self._macs: dict[int, dict[int, MacPrefix]] = {bits: {} for bits in _LENGTHS}
        self._tacs = {tac.tac: tac for tac in tacs}
        self._dhcp: dict[str, str] = {}
        self._formats: dict[str, list[tuple[re.Pattern[str], str, EndpointFormat]]] = {}
        for prefix in macs:
            self._macs[prefix.bits][prefix.value] = prefix
        for vendor in known:
            self._add(vendor)
        self._models = [
            (re.compile(pattern), vendor.id) for vendor in known for pattern in vendor.identity.model_patterns
        ]

    def mac_prefix(self, mac: int) -> MacPrefix | None:
        """Return the longest registered block that holds the address (48 bits)."""
        for bits in _LENGTHS:
            hit = self._macs[bits].get(mac >> (_MAC_BITS - bits))
            if hit is not None:
                return hit
        return None

    def tac(self, imei: str) -> Tac | None:
        """Return what the first eight digits of an IMEI stand for."""
        return self._tacs.get(imei[:_TAC_DIGITS]) if _IMEI.fullmatch(imei) else None

    def dhcp_vendor(self, hostname: str) -> str | None:
        """Return the vendor whose devices give this host name of themselves."""
        return self._dhcp.get(hostname.lower())

    def model_vendor(self, text: str) -> str | None:
        """Return the vendor of the first model name in a text such as a User-Agent."""
        return next((vendor for pattern, vendor in self._models if pattern.search(text[:512])), None)

    def endpoint_vendors(self, field: str, name: str) -> tuple[str, ...]:
        """Return the vendors that call their devices so in this field."""
        formats = self._formats.get(field, ())
        return tuple(vendor for pattern, vendor, _ in formats if pattern.match(name[:512]))

    def counts(self) -> dict[str, int]:
        """Return how many facts of each kind are known."""
        return {
            "mac_prefixes": sum(len(table) for table in self._macs.values()),
            "tacs": len(self._tacs),
            "dhcp_names": len(self._dhcp),
            "model_patterns": len(self._models),
            "endpoint_formats": sum(len(formats) for formats in self._formats.values()),
        }

    def _add(self, vendor: Vendor) -> None:
        identity = vendor.identity
        for prefix in identity.mac_prefixes:
            self._macs[prefix.bits][prefix.value] = prefix
        self._tacs.update({tac.tac: tac for tac in identity.tacs})
        self._dhcp.update(dict.fromkeys(identity.dhcp_names, vendor.id))
        for form in identity.endpoint_formats:
            self._formats.setdefault(form.field, []).append((re.compile(form.pattern), vendor.id, form))
