"""How the small functions are compiled that numba kernels consist of: translated only. A kernel is optimised as a whole.

Numba by itself optimises every function and turns it into machine code together with all that it calls, so that a
small function at the bottom of a room is worked at as often as there are functions above it. It also takes every
function through passes for closures, ``with``, unrolled tuples and array expressions, which parts may not have.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import config as numba_config
from numba import njit
from numba.core import typed_passes, untyped_passes
from numba.core.caching import FunctionCache
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase
from numba.core.compiler_machinery import FunctionPass, PassManager, register_pass

Function = TypeVar("Function", bound=Callable[..., Any])

_compile: Any = njit
_config: Any = numba_config
_typed: Any = typed_passes
_untyped: Any = untyped_passes
_Library: Any = JITCodeLibrary
_Cache: Any = FunctionCache
_Pass: Any = FunctionPass
_Base: Any = CompilerBase
_Manager: Any = PassManager
_register: Any = register_pass


@_register(mutates_CFG=False, analysis_only=True)
class _OnlyTranslated(_Pass):  # type: ignore[misc]  # numba has no types
    _name = "umbilical_only_translated"

    def __init__(self) -> None:
        super().__init__()

    def run_pass(self, state: Any) -> bool:
        state.library = _Translated(state.targetctx.codegen(), state.func_id.func_qualname)
        return False


class _Translated(_Library):  # type: ignore[misc]  # numba has no types
    """The code of a part, to be linked into others; none of it can be run."""

    @property
    def codegen(self) -> "_Translated":
        """Itself: see ``set_env``."""
        return self

    def set_env(self, _name: str, _environment: Any) -> None:
        """Nothing: an environment serves what calls the interpreter."""

    def _optimize_final_module(self) -> None:
        """Leave it to the kernel."""

    def _finalize_final_module(self) -> None:
        self._finalize_dynamic_globals()
        self._finalized = True


class PartCompiler(_Base):  # type: ignore[misc]  # numba has no types
    """The shortest way through numba; give it as ``pipeline_class``."""

    def define_pipelines(self) -> list[Any]:
        """Return the passes that a part needs, in numba's order."""
        manager = _Manager("part")
        for each in (
            _untyped.TranslateByteCode,
            _untyped.FixupArgs,
            _untyped.IRProcessing,
            _untyped.ReconstructSSA,
            _OnlyTranslated,
            _typed.NopythonTypeInference,
            _typed.PreLowerStripPhis,
            _typed.NoPythonSupportedFeatureValidation,
            _typed.IRLegalization,
            _typed.AnnotateTypes,
            _typed.NativeLowering,
            _typed.NoPythonBackend,
        ):
            manager.add_pass(each, each.__name__)
        manager.finalize()
        return [manager]


SAFE = {"nogil": True, "boundscheck": True, "_nrt": False}
"""For kernels and parts that make and keep no array: counting references to arrays costs more than the work."""
PART = SAFE | {"no_cpython_wrapper": True, "no_cfunc_wrapper": True, "pipeline_class": PartCompiler}


def part(function: Function) -> Function:
    """Compile a function that only other compiled functions call; it may not raise, nor inline others by force."""
    return cast("Function", _compile(**PART)(function))


def kernel(function: Function) -> Function:
    """Compile a function that Python calls, for the types it is first called with; kept on disk with all its parts."""
    dispatcher = _compile(cache=True, **SAFE)(function)
    dispatcher._cache = _Shelf(function)  # noqa: SLF001 - there is no other way in
    return cast("Function", dispatcher)


class _Shelf(_Cache):  # type: ignore[misc]  # numba has no types
    """Machine code on disk, taken from there as it is.

    Numba by itself makes everything ready first that a compilation needs, which takes longer than all the rest of a
    short run; a kernel that is compiled makes it ready anyway.
    """

    def load_overload(self, signature: Any, target: Any) -> Any:
        """Return what was compiled before for this function, signature and processor, None when there is nothing."""
        with self._guard_against_spurious_io_errors():
            return self._load_overload(signature, target)


class Kernel:
    """A function that Python calls, for one signature only, kept on disk; its parts are compiled into it."""

    def __init__(self, function: Callable[..., Any], signature: Any) -> None:
        self.dispatcher: Any = kernel(function)
        self.is_ready = False
        self._signature = signature

    def __call__(self, *memory: Any) -> Any:
        """Run it; the first time it is loaded before."""
        self.load()
        return self.dispatcher(*memory)

    def load(self) -> None:
        """Load it from the disk, or compile it; once."""
        if self.is_ready:
            return
        # No kernel is a loop over columns; to look for one takes a twentieth of the compilation.
        vectorize, _config.LOOP_VECTORIZE = _config.LOOP_VECTORIZE, 0
        try:
            self.dispatcher.compile(self._signature)
        finally:
            _config.LOOP_VECTORIZE = vectorize
        self.dispatcher.disable_compile()
        self.is_ready = True
