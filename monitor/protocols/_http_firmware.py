"""Whether a body looks like firmware: by its media type, the name in its path, or its first bytes.

It only decides what is worth hashing whole; whether an image is expected or wrong is judged elsewhere.
"""

from enum import Enum
from functools import lru_cache

PREFIX_BYTES = 64
"""First bytes of a body that are looked at, and shown."""

MAGICS = {
    b"\x7fELF": "ELF (System V ABI, gABI 4.1)",
    b"\x3a\xff\x26\xed": "Android sparse image (libsparse, little endian)",
    b"ANDROID!": "Android boot image",
    b"CrAU": "Android and Chrome OS update payload",
    b"\x27\x05\x19\x56": "U-Boot legacy image (image.h)",
    b"\xd0\x0d\xfe\xed": "flattened device tree, also U-Boot FIT (Devicetree Specification section 5.2)",
    b"hsqs": "SquashFS, little endian",
    b"sqsh": "SquashFS, big endian",
    b"UBI#": "UBI erase block",
    b"\x31\x18\x10\x06": "UBIFS node, little endian",
    b"HDR0": "TRX image",
    b"\x3d\xb8\xf3\x96": "MCUboot image (design, Image Format)",
    b"UF2\n": "UF2 block",
    b"BSDIFF40": "bsdiff patch",
    b"\xd6\xc3\xc4": "VCDIFF delta (RFC 3284 section 4.1), xdelta3",
}
"""First bytes that tell an image or a patch whatever the server calls it."""
PACKED_MAGICS = {
    b"\x1f\x8b\x08": "gzip (RFC 1952 section 2.3)",
    b"PK\x03\x04": "ZIP local file header",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "Zstandard (RFC 8878 section 3.1.1)",
    b"BZh": "bzip2",
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"070701": "cpio, new ASCII format",
    b"070702": "cpio, new ASCII format with checksums; SWUpdate",
}
"""First bytes of containers; they say nothing of a web page or when a Content-Encoding is stated."""

_IMAGE_NAMES = (
    "octet-stream binary x-binary macbinary x-macbinary gzip x-gzip zip x-zip x-zip-compressed x-tar x-gtar"
    " x-compressed x-compressed-tar x-bzip2 x-xz zstd x-zstd x-lzma x-7z-compressed x-cpio x-elf x-executable"
    " x-sharedlib x-firmware x-debian-package vnd.debian.binary-package x-rpm x-iso9660-image x-raw-disk-image"
    " vnd.android.package-archive java-archive"
)
_IMAGE_TYPES = frozenset(f"application/{name}" for name in _IMAGE_NAMES.split()) | {"binary/octet-stream"}
_PAGE_NAMES = (
    "json xml javascript x-javascript ecmascript xhtml+xml x-www-form-urlencoded pdf wasm"
    " ocsp-request ocsp-response pkix-cert pkix-crl pkcs7-mime pkcs7-signature x-pkcs7-crl x-x509-ca-cert"
    " dns-message protobuf x-protobuf cbor senml+cbor msgpack x-msgpack grpc vnd.syncml.dm+wbxml"
    " vnd.apple.mpegurl x-mpegurl"
)
_PAGE_TYPES = frozenset(f"application/{name}" for name in _PAGE_NAMES.split())
"""Pages and messages: never firmware by name or by being binary."""
_PAGE_FAMILIES = frozenset({"image", "audio", "video", "font", "text", "multipart", "message"})
_PAGE_SUFFIXES = ("+json", "+xml")
_UNTYPED = frozenset({"text/plain", "unknown/unknown", "application/unknown", "*/*"})
"""What servers say of files that they do not know (WHATWG MIME Sniffing section 7.1)."""
_CACHED = 1 << 10
_EXTENSION_NAMES = (
    "bin img fw fwu zip dup pac gz tgz tar xz bz2 zst 7z upg swu cwe spk dfota hex rom delta par pkg ubi squashfs itb"
    " uf2 dfu mbn elf axf s19 srec mot ota upd patch raw apk ipk deb rpm trx chk cab"
)
_EXTENSIONS = frozenset(_EXTENSION_NAMES.split())
_BINARY = bytes(code for code in range(0x20) if code not in b"\t\n\f\r\x1b")
"""The binary data bytes of the WHATWG MIME Sniffing standard, section 3."""


class Likeness(Enum):
    """What can be said before the first bytes are there."""

    IMAGE = 1
    """By type or by name."""
    UNKNOWN = 2
    """Its first bytes decide."""
    PAGE = 3
    """Only an unmistakable magic can make it one."""
    NEVER = 4
    """Not what was asked for, but a word about it: an error page, a redirect."""


_IMAGE, _UNKNOWN, _PAGE, _NEVER = Likeness
_MAGIC_STARTS = tuple(MAGICS)
_PACKED_STARTS = tuple(PACKED_MAGICS)


def likeness(content_type: str | None, path: str | None) -> Likeness:
    """Judge a body by its media type and by the extension of the path that was asked for."""
    by_type = _by_type(content_type)
    if by_type is _UNKNOWN and path is not None and _extension(path) in _EXTENSIONS:
        return _IMAGE
    return by_type


def is_image(prefix: bytes, before: Likeness, *, encoded: bool) -> bool:
    """Judge by the first bytes what ``likeness`` left open."""
    if before is _NEVER:
        return False
    if before is _IMAGE or prefix.startswith(_MAGIC_STARTS):
        return True
    if before is _PAGE or encoded:
        return False
    return prefix.startswith(_PACKED_STARTS) or _is_binary(prefix)


@lru_cache(maxsize=_CACHED)
def _by_type(content_type: str | None) -> Likeness:
    if content_type is None or content_type in _UNTYPED:
        return _UNKNOWN
    if content_type in _IMAGE_TYPES:
        return _IMAGE
    family = content_type.partition("/")[0]
    is_page = family in _PAGE_FAMILIES or content_type in _PAGE_TYPES or content_type.endswith(_PAGE_SUFFIXES)
    return _PAGE if is_page else _UNKNOWN


def _extension(path: str) -> str:
    """Return the lower-case extension of the last segment of a path, without its query."""
    name = path.partition("?")[0].rpartition("/")[2]
    return name.rpartition(".")[2].lower() if "." in name else ""


def _is_binary(prefix: bytes) -> bool:
    if prefix.startswith((b"\xfe\xff", b"\xff\xfe")):
        # UTF-16 text holds zero bytes.
        return False
    if len(prefix.translate(None, _BINARY)) != len(prefix):
        return True
    # A character cut by the end of the prefix is no sign of binary data.
    return "\ufffd" in prefix.decode("utf-8", "replace")[:-1]
