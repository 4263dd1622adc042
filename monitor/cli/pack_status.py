"""Which signatures are in use, for those who replace them and those who ask."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from monitor.cli.failure import say

if TYPE_CHECKING:
    from monitor.catalog.pack_in_use import InstalledPack
    from monitor.catalog.pack_review import Used
    from monitor.config.tree import Config

BUNDLED, PACK = "bundled", "pack"
_DAY_NS = 86_400_000_000_000


def used_signatures(store: Path) -> "Used":
    """Return what is in use; a damaged pack is told, and may be mended by the same version again."""
    from monitor.catalog.catalog import Catalog
    from monitor.catalog.pack_in_use import installed, read_state, version_in_use, version_of
    from monitor.catalog.pack_review import Used
    from monitor.model.errors import SignatureError

    name = read_state(store).current
    if name is not None:
        try:
            pack = installed(store / name)
            return Used(pack.manifest.version, Catalog.load([pack.signatures]), pack)
        except SignatureError as error:
            say(str(error))
    bundled = Catalog.load()
    return Used(version_in_use(None, bundled) if name is None else version_of(name), bundled, None)


def status_record(configured: "Config") -> dict[str, Any]:
    """Return what is in use and what a rollback would go back to."""
    from monitor.catalog.catalog import Catalog
    from monitor.catalog.pack_in_use import pack_in_use, version_in_use

    pack = pack_in_use(configured.pack_folder)
    catalog = Catalog.load(None if pack is None else [pack.signatures])
    bundled = catalog if pack is None else Catalog.load()
    version = version_in_use(pack, catalog)
    return {
        "in_use": BUNDLED if pack is None else PACK,
        "version": str(version),
        "age_days": (time.time_ns() - version.day_ns) // _DAY_NS,
        "signatures": len(catalog.signatures),
        "vendors": len(catalog.vendors),
        "digest": catalog.digest,
        "key": None if pack is None else _key_verdict(pack, configured.catalog.pack_key),
        "folder": None if pack is None else str(pack.folder),
        "previous": _previous(configured.pack_folder),
        "bundled_version": str(version_in_use(None, bundled)),
    }


def _previous(store: Path | None) -> str | None:
    """Return the version that a rollback would go back to; None when no pack was ever installed."""
    from monitor.catalog.pack_in_use import State, read_state, version_of

    state = State() if store is None else read_state(store)
    if state.previous is not None:
        return str(version_of(state.previous))
    return None if state.current is None else BUNDLED


def _key_verdict(pack: "InstalledPack", pinned: str | None) -> str:
    from monitor.catalog.pack_in_use import SIGNATURE
    from monitor.catalog.pack_key import is_signed

    if pinned is None:
        return "none is configured"
    holds = is_signed(pinned, pack.manifest.written(), (pack.folder / SIGNATURE).read_bytes())
    return "signed with the configured key" if holds else "not signed with the configured key"
