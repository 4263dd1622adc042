import os
import threading
from collections.abc import Callable
from pathlib import Path

from monitor.cli.running import Request, run, status_of, warn
from tests.cli.command import Done

Command = Callable[..., Done]


def test_workers_tell_the_same(umbilical: Command, contact: Path) -> None:
    alone = umbilical("replay", "--json", str(contact))
    together = umbilical("replay", "--json", "--workers", "2", str(contact))
    assert (0, alone.out) == (together.status, together.out)


def test_workers_read_from_a_pipe_as_well(umbilical: Command, contact: Path, tmp_path: Path) -> None:
    alone = umbilical("replay", "--json", str(contact))
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(contact.read_bytes(),), daemon=True)
    writer.start()
    together = umbilical("replay", "--json", "--workers", "2", str(pipe))
    writer.join(10)
    assert alone.out
    assert (0, alone.out.replace(str(contact), str(pipe))) == (together.status, together.out)


def test_listeners_hear_and_the_stories_are_kept(contact: Path) -> None:
    heard: list[object] = []
    ran = run(Request(captures=[str(contact)], quiet=True), story=heard.append)
    assert (1, 1, 0) == (len(heard), ran.stories.total, status_of(ran))
    warn(ran)
