"""Where geo-IP databases are installed: sets side by side, and one link that says which is in use.

Rule: a set is complete on the disk before the link names it, and never changed afterwards. So whatever interrupts an
installation, the set of before or the new one is in use, whole; what lies about is removed by the next one.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from monitor.cli.disk import Disk, held
from monitor.enrich.installed import (
    CURRENT,
    MANIFEST,
    PREVIOUS,
    SUFFIX,
    Installed,
    manifest_text,
    read_manifest,
)

_NEW_LINK = ".link.new"
_SET = "set-"


class GeoIpStore:
    """The sets of a site: the one in use and the one before it; call everything but ``current`` while held."""

    def __init__(self, folder: Path, disk: Disk | None = None) -> None:
        self.folder = folder
        self._disk = disk or Disk()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep others from changing the store; raises Busy when somebody does."""
        with held(self.folder):
            yield

    def current(self) -> dict[str, Installed]:
        """Return the databases in use, by name; those whose files are whole, as far as their size tells."""
        folder = self.folder / CURRENT
        return {
            name: one
            for name, one in read_manifest(folder).items()
            if _size(folder / f"{name}{SUFFIX}") == one.size_bytes
        }

    def previous(self) -> dict[str, Installed]:
        """Return the databases that a rollback would put in use."""
        return read_manifest(self.folder / PREVIOUS)

    @contextmanager
    def staged(self) -> Iterator[Path]:
        """Make a folder for a new set; it is removed afterwards unless ``use`` made it the one in use."""
        self._tidy()
        folder = Path(tempfile.mkdtemp(prefix=_SET, dir=self.folder))
        try:
            self._disk.make_folder(folder)
            yield folder
        finally:
            self._tidy()

    def keep(self, name: str, staged: Path) -> None:
        """Take a database of the set in use over into a new one."""
        shutil.copyfile(self._linked(CURRENT) / f"{name}{SUFFIX}", staged / f"{name}{SUFFIX}")

    def use(self, staged: Path, databases: Mapping[str, Installed], *, keep_old: bool) -> None:
        """Put a staged set in use."""
        for name in databases:
            path = staged / f"{name}{SUFFIX}"
            path.chmod(0o644)
            with path.open("rb") as stream:
                os.fsync(stream.fileno())
        self._disk.write(staged / MANIFEST, manifest_text(databases))
        (staged / MANIFEST).chmod(0o644)
        self._disk.settle(staged)
        old = self._linked(CURRENT)
        if keep_old and old.is_dir():
            self._link(PREVIOUS, old)
        elif not keep_old:
            (self.folder / PREVIOUS).unlink(missing_ok=True)
        self._link(CURRENT, staged)

    def roll_back(self) -> dict[str, Installed]:
        """Exchange the set in use and the one before; raises ValueError when there is none."""
        current, previous = self._linked(CURRENT), self._linked(PREVIOUS)
        if previous == current or not read_manifest(previous):
            raise ValueError(
                f"{self.folder}: no databases of before are kept, so there is nothing to go back to"
            )
        self._link(PREVIOUS, current)
        self._link(CURRENT, previous)
        return self.current()

    def _linked(self, name: str) -> Path:
        """Return the folder that a link names; one that cannot be where there is no link."""
        link = self.folder / name
        return self.folder / (link.readlink().name if link.is_symlink() else f"{name}.none")

    def _link(self, name: str, target: Path) -> None:
        new = self.folder / _NEW_LINK
        new.unlink(missing_ok=True)
        new.symlink_to(target.name)
        self._disk.replace(new, self.folder / name)
        self._disk.settle(self.folder)

    def _tidy(self) -> None:
        """Remove sets that no link names: of long ago, refused, or interrupted."""
        named = {self._linked(CURRENT), self._linked(PREVIOUS)}
        for path in self.folder.glob(f"{_SET}*"):
            if path.is_dir() and not path.is_symlink() and path not in named:
                self._disk.remove(path)


def _size(path: Path) -> int | None:
    return path.stat().st_size if path.is_file() else None
