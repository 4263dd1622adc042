import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from monitor.cli.failure import ExitStatus
from monitor.cli.running import Request, run, status_of, warn
from tests.cli.command import Done

Command = Callable[..., Done]
CHILDREN = "/proc/{0}/task/{0}/children"


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


@pytest.mark.skipif(
    not Path(CHILDREN.format(os.getpid())).exists(),
    reason="the kernel does not list the children of a process",
)
def test_a_worker_that_is_killed_is_told_in_one_line(contact: Path, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    command = [sys.executable, "-m", "monitor", "replay", "--quiet", "--workers", "2", str(pipe)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    with pipe.open("wb") as writer:
        writer.write(contact.read_bytes()[:24])
        writer.flush()
        children = Path(CHILDREN.format(process.pid))
        while len(workers := children.read_text("ascii").split()) < 2:
            assert process.poll() is None
            time.sleep(0.05)
        os.kill(int(workers[0]), signal.SIGKILL)
        writer.write(contact.read_bytes()[24:])
    _, err = process.communicate(timeout=60)
    assert (ExitStatus.BROKEN, 1) == (process.returncode, err.count("\n")), err
    assert "a worker ended before its time" in err
