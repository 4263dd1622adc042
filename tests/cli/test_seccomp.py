"""What the filter refuses, asked of the kernel, for every thread."""

import pytest

from monitor.cli.seccomp import REFUSED
from tests.kit.confined import needs_linux, told_by


def _has_seccomp() -> bool:
    try:
        import pyseccomp  # noqa: F401
    except (ImportError, RuntimeError):  # the latter without libseccomp
        return False
    return True


pytestmark = [needs_linux, pytest.mark.skipif(not _has_seccomp(), reason="needs pyseccomp and libseccomp")]

LIMIT = """
import ctypes, errno, subprocess, time
from monitor.cli.seccomp import refuse_system_calls, seccomp_library
libc = ctypes.CDLL(None, use_errno=True)

def error_of(number, *arguments):
    ctypes.set_errno(0)
    return errno.errorcode.get(ctypes.get_errno()) if libc.syscall(number, *arguments) < 0 else None
"""


def test_programs_namespaces_and_packet_sockets_are_refused() -> None:
    facts = told_by(
        LIMIT
        + """
import pyseccomp
refuse_system_calls(seccomp_library())
number = {name: pyseccomp.resolve_syscall(0, name) for name in ("bpf", "ptrace", "mount", "userfaultfd", "clone3")}
tell(
    program=refusal(lambda: subprocess.run(["true"])),
    packet=refusal(lambda: socket.socket(17, socket.SOCK_RAW, 0)),
    bpf=error_of(number["bpf"], 0, 0, 0),
    ptrace=error_of(number["ptrace"], 0, 0, 0, 0),
    mount=error_of(number["mount"], 0, 0, 0, 0, 0),
    userfaultfd=error_of(number["userfaultfd"], 0),
    clone3=error_of(number["clone3"], 0, 0),
    unshare="EPERM" if libc.unshare(0x10000000) and ctypes.get_errno() == errno.EPERM else None,
    inet=refusal(lambda: socket.socket(socket.AF_INET6)),
    unix=refusal(lambda: socket.socketpair()),
    fork=os.waitpid(os.fork() or os._exit(0), 0)[1],
)
"""
    )
    assert facts == {
        "program": "PermissionError",
        "packet": "OSError",
        "bpf": "EPERM",
        "ptrace": "EPERM",
        "mount": "EPERM",
        "userfaultfd": "EPERM",
        "clone3": "ENOSYS",
        "unshare": "EPERM",
        "inet": None,
        "unix": None,
        "fork": 0,
    }


def test_a_thread_that_was_there_before_is_held_as_well() -> None:
    facts = told_by(
        LIMIT
        + """
go, seen = threading.Event(), []

def late():
    go.wait()
    seen.append(refusal(lambda: subprocess.run(["true"])))

thread = threading.Thread(target=late)
thread.start()
refuse_system_calls(seccomp_library())
go.set()
thread.join()
tell(seen=seen)
"""
    )
    assert ["PermissionError"] == facts["seen"]


def test_kernels_are_still_compiled_and_numbers_crunched() -> None:
    facts = told_by(
        LIMIT
        + """
import numpy, numba
refuse_system_calls(seccomp_library())
double = numba.njit(nogil=True)(lambda values: values * 2)
tell(doubled=double(numpy.arange(3)).tolist())
"""
    )
    assert [0, 2, 4] == facts["doubled"]


def test_without_the_library_it_is_said_what_to_install() -> None:
    facts = told_by(
        """
        sys.modules["pyseccomp"] = None
        from monitor.cli.seccomp import seccomp_library
        try:
            seccomp_library()
        except ImportError as error:
            tell(said=str(error))
        """
    )
    assert "umbilical[sandbox]" in facts["said"]


def test_no_call_stands_in_the_list_twice() -> None:
    assert len(set(REFUSED)) == len(REFUSED)
