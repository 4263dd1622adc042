"""That the rights are gone is asked of the kernel, in a process that gave them away."""

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from monitor.cli.privileges import close_inherited
from tests.kit.confined import needs_linux, needs_root, told_by

DROP = """
from monitor.cli.account import Account
from monitor.cli.privileges import drop_privileges
from monitor.cli.kernel_limits import status_field
import subprocess, resource, encodings.idna
opened = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) if os.geteuid() == 0 else None
state = Path(sys.argv[1])
account = Account(name="nobody", uid=65534, gid=65534) if os.geteuid() == 0 else None
dropped = drop_privileges(account, [state])
"""


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Return a folder that every account reaches; those of pytest are private."""
    with TemporaryDirectory(prefix="umbilical-") as name:
        Path(name).chmod(0o777)
        yield Path(name)


@needs_linux
@needs_root
def test_nothing_of_root_is_left(tmp_path: Path) -> None:
    facts = told_by(
        DROP
        + """
tell(
    ids=[*os.getresuid(), *os.getresgid(), *os.getgroups()],
    sets=[status_field(name) for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")],
    no_new=status_field("NoNewPrivs"),
    back=[refusal(lambda: os.setuid(0)), refusal(lambda: os.setgid(0)), refusal(lambda: os.setgroups([0]))],
    packet=refusal(lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)),
    opened=opened.fileno() > 2,
    core=resource.getrlimit(resource.RLIMIT_CORE),
    account=dropped.account,
)
""",
        str(tmp_path),
    )
    assert {65534} == set(facts["ids"])
    assert {"0" * 16} == set(facts["sets"])
    assert ["PermissionError"] * 3 == facts["back"]
    assert (True, "1", [0, 0], "nobody") == (
        facts["opened"],
        facts["no_new"],
        facts["core"],
        facts["account"],
    )
    assert facts["packet"] is not None


@needs_linux
def test_what_a_sensor_does_still_works(open_folder: Path) -> None:
    facts = told_by(
        DROP
        + """
def save():
    (state / "new").write_text("x")
    (state / "new").replace(state / "kept")

def threaded():
    thread = threading.Thread(target=save)
    thread.start()
    thread.join()

def forked():
    child = os.fork()
    if child == 0:
        os._exit(refusal(lambda: os.execv(sys.executable, [sys.executable])) != "PermissionError")
    assert os.waitpid(child, 0)[1] == 0

tell(
    save=refusal(save),
    threaded=refusal(threaded),
    forked=refusal(forked),
    speak=refusal(lambda: socket.socket(socket.AF_INET)),
    resolve=refusal(lambda: socket.getaddrinfo("localhost", 80)),
    own=refusal(lambda: os.listdir("/proc/self/fd")),
    umask=oct(os.umask(0)),
)
""",
        str(open_folder),
    )
    assert {"umask": "0o77"} == {name: value for name, value in facts.items() if value is not None}


@needs_linux
def test_the_filter_is_found_although_finding_it_starts_programs(tmp_path: Path) -> None:
    pytest.importorskip("pyseccomp", reason="needs pyseccomp")
    facts = told_by(DROP + "tell(limits=dropped.limits, missing=dropped.missing)", str(tmp_path))
    assert [] == facts["missing"]
    assert any("seccomp" in limit for limit in facts["limits"])


@needs_linux
def test_what_is_missing_is_said_and_the_rest_holds(tmp_path: Path) -> None:
    facts = told_by(
        "sys.modules['pyseccomp'] = None\n"
        + DROP
        + "tell(missing=dropped.missing, no_new=status_field('NoNewPrivs'))",
        str(tmp_path),
    )
    assert "1" == facts["no_new"]
    assert ["no filter of system calls: pip install 'umbilical[sandbox]' sets one"] == facts["missing"]


def test_what_the_caller_left_open_is_closed() -> None:
    ours, stray, kept = (os.open("/dev/null", os.O_RDONLY) for _ in range(3))
    os.set_inheritable(stray, True)
    os.set_inheritable(kept, True)
    already = {number for number in range(3, 1024) if number != stray and _is_inheritable(number)}
    try:
        assert (stray,) == close_inherited(keep=already)
        assert os.fstat(ours)
        assert os.fstat(kept)
    finally:
        os.close(ours)
        os.close(kept)


def _is_inheritable(number: int) -> bool:
    try:
        return os.get_inheritable(number)
    except OSError:
        return False
