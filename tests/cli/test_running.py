import os
from collections.abc import Callable
from pathlib import Path

from monitor.cli.running import Request, run, status_of, warn
from tests.cli.command import Done

Command = Callable[..., Done]


def test_a_pipe_and_several_workers_do_not_go_together(umbilical: Command, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for name in ("-", str(pipe)):
        done = umbilical("replay", "--workers", "2", name)
        assert (2, "", 1) == (done.status, done.out, done.err.count("\n"))


def test_workers_tell_the_same(umbilical: Command, contact: Path) -> None:
    alone = umbilical("replay", "--json", str(contact))
    together = umbilical("replay", "--json", "--workers", "2", str(contact))
    assert (0, alone.out) == (together.status, together.out)


def test_listeners_hear_and_the_stories_are_kept(contact: Path) -> None:
    heard: list[object] = []
    ran = run(Request(captures=[str(contact)], quiet=True), story=heard.append)
    assert (1, 1, 0) == (len(heard), ran.stories.total, status_of(ran))
    warn(ran)
