"""NTP: a look-up of the server's name, then a client's question and its answer (RFC 5905 section 7.3)."""

from monitor.catalog.speech._speaker import Fields, Speaker, text
from monitor.catalog.speech.dns import look_up
from monitor.catalog.wire import REMOTE, UDP, Conversation, down, up

PORT = 123
_ASKED = b"\x23" + bytes(47)
_ANSWERED = b"\x24\x02" + bytes(46)


def _ask(fields: Fields) -> list[Conversation]:
    said = (up(_ASKED), down(_ANSWERED))
    return [
        look_up(text(fields, "ntp.server", "time.example"), REMOTE),
        Conversation(UDP, PORT, said, REMOTE),
    ]


SPEAK = (Speaker(frozenset({"ntp.server"}), _ask),)
