"""Which signatures are in use: those of the installed pack where there is one, else those that came with the program.

Reads, with the catalog's ``load``, what ``cli/pack_store.py`` wrote; a pack that was damaged on the disk is refused, loudly.
"""

import json
import os
import re
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from monitor.catalog.catalog import Catalog
from monitor.catalog.pack_manifest import Manifest, Version
from monitor.model.errors import Location, Malformed, SignatureError

STATE = "in-use.json"
"""The one file that says which pack is in use; it is replaced as a whole."""
CURRENT, PREVIOUS = "current", "previous"
FILES, MANIFEST, SIGNATURE = "signatures", "manifest.json", "manifest.sig"


class State(NamedTuple):
    """Names of folders beside the state; None stands for the bundled signatures."""

    current: str | None = None
    previous: str | None = None


class InstalledPack(NamedTuple):
    """A pack on the disk whose files are what its manifest says."""

    manifest: Manifest
    folder: Path

    @property
    def signatures(self) -> Path:
        """The folder for ``Catalog.load``."""
        return self.folder / FILES


def folders_in_use(store: Path | None, instead: Path | None = None) -> list[Path] | None:
    """Return what ``Catalog.load`` takes: the folder named instead, the installed pack's, or None for the bundled."""
    if instead is not None:
        return [instead]
    pack = pack_in_use(store)
    return None if pack is None else [pack.signatures]


def pack_in_use(store: Path | None) -> InstalledPack | None:
    """Return the installed pack, None when the bundled signatures are in use; raises SignatureError for a damaged one."""
    if store is None:
        return None
    current = read_state(store).current
    return None if current is None else installed(store / current)


def version_in_use(pack: InstalledPack | None, catalog: Catalog) -> Version:
    """Return the version of the pack, or for signatures without one the day of the newest."""
    if pack is not None:
        return pack.manifest.version
    days = [date.fromisoformat(one.added) for one in catalog.signatures if not one.local]
    return Version(max(days, default=_NO_DAY))


def read_state(store: Path) -> State:
    """Return which packs are there; raises SignatureError when nobody can tell."""
    path = store / STATE
    if not os.path.isdir(store):  # noqa: PTH112 - a home that may not be entered has no pack; pathlib raises there
        return State()
    try:
        tree = json.loads(path.read_bytes())
        return State(_folder_name(tree, CURRENT), _folder_name(tree, PREVIOUS))
    except FileNotFoundError:
        return State()
    except OSError as error:
        raise SignatureError(f"cannot be read: {error.strerror}", Location(str(path))) from error
    except (ValueError, RecursionError) as error:
        problem = "damaged; remove it to use the bundled signatures, then update again"
        raise SignatureError(problem, Location(str(path))) from error


def version_of(name: str) -> Version:
    """Return the version of a pack by the name of its folder, which also a damaged one has."""
    return Version.parse(name.rpartition(".")[0])


def installed(folder: Path) -> InstalledPack:
    """Return a pack that was unpacked there; raises SignatureError unless every file is as its manifest says."""
    try:
        manifest = Manifest.parse((folder / MANIFEST).read_bytes())
        manifest.check(_files(folder / FILES))
    except Malformed as error:
        raise SignatureError(
            f"the installed pack is damaged: {error}; {_REMEDY}", Location(str(folder))
        ) from error
    except OSError as error:
        problem = f"the installed pack cannot be read: {error.strerror}; {_REMEDY}"
        raise SignatureError(problem, Location(str(folder))) from error
    return InstalledPack(manifest, folder)


_NO_DAY = date(1970, 1, 1)
_FOLDER_NAME = re.compile(r"[0-9][0-9a-z._]{0,99}", re.ASCII)
_REMEDY = "go back with 'umbilical signatures rollback'"


def _folder_name(tree: Any, key: str) -> str | None:
    name: object = tree[key] if isinstance(tree, dict) and tree.keys() == {CURRENT, PREVIOUS} else ""
    if name is None:
        return None
    if not isinstance(name, str) or not _FOLDER_NAME.fullmatch(name):
        raise ValueError(f"'{key}' is no folder")
    version_of(name)
    return name


def _files(folder: Path) -> dict[str, bytes]:
    found = sorted(path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}
