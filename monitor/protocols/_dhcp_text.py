"""What DHCPv4 and DHCPv6 write alike: texts, MAC addresses, DUIDs, names in options."""

from monitor.protocols._clean_text import clean_text

MAX_TEXT_CHARACTERS = 255
"""Length of the longest DHCPv4 option that is not split, and of the longest host name."""

_ETHERNET = 1
"""IANA hardware type; the same in DHCPv4, DUIDs and RFC 6939."""
_MAC_BYTES = 6
_DUID_LLT = 1
_DUID_LL = 3
_MAX_LABEL_BYTES = 63


def option_text(raw: bytes) -> str:
    """Return the text of an option without its padding; empty when there is none."""
    return clean_text(raw.strip(b"\0 \t\r\n"), MAX_TEXT_CHARACTERS)


def mac_text(hardware_type: int, raw: bytes) -> str | None:
    """Return an Ethernet address, None for another link type or no address."""
    if hardware_type != _ETHERNET or len(raw) != _MAC_BYTES or not any(raw):
        return None
    return raw.hex(":")


def duid_mac(duid: bytes) -> str | None:
    """Return the MAC address inside a DUID (RFC 8415 section 11), None when it has none."""
    kind, hardware_type = int.from_bytes(duid[:2]), int.from_bytes(duid[2:4])
    if kind == _DUID_LLT:
        return mac_text(hardware_type, duid[8:])
    return mac_text(hardware_type, duid[4:]) if kind == _DUID_LL else None


def wire_name_text(raw: bytes) -> str:
    """Return the labels of a name in wire form, whole or partial (RFC 4704 section 4.2), with case as sent."""
    labels: list[bytes] = []
    offset = 0
    while offset < len(raw) and 0 < raw[offset] <= _MAX_LABEL_BYTES:
        labels.append(raw[offset + 1 : offset + 1 + raw[offset]])
        offset += 1 + raw[offset]
    return option_text(b".".join(labels))
