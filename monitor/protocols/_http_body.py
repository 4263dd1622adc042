"""Bodies of HTTP/1 messages: where they end, and what is kept of them, which is counts, a hash and a few bytes.

The hash is of the content as it was transferred: after chunked decoding, before any Content-Encoding is undone.
Memory does not grow with the body.
"""

import hashlib
from enum import Enum

from monitor.model.errors import Malformed
from monitor.protocols._http_firmware import PREFIX_BYTES, Likeness, is_image
from monitor.protocols._http_head import CHUNKED, UNTIL_CLOSE

LINE_BYTES = 1 << 12
"""Longest chunk-size line with its extensions, and longest trailer line."""
TRAILER_BYTES = 1 << 16
"""Longest trailer section (RFC 9112 section 7.1.2)."""
SIZE_DIGITS = 15
"""Longest chunk size in hex digits."""

_HEX = b"0123456789abcdefABCDEF"
_FOREVER = 1 << 62


class Digest:
    """What is kept of a body."""

    __slots__ = ("_before", "_encoded", "_hash", "_undecided", "count", "image", "missing", "prefix")

    def __init__(self, before: Likeness, *, encoded: bool) -> None:
        self.count = 0
        """Bytes that were seen."""
        self.missing = 0
        """Bytes that will never be seen."""
        self.prefix = b""
        self.image = False
        self._before = before
        self._encoded = encoded
        self._undecided = True
        self._hash: hashlib._Hash | None = None

    def take(self, content: bytes) -> None:
        self.count += len(content)
        if self._hash is not None:
            self._hash.update(content)
        elif self._undecided:
            self._look(content)

    def swallow(self, content: memoryview) -> bool:
        """Take content without a copy, once it is decided what is kept."""
        if self._undecided:
            return False
        self.count += len(content)
        if self._hash is not None:
            self._hash.update(content)
        return True

    def skip(self, missing: int) -> None:
        self.settle()
        self.missing += missing
        self._hash = None

    def settle(self) -> None:
        """Decide with what there is, since the prefix will not grow."""
        if self._undecided:
            self._decide(self.prefix)

    def sha256(self) -> str | None:
        """Return the hash of all that was seen, if it looks like an image and nothing is missing."""
        return None if self._hash is None else self._hash.hexdigest()

    def _look(self, content: bytes) -> None:
        # While nothing is decided, the prefix is all that came before.
        before = self.prefix
        self.prefix = before + content[: PREFIX_BYTES - len(before)]
        if len(self.prefix) == PREFIX_BYTES:
            self._decide(before + content)

    def _decide(self, content: bytes) -> None:
        self._undecided = False
        self.image = bool(content) and is_image(self.prefix, self._before, encoded=self._encoded)
        if self.image:
            self._hash = hashlib.sha256(content, usedforsecurity=False)


class Sized:
    """A body of known length, or one that ends with the connection."""

    __slots__ = ("_remaining", "digest", "ends_with_flow")

    def __init__(self, length: int, digest: Digest | None) -> None:
        self.ends_with_flow = length == UNTIL_CLOSE
        self.digest = digest
        self._remaining = _FOREVER if self.ends_with_flow else length

    @property
    def done(self) -> bool:
        return self._remaining == 0

    def swallow(self, data: memoryview) -> bool:
        """Take data that lies in the middle of the body; False when it may end here, or is to be looked at."""
        if len(data) >= self._remaining or (self.digest is not None and not self.digest.swallow(data)):
            return False
        self._remaining -= len(data)
        return True

    def read(self, data: bytes, at: int) -> int:
        """Take what is its own from ``at`` on; return where that ends."""
        content = data[at : at + self._remaining]
        self._remaining -= len(content)
        if self.digest is not None:
            self.digest.take(content)
        return at + len(content)

    def skip(self, missing: int) -> bool:
        """Go on after missing bytes; False when it cannot be known where."""
        return _skip(self, missing)


class _Part(Enum):
    """Where in the chunked coding the next line stands (RFC 9112 section 7.1)."""

    SIZE = 1
    AFTER_DATA = 2
    TRAILER = 3


class Chunked:
    """A body in chunks; extensions and trailers are read over."""

    __slots__ = ("_line", "_part", "_remaining", "_trailer_bytes", "digest", "done")

    ends_with_flow = False

    def __init__(self, digest: Digest | None) -> None:
        self.digest = digest
        self.done = False
        self._remaining = 0
        self._part = _Part.SIZE
        self._line = b""
        self._trailer_bytes = 0

    def swallow(self, data: memoryview) -> bool:
        """Take data that lies in the middle of the body; False when it may end here, or is to be looked at."""
        if len(data) >= self._remaining or (self.digest is not None and not self.digest.swallow(data)):
            return False
        self._remaining -= len(data)
        return True

    def read(self, data: bytes, at: int) -> int:
        """Take what is its own from ``at`` on; return where that ends."""
        size = len(data)
        while at < size and not self.done:
            if self._remaining == 0:
                at = self._read_line(data, at)
                continue
            content = data[at : at + self._remaining]
            self._remaining -= len(content)
            at += len(content)
            if self.digest is not None:
                self.digest.take(content)
        return at

    def skip(self, missing: int) -> bool:
        """Go on after missing bytes; False when it cannot be known where."""
        return _skip(self, missing)

    def _read_line(self, data: bytes, at: int) -> int:
        end = data.find(b"\n", at)
        self._line += data[at:] if end < 0 else data[at:end]
        if len(self._line) > LINE_BYTES:
            raise Malformed("http: endless line in a chunked body")
        if end < 0:
            return len(data)
        line, self._line = self._line.strip(), b""
        self._take_line(line)
        return end + 1

    def _take_line(self, line: bytes) -> None:
        match self._part:
            case _Part.SIZE:
                self._remaining = _chunk_size(line)
                self._part = _Part.AFTER_DATA if self._remaining else _Part.TRAILER
            case _Part.AFTER_DATA:
                if line:
                    raise Malformed("http: chunk longer than its size")
                self._part = _Part.SIZE
            case _Part.TRAILER:
                self.done = not line
                self._trailer_bytes += len(line)
                if self._trailer_bytes > TRAILER_BYTES:
                    raise Malformed("http: endless trailer")


Body = Sized | Chunked


def body_of(framing: int, digest: Digest | None) -> Body:
    """Return the reader of a body that its head frames so."""
    return Chunked(digest) if framing == CHUNKED else Sized(framing, digest)


def _skip(body: Body, missing: int) -> bool:
    if missing > body._remaining:  # noqa: SLF001 - a method that both classes share
        return False
    body._remaining -= missing  # noqa: SLF001 - as above
    if body.digest is not None:
        body.digest.skip(missing)
    return True


def _chunk_size(line: bytes) -> int:
    digits = line.partition(b";")[0].strip()
    if not digits or len(digits) > SIZE_DIGITS or digits.strip(_HEX):
        raise Malformed("http: no usable chunk size")
    return int(digits, 16)
