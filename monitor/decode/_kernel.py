"""How the functions of this room are compiled: part of one kernel, and checked against its arrays at every index.

Only the outermost kernel is cached on disk; what it calls is compiled into it. Beware: numba keys that cache by the
file of the outermost kernel alone. Whoever edits another file of the room deletes ``__pycache__/*.nbi`` first.
"""

from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar, cast

import numpy as np
from numba import from_dtype, njit, types
from numba.core import event as numba_event
from numpy.typing import NDArray

from monitor.compiling import PART, Kernel

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


def inlined(signature: Any) -> Callable[[Function], Function]:
    """Compile a small function into its callers; the signature keeps constant arguments from being types of their own.

    It waits until a kernel is really compiled: one that comes from the disk needs no parts.
    """

    def decorate(function: Function) -> Function:
        dispatcher = _compile(forceinline=True, **PART)(function)
        _waiting.append((dispatcher, signature))
        return cast("Function", dispatcher)

    return decorate


def kernel(signature: Any) -> Callable[[Callable[..., int]], Kernel]:
    """Make a kernel of a function; it is compiled when it is first needed."""
    return lambda function: _KernelOfParts(function, signature)


def columns(dtype: "np.dtype[np.void]", *, readonly: bool = False) -> types.Array:
    """Return the type of a structured array."""
    return types.Array(from_dtype(dtype), 1, "C", readonly=readonly)


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


class _KernelOfParts(Kernel):
    def load(self) -> None:
        first_parts = _FirstParts()
        _event.register(_COMPILING, first_parts)
        try:
            super().load()
        finally:
            _event.unregister(_COMPILING, first_parts)
