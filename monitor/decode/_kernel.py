"""How the functions of this room are compiled: part of one kernel, and checked against its arrays at every index.

Only the outermost kernel is cached on disk (``decoder.py``); what it calls is compiled into it.
"""

from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar, cast

import numpy as np
from numba import njit
from numpy.typing import NDArray

_OPTIONS = {"nogil": True, "boundscheck": True, "_nrt": False, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
Function = TypeVar("Function", bound=Callable[..., Any])
Bytes: TypeAlias = NDArray[np.uint8]
"""The frame buffer, or the fragment pool."""
Row: TypeAlias = Any
"""One row of a structured array; numba knows its fields, mypy does not."""


def part(function: Function) -> Function:
    """Compile a function that only other compiled functions call."""
    return cast("Function", njit(**_OPTIONS)(function))


def inlined(signature: Any) -> Callable[[Function], Function]:
    """Compile a small function into each of its callers; the signature keeps every constant argument from being a type of its own."""
    return lambda function: cast("Function", njit([signature], forceinline=True, **_OPTIONS)(function))
