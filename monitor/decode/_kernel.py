"""How the functions of this room are compiled: part of one kernel, and checked against its arrays at every index.

Only the outermost kernel is cached on disk; what it calls is compiled into it. Beware: numba keys that cache by the
file of the outermost kernel alone. Whoever edits another file of the room deletes ``__pycache__/*.nbi`` first.
"""

from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar, cast

import numpy as np
from numba import njit
from numba.core import event as numba_event
from numpy.typing import NDArray

Function = TypeVar("Function", bound=Callable[..., Any])
Bytes: TypeAlias = NDArray[np.uint8]
"""The frame buffer, or the fragment pool."""
Numbers: TypeAlias = NDArray[np.int64]
Row: TypeAlias = Any
"""One row of a structured array; numba knows its fields, mypy does not."""
int64: Any = np.int64
"""Makes a signed number of a field or a character; to mypy it stays an ``int``."""

_compile: Any = njit
_event: Any = numba_event
_SAFE = {"nogil": True, "boundscheck": True, "_nrt": False}
"""Without reference counts on arrays, which cost three times as much as the work: nothing here makes or keeps an array."""
_PART = _SAFE | {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}


def part(function: Function) -> Function:
    """Compile a function that only other compiled functions call."""
    return cast("Function", _compile(**_PART)(function))


def inlined(signature: Any) -> Callable[[Function], Function]:
    """Compile a small function into its callers; the signature keeps constant arguments from being types of their own.

    It waits until a kernel is really compiled: one that comes from the disk needs no parts.
    """

    def decorate(function: Function) -> Function:
        dispatcher = _compile(forceinline=True, **_PART)(function)
        _waiting.append((dispatcher, signature))
        return cast("Function", dispatcher)

    return decorate


def kernel(signature: Any) -> Callable[[Function], Function]:
    """Compile a function that Python calls, for this signature only, and keep it on disk."""

    def decorate(function: Function) -> Function:
        first_parts = _FirstParts()
        _event.register(_COMPILING, first_parts)
        try:
            return cast("Function", _compile([signature], cache=True, **_SAFE)(function))
        finally:
            _event.unregister(_COMPILING, first_parts)

    return decorate


_COMPILING = "numba:compile"
_waiting: list[tuple[Any, Any]] = []
"""Parts with their signature; filled while the room is imported, empty after that."""


class _FirstParts(_event.Listener):  # type: ignore[misc]  # numba has no types
    """Compiles the waiting parts when numba found no kernel on disk and begins to compile one."""

    def on_start(self, _event: Any) -> None:
        while _waiting:
            part_, signature = _waiting.pop()
            part_.compile(signature)
            part_.disable_compile()

    def on_end(self, _event: Any) -> None:
        """Nothing is left to do."""
