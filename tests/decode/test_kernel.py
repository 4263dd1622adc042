import numpy as np
import pytest
from numba import int64 as word
from numba import types

from monitor.compiling import part
from monitor.decode._kernel import Numbers, columns, inlined, int64, kernel
from monitor.model.frame import FRAME


@inlined(word(word, word))
def larger(number: int, other: int) -> int:
    return max(other, number)


@part
def double(number: int) -> int:
    return larger(number * 2, 0)


@kernel(word(word[::1]))
def doubled(numbers: Numbers) -> int:
    return double(numbers[2])


def test_small_functions_are_compiled_into_a_kernel() -> None:
    assert doubled(np.array([1, 2, 21])) == 42


def test_a_kernel_checks_its_indexes() -> None:
    with pytest.raises(IndexError):
        doubled(np.array([1, 2]))


def test_columns_are_arrays_of_records() -> None:
    assert isinstance(columns(FRAME).dtype, types.Record)
    assert not columns(FRAME, readonly=True).mutable


def test_signed_numbers_have_64_bits() -> None:
    assert int64 is np.int64
