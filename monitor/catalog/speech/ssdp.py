"""SSDP: an announcement to the multicast group (UPnP Device Architecture 1.1 section 1.2)."""

from monitor.catalog.speech._speaker import Fields, Speaker, text
from monitor.catalog.wire import UDP, Conversation, up

PORT = 1900
GROUP = "239.255.255.250"
_HEADERS = {"ssdp.server": "SERVER", "ssdp.usn": "USN", "ssdp.location": "LOCATION", "ssdp.target": "NT"}


def _announce(fields: Fields) -> list[Conversation]:
    lines = ["NOTIFY * HTTP/1.1", f"HOST: {GROUP}:{PORT}", "NTS: ssdp:alive"]
    lines += [f"{header}: {text(fields, field, '')}" for field, header in _HEADERS.items() if field in fields]
    message = "\r\n".join((*lines, "", "")).encode("latin-1", "replace")
    return [Conversation(UDP, PORT, (up(message),), GROUP)]


SPEAK = (Speaker(frozenset(_HEADERS), _announce),)
