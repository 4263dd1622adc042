import numpy as np

from monitor.decode._kernel import int64, kernel, part


def test_a_part_is_plain_python_too() -> None:
    @part
    def double(number: int) -> int:
        return number * 2

    assert double.py_func(21) == 42  # type: ignore[attr-defined]  # numba's dispatcher


def test_a_kernel_has_one_signature_and_checks_its_indexes() -> None:
    from monitor.decode.decoder import _decode

    assert len(_decode.signatures) == 1  # type: ignore[attr-defined]  # numba's dispatcher
    assert _decode.targetoptions["boundscheck"] is True  # type: ignore[attr-defined]  # numba's dispatcher
    assert kernel.__module__ == part.__module__


def test_signed_numbers_have_64_bits() -> None:
    assert int64 is np.int64
