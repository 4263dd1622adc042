"""Basic authentication (RFC 7617) against bcrypt hashes, without paying for a hash at every scrape.

Rule 1: who guesses learns nothing from the time it takes: an unknown name costs as much as a wrong password.
Rule 2: guesses are few in a second, whoever makes them; pairs that were right before are never held up.
"""

import hashlib
import re
import secrets
from base64 import b64decode
from binascii import Error as NotBase64
from collections import OrderedDict
from collections.abc import Mapping
from enum import Enum
from hmac import compare_digest
from threading import Lock

import bcrypt

from monitor.export._token_bucket import TokenBucket

MAX_REMEMBERED = 256
"""Pairs of name and password that were right; a site has a handful."""
MAX_PASSWORD_BYTES = 72
"""bcrypt looks at no more; longer ones are refused."""
GUESS_INTERVAL_SECONDS = 0.2
GUESS_BURST = 20
_HASH = re.compile(r"\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}")
_SCHEME = "basic"


class Entrance(Enum):
    """What becomes of who asks."""

    OPEN = "open"
    CLOSED = "closed"
    """Not said who they are, or wrongly."""
    LATER = "later"
    """Too many guesses; nothing was compared."""


def hash_cost(hashed: str) -> int | None:
    """Return the cost of a bcrypt hash; None when it is none."""
    match = _HASH.fullmatch(hashed)
    return None if match is None else int(match[1])


class Doorkeeper:
    """Compares, and remembers what was right."""

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(32)
        self._right: OrderedDict[bytes, None] = OrderedDict()
        self._lock = Lock()
        self._guesses = TokenBucket(GUESS_INTERVAL_SECONDS, GUESS_BURST)
        self._comparing = Lock()
        """One at a time: guesses must not take every processor."""

    def entrance(self, users: Mapping[str, str], authorization: str) -> Entrance:
        """Judge the ``Authorization`` header; without users everybody may come in."""
        if not users:
            return Entrance.OPEN
        given = _credentials(authorization)
        if given is None:
            return Entrance.CLOSED
        name, password = given
        dearest = max(users.values(), key=lambda hashed: hash_cost(hashed) or 0)
        hashed = users.get(name, dearest)
        pair = self._digest(name, hashed, password)
        if name in users and self._remembers(pair):
            return Entrance.OPEN
        if not self._guesses.take():
            return Entrance.LATER
        is_right = self._is_right(hashed, password)
        if not is_right or name not in users:
            return Entrance.CLOSED
        self._remember(pair)
        return Entrance.OPEN

    def _is_right(self, hashed: str, password: bytes) -> bool:
        with self._comparing:
            try:
                computed = bcrypt.hashpw(password[:MAX_PASSWORD_BYTES], hashed.encode())
            except ValueError:  # a zero byte, or a salt that is none
                return False
        # bcrypt tells its versions 2a, 2b and 2y apart by name; they compute the same.
        is_same = compare_digest(computed[3:], hashed.encode()[3:])
        return is_same and len(password) <= MAX_PASSWORD_BYTES

    def _digest(self, name: str, hashed: str, password: bytes) -> bytes:
        parts = (name.encode("utf-8", "surrogateescape"), hashed.encode(), password)
        digest = hashlib.blake2b(key=self._secret, digest_size=32)
        for part in parts:
            digest.update(len(part).to_bytes(4, "big") + part)
        return digest.digest()

    def _remembers(self, pair: bytes) -> bool:
        with self._lock:
            if pair not in self._right:
                return False
            self._right.move_to_end(pair)
            return True

    def _remember(self, pair: bytes) -> None:
        with self._lock:
            self._right[pair] = None
            while len(self._right) > MAX_REMEMBERED:
                self._right.popitem(last=False)


def _credentials(authorization: str) -> tuple[str, bytes] | None:
    scheme, _, encoded = authorization.strip().partition(" ")
    if scheme.lower() != _SCHEME:
        return None
    try:
        text = b64decode(encoded.strip(), validate=True)
    except (NotBase64, ValueError):
        return None
    name, colon, password = text.partition(b":")
    return (name.decode("utf-8", "surrogateescape"), password) if colon else None
