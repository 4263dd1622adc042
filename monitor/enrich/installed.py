"""Which geo-IP databases are installed: a folder of sets, and a link that says which of them is in use.

Rule: the link is replaced as a whole, and only when the set it names is complete on the disk. Nothing is installed here.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from monitor.enrich.geoip import EMBEDDED
from monitor.model.errors import ConfigError, Location

CURRENT, PREVIOUS = "current", "previous"
"""The links: the set in use, and the one before it."""
MANIFEST = "installed.json"
SUFFIX = ".mmdb"
MAX_MANIFEST_BYTES = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """One database of a set."""

    provider: str
    type: str
    """What the database says that it is."""
    built: str
    """RFC 3339."""
    size_bytes: int
    url: str | None = None
    """Where it was fetched, without any key; None for a file that somebody brought."""
    sha256: str | None = None
    """Of what was fetched."""
    etag: str | None = None
    modified: str | None = None
    fetched: str | None = None


def databases_in(folder: Path | None) -> tuple[str, ...] | None:
    """Return the databases in use, with the embedded one for what they do not know; None when none is installed."""
    paths = [] if folder is None else sorted((folder / CURRENT).glob(f"*{SUFFIX}"))
    return (*map(str, paths), EMBEDDED) if paths else None


def read_manifest(folder: Path) -> dict[str, Installed]:
    """Return what is known of a set, by name; empty where there is none. Raises ConfigError for a damaged one."""
    path = folder / MANIFEST
    try:
        with path.open("rb") as stream:
            text = stream.read(MAX_MANIFEST_BYTES)
    except FileNotFoundError:
        return {}
    try:
        return {name: Installed(**facts) for name, facts in json.loads(text).items()}
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise ConfigError(
            "damaged; remove the folder that it is in, and run 'umbilical geoip update'", Location(str(path))
        ) from error


def manifest_text(databases: Mapping[str, Installed]) -> bytes:
    """Return what is known of a set, as a file."""
    return json.dumps({name: asdict(one) for name, one in databases.items()}, indent=1).encode() + b"\n"
