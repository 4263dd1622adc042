"""Choices among constants, as tables: each becomes one switch of the machine.

A chain of comparisons runs as fast, but each of its links costs numba as much time to compile as a whole small function.
"""

from collections.abc import Callable, Mapping
from typing import Any, cast

from llvmlite import ir  # type: ignore[import-untyped]  # has no types
from numba import types
from numba.core.extending import intrinsic

from monitor.decode._kernel import Row

Choice = Callable[[int], int]
Call = Callable[[int, Row, Row], bool]
Header = Callable[..., None]
"""A part that takes the walk, or the walk and the row."""
_WORD = ir.IntType(64)
_TRUTH = ir.IntType(1)


def choice(table: Mapping[int, int], otherwise: int) -> Choice:
    """Return a function for kernels that turns a number into the one beside it in the table."""

    def codegen(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return _switch(
            builder, args[0], _WORD, {key: _constant(table[key]) for key in table}, _WORD(otherwise)
        )

    def typer(_context: Any, number: Any) -> Any:  # noqa: ARG001 - numba calls it by this name
        return types.int64(types.int64), codegen

    return cast("Choice", intrinsic(typer))


def call(table: Mapping[int, Header]) -> Call:
    """Return a function for kernels that calls the part beside a number; whether there is one."""

    def typer(typing: Any, number: Any, walk: Any, row: Any) -> Any:  # noqa: ARG001 - numba calls it by this name
        signatures = {part: _resolve(typing, part, (walk, row)) for part in set(table.values())}

        def codegen(context: Any, builder: Any, _signature: Any, args: Any) -> Any:
            cases = {
                key: _caller(context, builder, table[key], signatures[table[key]], args[1:]) for key in table
            }
            return _switch(builder, args[0], _TRUTH, cases, _TRUTH(0))

        return types.boolean(types.int64, walk, row), codegen

    return cast("Call", intrinsic(typer))


def _constant(value: int) -> Callable[[], Any]:
    return lambda: _WORD(value)


def _resolve(typing: Any, part: Any, given: tuple[Any, ...]) -> Any:
    """Compile a part for as many of the given types as it takes."""
    wanted = given[: part.py_func.__code__.co_argcount]
    return typing.resolve_function_type(types.Dispatcher(part), wanted, {})


def _caller(context: Any, builder: Any, part: Any, signature: Any, given: Any) -> Callable[[], Any]:
    def emit() -> Any:
        function = context.get_function(types.Dispatcher(part), signature)
        context.add_linking_libs(getattr(function, "libs", ()))
        function(builder, given[: len(signature.args)])
        return _TRUTH(1)

    return emit


def _switch(
    builder: Any, number: Any, kind: Any, cases: Mapping[int, Callable[[], Any]], otherwise: Any
) -> Any:
    """Emit the code of every case and return the value of the one that is taken."""
    start = builder.block
    after = builder.append_basic_block("after")
    switch = builder.switch(number, after)
    values = [(otherwise, start)]
    for key, emit in cases.items():
        block = builder.append_basic_block(f"case.{key}")
        switch.add_case(_WORD(key), block)
        builder.position_at_end(block)
        values.append((emit(), builder.block))
        builder.branch(after)
    builder.position_at_end(after)
    result = builder.phi(kind)
    for value, block in values:
        result.add_incoming(value, block)
    return result
