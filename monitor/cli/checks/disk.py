"""Whether there is room for what the sensor keeps: checkpoints, alerts that wait, recorded packets, alert files."""

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from monitor.cli.checks._subject import Remark, Subject, ok, warning
from monitor.config.tree import Config
from monitor.model.size import size_bytes, size_text

CHECKPOINT_BYTES = size_bytes("256MiB")
"""Two checkpoints of full tables, about: the old one stays until the new one is whole."""
_MIB = 1 << 20


def check(subject: Subject) -> Iterator[Remark]:
    """Yield the room in each folder."""
    config = subject.checked.config
    for folder, needed in _needs(config).items():
        nearest = next(one for one in (folder, *folder.absolute().parents) if one.exists())
        try:
            free = shutil.disk_usage(nearest).free
        except OSError as error:
            yield warning(f"{folder}: {error.strerror}", f"ls -ld {nearest}")
            continue
        text = f"{folder}: {free // _MIB:,} MiB free, up to {size_text(needed)} wanted"
        yield ok(text) if free >= needed else warning(text, f"df -h {nearest}    and make room")


def _needs(config: Config) -> Mapping[Path, int]:
    needs: dict[Path, int] = {}
    if config.state_folder is not None:
        needs[config.state_folder] = CHECKPOINT_BYTES + config.settings("export.spool").limit_bytes
    if config.record_folder is not None:
        needs[config.record_folder] = config.sensor.record_size_bytes
    return needs


CHECK = check
