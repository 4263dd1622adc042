"""Parts are translated, and become machine code only as pieces of a kernel."""

from __future__ import annotations

import numpy as np
import pytest
from numba import int64
from numba.core.base import BaseContext
from numpy.typing import NDArray  # noqa: TC002 - numba reads the globals of what it compiles

from monitor.compiling import Kernel, kernel, part


@part
def third(numbers: NDArray[np.int64]) -> int:
    return int(numbers[2])


@part
def largest(numbers: NDArray[np.int64]) -> int:
    most = third(numbers)
    for number in numbers:
        most = max(most, number)
    return most


def _run(numbers: NDArray[np.int64]) -> int:
    return largest(numbers)


run = Kernel(_run, int64(int64[::1]))


def test_a_kernel_is_compiled_when_it_is_first_called_and_for_one_signature_only() -> None:
    other = Kernel(_run, int64(int64[::1]))
    assert [other.is_ready, other(np.array([1, 2, 21])), other.is_ready] == [False, 21, True]
    other.load()
    assert len(other.dispatcher.signatures) == 1


def test_a_kernel_that_is_on_disk_needs_nothing_that_compiles(monkeypatch: pytest.MonkeyPatch) -> None:
    run.load()

    def refuse(_: object) -> None:
        raise AssertionError("made ready for a compilation")

    monkeypatch.setattr(BaseContext, "refresh", refuse)
    assert Kernel(_run, int64(int64[::1]))(np.array([1, 2, 21])) == 21


def test_a_kernel_without_a_signature_is_for_the_types_it_is_called_with() -> None:
    lazy = kernel(_run)
    assert [lazy(np.array([1, 2, 21])), lazy(np.array([1, 2, 3], np.int32))] == [21, 3]


def test_a_kernel_runs_parts_of_parts() -> None:
    assert run(np.array([1, 9, 3])) == 9


def test_a_part_checks_its_indexes() -> None:
    with pytest.raises(IndexError):
        run(np.array([1, 2]))


def test_a_part_is_plain_python_too_and_has_no_machine_code_of_its_own() -> None:
    assert third.py_func([1, 2, 3]) == 3  # type: ignore[attr-defined]  # numba's dispatcher
    # Where the kernel came from the disk, its parts were not compiled in this process.
    for code in third.overloads.values():  # type: ignore[attr-defined]  # numba's dispatcher
        assert code.library.get_pointer_to_function(code.fndesc.llvm_func_name) == 0
