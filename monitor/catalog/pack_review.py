"""Whether a pack may replace the signatures in use: newer, right, and not suddenly small. Refuses with one plain message."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from monitor.catalog.catalog import Catalog
from monitor.catalog.pack_in_use import InstalledPack
from monitor.catalog.pack_manifest import Version
from monitor.catalog.review import Gravity, review
from monitor.model.errors import SignatureError

SHOWN_ERRORS = 5


class Used(NamedTuple):
    """The signatures in use."""

    version: Version
    """Of the bundled ones, the day of the newest."""
    catalog: Catalog
    pack: InstalledPack | None
    """None for the bundled ones, and for a pack that was damaged."""


def check_newer(version: Version, used: Used) -> None:
    """Raise SignatureError for a version that is older than what is in use, or the same as a pack that is whole."""
    if version < used.version or (version == used.version and used.pack is not None):
        raise SignatureError(
            f"version {version} is refused: the signatures in use are of {used.version}, and only newer ones replace them"
        )


def check_contents(folder: Path, used: Used, local: Sequence[Path], today: str) -> None:
    """Raise SignatureError when an unpacked pack is not fit to be used, alone and beside the site's own folders."""
    try:
        catalog = Catalog.load([folder])
        if local:
            Catalog.load([folder], local=local)
    except SignatureError as error:
        raise SignatureError(
            f"refused, the signatures cannot be loaded:\n{_within(folder, error)}"
        ) from error
    errors = [issue for issue in review([folder], today=today) if issue.gravity is Gravity.ERROR]
    if errors:
        told = "\n".join(_within(folder, issue) for issue in errors[:SHOWN_ERRORS])
        raise SignatureError(f"refused, the signatures have errors ({len(errors)}):\n{told}")
    used.catalog.replaced_by(catalog)


def _within(folder: Path, what: object) -> str:
    """Name files as they are named in the pack: its folder will be gone."""
    return str(what).replace(f"{folder}/", "")
