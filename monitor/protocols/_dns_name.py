"""Domain names of DNS messages: from labels and compression pointers to one text form, and back to nothing else.

The text form is what signatures compare: lower case, no final dot, A-labels as sent, the root as ``.``. What would
make it ambiguous is escaped as in a zone file (RFC 1035 section 5.1). No records and no headers here.
"""

from functools import lru_cache
from typing import NamedTuple

from monitor.model.errors import Malformed

MAX_NAME_BYTES = 255
"""RFC 1035 section 2.3.4, the final zero included."""
MAX_POINTERS = 32
"""Jumps in one name; a lawful chain has one per label that an earlier name added, and rarely three."""

_POINTER = 0xC0
"""The two high bits of a length that is a pointer (RFC 1035 section 4.1.4); 0x40 and 0x80 alone are not in use."""
_MAX_LABEL_BYTES = 63
_PLAIN = bytes(code for code in range(0x21, 0x7F) if chr(code) not in ".\\")
"""Bytes that need no escape."""


class Name(NamedTuple):
    """A name, and where the bytes after it begin."""

    text: str
    end: int


class Suffix(NamedTuple):
    """A name that a pointer may lead to, and its length on the wire."""

    text: str
    size: int


Suffixes = dict[int, Suffix]
"""Names of one message by their offset, so that many pointers to one long name cost little."""
_ROOT = Suffix(".", 1)


def read_name(message: bytes, offset: int, known: Suffixes | None = None) -> Name:
    """Read the name at an offset, with the help of names known before; raises Malformed."""
    labels: list[bytes] = []
    total, size, end, suffix = len(message), 1, 0, _ROOT
    pieces = [(offset, 0)]
    while True:
        if offset >= total:
            raise Malformed("DNS name is cut")
        length = message[offset]
        if not length:
            break
        offset += 1
        if length <= _MAX_LABEL_BYTES:
            size += length + 1
            if size > MAX_NAME_BYTES or offset + length >= total:
                raise Malformed("DNS name is too long or cut")
            labels.append(message[offset : offset + length])
            offset += length
            continue
        target = _pointer_target(message, offset - 1)
        # Each jump lands before all that this name has read, so no chain can be a circle.
        if target >= pieces[-1][0] or len(pieces) > MAX_POINTERS:
            raise Malformed("DNS compression pointer does not lead backwards")
        end = end or offset + 1
        offset = target
        if known and target in known:
            suffix = known[target]
            break
        pieces.append((target, len(labels)))
    if known is None:
        return Name(_text(labels), end or offset + 1)
    return Name(_remember(known, pieces, labels, suffix), end or offset + 1)


def read_plain_name(message: bytes, offset: int) -> tuple[str, int] | None:
    """Return a name without pointers and where it ends, as nearly all questions have it; None for any other."""
    end = message.find(0, offset, offset + MAX_NAME_BYTES)
    text = _plain_text(message[offset:end]) if end >= 0 else None
    return None if text is None else (text, end + 1)


@lru_cache(maxsize=2048)
def _plain_text(raw: bytes) -> str | None:
    """Return the text of labels up to their final zero; an answer, a retry and other devices repeat it."""
    labels: list[bytes] = []
    at, size = 0, len(raw)
    while at < size:
        length = raw[at]
        if length > _MAX_LABEL_BYTES:
            return None
        at += 1
        labels.append(raw[at : at + length])
        at += length
    return _text(labels) if at == size else None


def skip_name(message: bytes, offset: int) -> int:
    """Return where the bytes after the name begin, without following pointers; raises Malformed."""
    total = len(message)
    while offset < total:
        length = message[offset]
        if not length:
            return offset + 1
        if length > _MAX_LABEL_BYTES:
            _pointer_target(message, offset)
            return offset + 2
        offset += length + 1
    raise Malformed("DNS name is cut")


def escape(raw: bytes) -> str:
    r"""Return bytes as printable ASCII: ``\DDD`` outside it, a backslash before a dot or a backslash."""
    return "".join(map(_ESCAPED.__getitem__, raw))


def _pointer_target(message: bytes, offset: int) -> int:
    if message[offset] < _POINTER:
        raise Malformed("DNS label type is not in use")
    if offset + 2 > len(message):
        raise Malformed("DNS compression pointer is cut")
    return (message[offset] & ~_POINTER) << 8 | message[offset + 1]


def _remember(known: Suffixes, pieces: list[tuple[int, int]], labels: list[bytes], suffix: Suffix) -> str:
    """Join the pieces of a name from its end to its beginning, and keep each of these names; returns the whole."""
    for offset, first in reversed(pieces):
        suffix = known[offset] = _prepend(labels[first:], suffix)
        del labels[first:]
    return suffix.text


def _prepend(labels: list[bytes], suffix: Suffix) -> Suffix:
    if not labels:
        return suffix
    size = suffix.size + sum(map(len, labels)) + len(labels)
    if size > MAX_NAME_BYTES:
        raise Malformed("DNS name is too long")
    text = _text(labels)
    return Suffix(text if suffix is _ROOT else f"{text}.{suffix.text}", size)


def _text(labels: list[bytes]) -> str:
    if not labels:
        return "."
    raw = b".".join(labels).lower()
    # All that is left beside plain bytes must be the dots that join the labels.
    if len(raw.translate(None, _PLAIN)) == len(labels) - 1:
        return raw.decode("ascii")
    return ".".join(escape(label.lower()) for label in labels)


def _escaped(code: int) -> str:
    if code in _PLAIN:
        return chr(code)
    return "\\" + chr(code) if chr(code) in ".\\" else f"\\{code:03d}"


_ESCAPED = tuple(_escaped(code) for code in range(256))
