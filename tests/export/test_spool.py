import errno
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import orjson
import pytest

from monitor.export._disk_store import DiskStore
from monitor.export._record_line import SpoolRecord
from monitor.export._store import MemoryStore, Store
from monitor.export.spool import MOST_AT_ONCE, Settings, Spool
from tests.kit.receivers import PATIENCE_SECONDS, eventually, make_alert

LIMIT = 1 << 20


class Stubborn(MemoryStore):
    """Takes nothing while it is broken, and may be slow."""

    def __init__(self) -> None:
        super().__init__(LIMIT)
        self.is_broken = False
        self.gate = threading.Event()
        self.gate.set()
        self.sizes: list[int] = []

    def append(self, lines: Sequence[bytes]) -> None:
        self.gate.wait(PATIENCE_SECONDS)
        if self.is_broken:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self.sizes.append(len(lines))
        super().append(lines)


@contextmanager
def running(store: MemoryStore, queue: int = 1000, said: list[str] | None = None) -> Iterator[Spool]:
    spool = Spool(store, queue, list[str]().append if said is None else said.append)
    yield spool
    spool.close(PATIENCE_SECONDS)


def everything(store: Store) -> list[SpoolRecord]:
    reader, told = store.reader(-1), list[SpoolRecord]()
    while records := reader.take(1000):
        told += records
    return told


def ids(store: Store) -> list[str]:
    return [orjson.loads(one.json)["alert_id"] for one in everything(store)]


def numbers(records: Sequence[SpoolRecord]) -> list[int]:
    return [int(orjson.loads(one.json)["alert_id"], 16) for one in records]


def put(spool: Spool, wanted: Iterable[int]) -> None:
    for number in wanted:
        spool.put(make_alert(number))


def test_what_is_put_is_safe_after_a_flush_and_in_order() -> None:
    with running(Stubborn()) as spool:
        for number in range(20):
            spool.put(make_alert(number))
        assert spool.flush(PATIENCE_SECONDS)
        assert ids(spool.store) == [f"{number:016x}" for number in range(20)]


def test_what_is_queued_is_written_together() -> None:
    store = Stubborn()
    store.gate.clear()
    with running(store) as spool:
        for number in range(MOST_AT_ONCE + 10):
            spool.put(make_alert(number))
        assert not spool.flush(0.01)
        store.gate.set()
        assert spool.flush(PATIENCE_SECONDS)
    assert len(store.sizes) <= 3
    assert max(store.sizes) <= MOST_AT_ONCE


def test_a_full_disk_holds_up_nobody_and_nothing_is_lost_silently() -> None:
    store, said = Stubborn(), list[str]()
    store.is_broken = True
    with running(store, queue=5, said=said) as spool:
        for number in range(9):
            spool.put(make_alert(number))
        eventually(lambda: spool.write_failures >= 2)
        assert spool.queue_dropped == 4
        assert not spool.flush(0.01)
        store.is_broken = False
        assert spool.flush(PATIENCE_SECONDS)
        assert len(ids(store)) == 5
        eventually(lambda: len(said) == 2)
    assert said == [
        "spool: cannot be written: No space left on device; alerts wait in memory",
        "spool: can be written again; 0 alerts were dropped meanwhile",
    ]


def test_what_the_disk_does_not_take_is_shown_from_memory_in_order_and_once() -> None:
    store = Stubborn()
    with running(store) as spool:
        reader = spool.reader(-1)
        put(spool, range(3))
        assert spool.flush(PATIENCE_SECONDS)
        store.is_broken = True
        put(spool, range(3, 6))
        eventually(lambda: spool.newest == 6)
        assert numbers(reader.take(2)) == [0, 1]
        assert numbers(reader.take(9)) == [2]
        assert numbers(reader.take(2)) == [3, 4]
        store.is_broken = False
        assert spool.flush(PATIENCE_SECONDS)
        put(spool, [6])
        assert spool.flush(PATIENCE_SECONDS)
        assert numbers(reader.take(9)) == [5, 6]
        assert reader.take(9) == []
        assert numbers(everything(store)) == list(range(7))


def test_nothing_is_shown_from_memory_while_the_disk_only_takes_its_time() -> None:
    store = Stubborn()
    store.gate.clear()
    with running(store) as spool:
        put(spool, range(3))
        assert not spool.flush(0.05)
        assert spool.reader(-1).take(9) == []
        assert spool.problem == ""
        store.gate.set()


def test_what_comes_while_the_disk_is_full_is_shown_before_the_next_attempt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("monitor.export.spool.FIRST_RETRY_SECONDS", 1000.0)
    monkeypatch.setattr("monitor.export.spool.LONGEST_RETRY_SECONDS", 1000.0)
    store = Stubborn()
    store.is_broken = True
    with running(store) as spool:
        put(spool, [0])
        eventually(lambda: spool.newest == 1)
        put(spool, range(1, 2 * MOST_AT_ONCE))
        eventually(lambda: spool.newest == 2 * MOST_AT_ONCE)
        assert spool.write_failures == 1
        assert spool.problem == "No space left on device"
        store.is_broken = False
        assert spool.flush(PATIENCE_SECONDS), "who asks for it makes the disk be tried at once"
        assert spool.problem == ""
        assert max(store.sizes) <= MOST_AT_ONCE
        assert len(store.sizes) == 3, "what came bit by bit is written together"


