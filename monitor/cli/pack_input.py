"""What a person names when it is about packs: a pack, a file or an address, and whose key to trust."""

import stat
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.cli.failure import fail, say

if TYPE_CHECKING:
    from monitor.catalog.pack import Pack
    from monitor.config.tree import Config

_MAX_KEY_BYTES = 10_000


def trusted_key(key: str | None, configured: "Config") -> str:
    """Return the key that a pack must be signed with; one that is pinned is not overruled."""
    from monitor.catalog.pack_key import key_bytes

    pinned = configured.catalog.pack_key
    given = pinned if key is None else _key_text(key)
    if given is None:
        fail("whose packs are trusted? Set [catalog] pack_key in the configuration, or give --key")
    if pinned is not None and key_bytes(given) != key_bytes(pinned):
        fail("--key is not the key that the configuration trusts ([catalog] pack_key)")
    return given


def _key_text(key: str) -> str:
    from monitor.catalog.pack_key import key_bytes

    path = Path(key)
    text = _beginning(path, _MAX_KEY_BYTES).decode("ascii", "replace") if path.is_file() else key
    try:
        key_bytes(text)
    except ValueError as error:
        missing = "" if path.is_file() else "no such file, and "
        fail(f"{key}: {missing}not a public key; {error}")
    return text


def private_key(path: Path) -> bytes:
    """Return the text of a private key, with a word when its file is open to others."""
    text = _beginning(path, _MAX_KEY_BYTES)
    if _is_public(text):
        fail(
            f"{path}: this is the public key; packs are signed with the private one, {path.with_suffix('.key')}"
        )
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        say(f"{path}: others may read this key; chmod 600 mends that")
    return text


def _is_public(text: bytes) -> bool:
    from monitor.catalog.pack_key import key_bytes

    try:
        key_bytes(text.decode("ascii"))
    except ValueError:
        return False
    return True


def opened(data: bytes, name: str, trusted: str) -> "Pack":
    """Return what the bytes of a pack hold; raises SignatureError that names it."""
    from monitor.catalog.pack import read_pack
    from monitor.model.errors import Location, Malformed, SignatureError

    try:
        return read_pack(data, trusted)
    except Malformed as error:
        raise SignatureError(str(error), Location(name)) from error


def source_bytes(source: str) -> bytes:
    """Return what is at an address or in a file; nothing is fetched for a file."""
    from monitor.catalog.pack_zip import MAX_PACK_BYTES

    if "://" in source:
        from monitor.cli.fetch import fetch

        return fetch(source, MAX_PACK_BYTES)
    return file_bytes(Path(source))


def file_bytes(path: Path) -> bytes:
    """Return a file, or the beginning of one that is too large for a pack."""
    from monitor.catalog.pack_zip import MAX_PACK_BYTES

    return _beginning(path, MAX_PACK_BYTES + 1)


def _beginning(path: Path, size: int) -> bytes:
    with path.open("rb") as stream:
        return stream.read(size)
