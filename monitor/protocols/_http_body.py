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

    __slots__ = ("_before", "_encoded", "count", "hash", "image", "missing", "prefix", "undecided")

    def __init__(self, before: Likeness, *, encoded: bool) -> None:
        self.count = 0
        """Bytes that were seen."""
        self.missing = 0
        """Bytes that will never be seen."""
        self.prefix = b""
        self.image = False
        self._before = before
        self._encoded = encoded
        self.undecided = True
        self.hash: hashlib._Hash | None = None

    def take(self, content: bytes) -> None:
        self.count += len(content)
        if self.hash is not None:
            self.hash.update(content)
        elif self.undecided:
            self._look(content)

    @property
    def is_counted_only(self) -> bool:
        """Whether nothing is kept of what comes now but how much it is."""
        return not self.undecided and self.hash is None

    def skip(self, missing: int) -> None:
        self.settle()
        self.missing += missing
        self.hash = None

    def settle(self) -> None:
        """Decide with what there is, since the prefix will not grow."""
        if self.undecided:
            self._decide(self.prefix)

    def sha256(self) -> str | None:
        """Return the hash of all that was seen, if it looks like an image and nothing is missing."""
        return None if self.hash is None else self.hash.hexdigest()

    def _look(self, content: bytes) -> None:
        # While nothing is decided, the prefix is all that came before.
        before = self.prefix
        self.prefix = before + content[: PREFIX_BYTES - len(before)]
        if len(self.prefix) == PREFIX_BYTES:
            self._decide(before + content)

    def _decide(self, content: bytes) -> None:
        self.undecided = False
        self.image = bool(content) and is_image(self.prefix, self._before, encoded=self._encoded)
        if self.image:
            self.hash = hashlib.sha256(content, usedforsecurity=False)


class _Counted:
    """What bodies share: content of which so much remains, all of it or of its chunk."""

    __slots__ = ("digest", "remaining")

    digest: Digest | None
    remaining: int

    @property
    def span(self) -> int:
        """How many of the next bytes need not be looked at."""
        return self.remaining if self.digest is None or self.digest.is_counted_only else 0

    @property
    def is_kept(self) -> bool:
        """Whether every byte of it is looked at."""
        return self.digest is not None and self.digest.image

    def absorb(self, count: int) -> None:
        """Count bytes of the span."""
        self.remaining -= count
        if self.digest is not None:
            self.digest.count += count

    def skip(self, missing: int) -> bool:
        """Go on after missing bytes; False when it cannot be known where."""
        if missing > self.remaining:
            return False
        self.remaining -= missing
        if self.digest is not None:
            self.digest.skip(missing)
        return True


class Sized(_Counted):
    """A body of known length, or one that ends with the connection."""

    __slots__ = ("ends_with_flow",)

    def __init__(self, length: int, digest: Digest | None) -> None:
        self.ends_with_flow = length == UNTIL_CLOSE
        self.digest = digest
        self.remaining = _FOREVER if self.ends_with_flow else length

    @property
    def done(self) -> bool:
        return self.remaining == 0

    def read(self, data: bytes, at: int) -> int:
        """Take what is its own from ``at`` on; return where that ends."""
        content = data[at : at + self.remaining]
        self.remaining -= len(content)
        if self.digest is not None:
            self.digest.take(content)
        return at + len(content)


class _Part(Enum):
    """Where in the chunked coding the next line stands (RFC 9112 section 7.1)."""

    SIZE = 1
    AFTER_DATA = 2
    TRAILER = 3


class Chunked(_Counted):
    """A body in chunks; extensions and trailers are read over."""

    __slots__ = ("_line", "_part", "_trailer_bytes", "done")

    ends_with_flow = False

    def __init__(self, digest: Digest | None) -> None:
        self.digest = digest
        self.done = False
        self.remaining = 0
        self._part = _Part.SIZE
        self._line = b""
        self._trailer_bytes = 0

    def read(self, data: bytes, at: int) -> int:
        """Take what is its own from ``at`` on; return where that ends."""
        size = len(data)
        while at < size and not self.done:
            if self.remaining == 0:
                at = self._read_line(data, at)
                continue
            content = data[at : at + self.remaining]
            self.remaining -= len(content)
            at += len(content)
            if self.digest is not None:
                self.digest.take(content)
        return at

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
                self.remaining = _chunk_size(line)
                self._part = _Part.AFTER_DATA if self.remaining else _Part.TRAILER
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


def _chunk_size(line: bytes) -> int:
    digits = line.partition(b";")[0].strip()
    if not digits or len(digits) > SIZE_DIGITS or digits.strip(_HEX):
        raise Malformed("http: no usable chunk size")
    return int(digits, 16)