def test_what_waits_for_the_disk_is_counted_for_everybody_who_does_not_have_it() -> None:
    store = Stubborn()
    with running(store) as spool:
        put(spool, range(3))
        assert spool.flush(PATIENCE_SECONDS)
        store.is_broken = True
        put(spool, range(3, 6))
        eventually(lambda: spool.newest == 6)
        assert [spool.pending(after) for after in (0, 3, 4, 6)] == [6, 3, 2, 0]
        assert spool.unsafe == 3
        store.is_broken = False
        assert spool.flush(PATIENCE_SECONDS)
        assert [spool.pending(after) for after in (0, 3, 4, 6)] == [6, 3, 2, 0]
        assert spool.unsafe == 0


def test_an_alert_that_cannot_be_kept_does_not_make_others_look_safe() -> None:
    store = Stubborn()
    store.is_broken = True
    with running(store) as spool:
        put(spool, [0])
        eventually(lambda: spool.write_failures)
        spool.put(make_alert(1, details={"huge": "x" * (1 << 20)}))
        eventually(lambda: spool.queue_dropped == 1)
        assert not spool.flush(0)
        assert spool.pending(0) == 1


def test_closing_with_a_full_disk_ends_says_no_and_still_shows_what_is_in_memory() -> None:
    store, said = Stubborn(), list[str]()
    store.is_broken = True
    spool = Spool(store, 10, said.append)
    put(spool, range(3))
    assert not spool.close(PATIENCE_SECONDS)
    assert numbers(spool.reader(-1).take(9)) == [0, 1, 2]
    assert (
        said[-1]
        == "spool: 3 alerts could not be written; outputs that do not take them now will never get them"
    )


def test_closing_a_disk_that_hangs_is_bounded() -> None:
    store = Stubborn()
    store.gate.clear()
    spool = Spool(store, 10)
    spool.put(make_alert())
    assert not spool.close(0.05)
    store.gate.set()


def test_an_alert_that_no_spool_can_keep_is_dropped_and_the_others_are_not() -> None:
    said: list[str] = []
    with running(Stubborn(), said=said) as spool:
        spool.put(make_alert(1, details={"huge": "x" * (1 << 20)}))
        spool.put(make_alert(2, evidence=None))
        spool.put(make_alert(3))
        assert spool.flush(PATIENCE_SECONDS)
        assert len(ids(spool.store)) == 1
        assert spool.queue_dropped == 2
    assert "longer than 1 MiB" in said[0]


def test_settings_that_make_no_sense_are_refused() -> None:
    for wrong in ({"limit_bytes": 1000}, {"queue": 0}):
        with pytest.raises(ValueError, match=r"limit:|queue:"):
            Settings(**wrong)
    assert Settings() == Settings(limit_bytes=64 << 20, queue=4_000)


WRITER = """
import sys, itertools
from pathlib import Path
from monitor.export._disk_store import DiskStore
from monitor.export.spool import Spool
from tests.kit.receivers import make_alert
store = DiskStore(Path(sys.argv[1]), 1 << 24)
spool = Spool(store, 1000)
alert = make_alert()
from dataclasses import replace
print("ready", flush=True)
for number in itertools.count(int(sys.argv[2])):
    spool.put(replace(alert, alert_id=f"{number:016x}"))
    if spool.flush(10):
        print(number, flush=True)
"""


def test_kill_at_any_instant_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    chance, acknowledged, following = random.Random(), -1, 0
    for _ in range(4):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, tmp_path, str(following)], stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
        time.sleep(chance.uniform(0.0, 0.15))
        writer.send_signal(signal.SIGKILL)
        told = writer.stdout.read().split("\n")[:-1]
        writer.stdout.close()
        writer.wait()
        acknowledged = max([acknowledged, *map(int, told)])
        store = DiskStore(tmp_path, 1 << 24)
        records = everything(store)
        store.close()
        kept = [int(orjson.loads(one.json)["alert_id"], 16) for one in records]
        assert all(one.sequence < two.sequence for one, two in pairwise(records))
        assert kept == list(range(len(kept)))
        assert len(kept) > acknowledged
        following = len(kept)
    assert acknowledged > 0


def test_a_disk_that_is_really_full_is_waited_for(tmp_path: Path) -> None:
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", folder], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no file system may be mounted here: {mounted.stderr.decode().strip()}")
    try:
        filler = folder / "filler"
        store = DiskStore(folder / "spool", LIMIT)
        after = store.register("webhook")
        spool = Spool(store, 1000)
        filler.write_bytes(b"x" * (100 << 10))
        for number in range(60):
            spool.put(make_alert(number))
        eventually(lambda: spool.write_failures >= 1)
        assert not spool.flush(0)
        eventually(lambda: spool.unsafe and spool.newest - store.last_sequence == spool.unsafe)
        reader = spool.reader(after)
        assert numbers([*reader.take(99), *reader.take(99)]) == list(range(60))
        filler.unlink()
        assert spool.flush(PATIENCE_SECONDS)
        spool.close(PATIENCE_SECONDS)
        told = [orjson.loads(one.json)["alert_id"] for one in everything(store)]
        assert told == [f"{number:016x}" for number in range(60)]
        store.close()
    finally:
        subprocess.run(["umount", "-l", folder], check=True)
