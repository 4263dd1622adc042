"""Where signature packs are installed: unpacked side by side, and one file that says which is in use.

Rule: that file is replaced as a whole, and only when everything it names is on the disk. So whatever interrupts an
installation, the pack of before or the new one is in use, complete; what lies about is removed by the next one.
"""

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from monitor.catalog.pack import Pack
from monitor.catalog.pack_in_use import (
    CURRENT,
    FILES,
    MANIFEST,
    PREVIOUS,
    SIGNATURE,
    STATE,
    InstalledPack,
    State,
    installed,
    read_state,
)
from monitor.cli.disk import Busy, Disk, held
from monitor.model.errors import Location, SignatureError

_NEW_STATE = ".in-use.new"


class PackStore:
    """The packs of a site: the one in use and the one before it."""

    def __init__(self, folder: Path, disk: Disk | None = None) -> None:
        self.folder = folder
        self._disk = disk or Disk()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep others from changing the store; raises SignatureError when somebody does."""
        try:
            with held(self.folder):
                yield
        except Busy as error:
            raise SignatureError(str(error), Location(str(self.folder))) from error

    def install(self, pack: Pack, accept: Callable[[Path], None]) -> None:
        """Unpack, let ``accept`` look at the folder and raise if it wants, then put it in use; call it while held."""
        before = read_state(self.folder)
        self._tidy()
        staged = self._new_folder(str(pack.manifest.version))
        try:
            self._unpack(pack, staged)
            accept(installed(staged).signatures)
            kept = before.current if self._is_whole(before.current) else before.previous
            self._use(State(current=staged.name, previous=kept))
        finally:
            self._tidy()

    def roll_back(self) -> InstalledPack | None:
        """Exchange the pack in use and the one before, and return what is in use now; None for the bundled signatures."""
        state = read_state(self.folder)
        if state == State():
            raise SignatureError(
                "no pack was installed, so there is none to go back from", Location(str(self.folder))
            )
        pack = None if state.previous is None else installed(self.folder / state.previous)
        self._use(State(current=state.previous, previous=state.current))
        return pack

    def _new_folder(self, version: str) -> Path:
        """Return a fresh folder: its name is nothing's until the state says it."""
        return Path(tempfile.mkdtemp(prefix=f"{version}.", dir=self.folder))

    def _unpack(self, pack: Pack, folder: Path) -> None:
        disk, inner = self._disk, folder / FILES
        disk.make_folder(folder)
        disk.make_folder(inner)
        places = {inner / name: content for name, content in pack.files.items()}
        for parent in sorted({path.parent for path in places} - {inner}):
            disk.make_folder(parent)
        places |= {folder / MANIFEST: pack.manifest.written(), folder / SIGNATURE: pack.signature}
        for path, content in places.items():
            disk.write(path, content)
        for parent in {path.parent for path in places} | {folder, inner, self.folder}:
            disk.settle(parent)

    def _is_whole(self, name: str | None) -> bool:
        """Whether one could go back to a pack; the bundled signatures are always there."""
        try:
            return name is None or bool(installed(self.folder / name))
        except SignatureError:
            return False

    def _use(self, state: State) -> None:
        text = json.dumps({CURRENT: state.current, PREVIOUS: state.previous}).encode("ascii") + b"\n"
        self._disk.write(self.folder / _NEW_STATE, text)
        self._disk.replace(self.folder / _NEW_STATE, self.folder / STATE)
        self._disk.settle(self.folder)

    def _tidy(self) -> None:
        """Remove folders that the state does not name: of packs long gone, refused, or interrupted."""
        named = set(read_state(self.folder))
        for path in self.folder.iterdir():
            if path.is_dir() and path.name not in named:
                self._disk.remove(path)
