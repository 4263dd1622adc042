"""A signature pack: the files of a folder with a signed manifest, as the bytes of one file, and back. Opens nothing.

Rule: the signature is checked before anything of the manifest is believed, the manifest before any file is.
"""

from collections.abc import Mapping
from typing import NamedTuple

from monitor.catalog.pack_key import SIGNATURE_BYTES, is_signed, sign
from monitor.catalog.pack_manifest import Manifest, Version
from monitor.catalog.pack_zip import read_zip, write_zip
from monitor.model.errors import Malformed

MANIFEST = "manifest.json"
SIGNATURE = "manifest.sig"
FILES = "signatures/"
"""Stands before the names of the manifest, so that unzip makes one folder."""


class Pack(NamedTuple):
    """A pack whose signature, names and digests hold."""

    manifest: Manifest
    signature: bytes
    """Of the manifest's text."""
    files: dict[str, bytes]
    """By their names in the signature folder."""


def write_pack(files: Mapping[str, bytes], version: Version, private_pem: bytes) -> bytes:
    """Return the bytes of a pack; the same files, version and key give the same bytes."""
    manifest = Manifest.of(version, files)
    text = manifest.written()
    entries = {MANIFEST: text, SIGNATURE: sign(private_pem, text)}
    data = write_zip(entries | {FILES + name: files[name] for name in manifest.files})
    read_zip(data)  # what is too large to be read shall not be written
    return data


def read_pack(data: bytes, public_key: str) -> Pack:
    """Return what a pack holds; raises Malformed that says why it is refused, ValueError for a key that is none."""
    entries = read_zip(data)
    text, signature = entries.pop(MANIFEST, None), entries.pop(SIGNATURE, None)
    if text is None or signature is None:
        raise Malformed("not a pack: a zip without manifest or signature")
    if len(signature) != SIGNATURE_BYTES or not is_signed(public_key, text, signature):
        raise Malformed("the signature does not fit: altered, or signed with another key")
    manifest = Manifest.parse(text)
    files = {_inside(name): content for name, content in entries.items()}
    manifest.check(files)
    return Pack(manifest, signature, files)


def _inside(name: str) -> str:
    if not name.startswith(FILES):
        raise Malformed(f"{name!r} is not in the manifest")
    return name.removeprefix(FILES)
