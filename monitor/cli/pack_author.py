"""What the author of a pack needs of the disk: the files that go into it, and new files that nobody sees half of."""

import os
from pathlib import Path

from monitor.cli.failure import fail

_DATA_SUFFIXES = frozenset({".csv", ".txt"})


def check_passes(folder: Path, today: str) -> None:
    """End the command when a folder has errors: what does not pass here would be refused everywhere."""
    from monitor.catalog.pack_review import SHOWN_ERRORS
    from monitor.catalog.review import Gravity, review

    errors = [issue for issue in review([folder], today=today) if issue.gravity is Gravity.ERROR]
    if errors:
        shown = "\n".join(map(str, errors[:SHOWN_ERRORS]))
        fail(f"{folder}: errors: {len(errors)}; see 'umbilical signatures check'\n{shown}")


def packed_files(folder: Path) -> dict[str, bytes]:
    """Return what the loader reads and the licences beside it; an odd name is refused later, not left out here."""
    from monitor.catalog.folder_files import DATA, files_of

    found = files_of(folder).vendor_files + sorted(
        path for path in folder.glob(f"{DATA}/*") if path.suffix in _DATA_SUFFIXES
    )
    return {path.relative_to(folder).as_posix(): _content(path) for path in found}


def _content(path: Path) -> bytes:
    from monitor.catalog.file_text import file_bytes

    try:
        return file_bytes(path)
    except ValueError as error:
        fail(f"{path}: {error}")


def create_file(path: Path, content: bytes, mode: int) -> None:
    """Write a new file that nobody else could ever read more of than its mode says."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as stream:
        stream.write(content)
