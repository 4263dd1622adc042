"""The id of a story: a hash of who states it and what makes two findings the same story; nothing else is in it."""

from hashlib import sha256
from json import dumps

ALERT_ID_DIGITS = 16


def alert_id(detector: str, identity: tuple[str, ...]) -> str:
    """Return the id that is the same for the same story in every replay and on every sensor."""
    told = dumps([detector, *identity]).encode("ascii")
    return sha256(told).hexdigest()[:ALERT_ID_DIGITS]
