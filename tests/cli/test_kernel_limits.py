"""Calls to the kernel that a test may make in its own process are few; the others run in one of their own."""

import errno
import os

import pytest

from monitor.cli.kernel_limits import capabilities, status_field, system_call
from tests.kit.confined import needs_linux, needs_root, told_by

pytestmark = needs_linux


def test_the_kernel_says_what_this_process_is() -> None:
    assert str(os.getpid()) == status_field("Pid")
    assert status_field("NoSuchLine") is None
    assert bool(capabilities()) == (os.geteuid() == 0)


def test_a_refused_call_is_an_error_with_its_number() -> None:
    with pytest.raises(OSError, match="system call 100000") as caught:
        system_call(100_000)
    assert errno.ENOSYS == caught.value.errno


def test_rights_once_given_away_are_gone() -> None:
    facts = told_by(
        """
        from monitor.cli import kernel_limits as limits
        limits.give_up_capabilities()
        limits.forbid_new_privileges()
        limits.forbid_dumps()
        import ctypes
        tell(left=limits.capabilities(), no_new=limits.status_field("NoNewPrivs"), dumpable=ctypes.CDLL(None).prctl(3))
        """
    )
    assert {"left": 0, "no_new": "1", "dumpable": 0} == facts


@needs_root
def test_what_could_be_regained_is_taken_as_well() -> None:
    facts = told_by(
        """
        from monitor.cli import kernel_limits as limits
        limits.shrink_bounding_set()
        tell(bound=limits.status_field("CapBnd"))
        """
    )
    assert {"bound": "0" * 16} == facts
