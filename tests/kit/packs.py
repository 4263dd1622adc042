"""Signature packs, right ones and forged ones, and a disk that dies half-way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.catalog.pack import FILES, MANIFEST, SIGNATURE, read_pack, write_pack
from monitor.catalog.pack_key import public_of, sign
from monitor.catalog.pack_manifest import Version
from monitor.catalog.pack_zip import write_zip
from monitor.cli.disk import Disk
from monitor.cli.pack_store import PackStore
from tests.catalog._builders import file_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

PRIVATE = b"""\
-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
-----END PRIVATE KEY-----
"""
"""The first test key of RFC 8032 section 7.1."""
PUBLIC = public_of(PRIVATE)


def right_text(*signatures: str) -> str:
    """Return a vendor file that passes every check."""
    return file_text(*signatures).replace("acme.example", "acme-modules.com")


ACME = {"acme.yaml": right_text().encode(), "data/notes.txt": b"licence\n"}


def acme_pack(version: str = "2026.11.22", files: Mapping[str, bytes] | None = None) -> bytes:
    return write_pack(ACME if files is None else files, Version.parse(version), PRIVATE)


def forged_pack(manifest: bytes, files: Mapping[str, bytes]) -> bytes:
    """Return a pack with a right signature over whatever manifest, beside whatever files."""
    entries = {MANIFEST: manifest, SIGNATURE: sign(PRIVATE, manifest)}
    return write_zip(entries | {FILES + name: content for name, content in files.items()})


def install(store: Path, version: str, disk: Disk | None = None) -> None:
    """Install a pack of one signature, whatever is in use."""
    held = PackStore(store, disk)
    with held.held():
        held.install(read_pack(acme_pack(version), PUBLIC), lambda _: None)


class PowerCut(BaseException):
    """Nothing more happens: no handler of errors may run into it and go on."""


class DyingDisk(Disk):
    """Does so many steps, half of the next if that can be, and never one again."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def make_folder(self, path: Path) -> None:
        self._step(lambda: None)
        super().make_folder(path)

    def write(self, path: Path, content: bytes) -> None:
        self._step(lambda: path.write_bytes(content[: len(content) // 2]))
        super().write(path, content)

    def settle(self, folder: Path) -> None:
        self._step(lambda: None)
        super().settle(folder)

    def replace(self, source: Path, target: Path) -> None:
        self._step(lambda: None)
        super().replace(source, target)

    def remove(self, folder: Path) -> None:
        self._step(lambda: (folder / MANIFEST).unlink(missing_ok=True))
        super().remove(folder)

    def _step(self, half: Callable[[], object]) -> None:
        if self.left == 0:
            half()
        self.left -= 1
        if self.left < 0:
            raise PowerCut
