"""Numbers out of the bytes that a walk goes through, as signed 64-bit integers (unsigned ones would turn into floats).

Each is one load, checked against the extent of those bytes: outside of them it raises IndexError, as indexing in a
kernel does. The walk holds their address, because an array handed from function to function costs more than the
headers do; only ``look_at`` may set it. The caller checks lengths first, the error is for faults of ours.
"""

from collections.abc import Callable
from typing import Any, cast

from llvmlite import ir  # type: ignore[import-untyped]  # has no types
from numba import types
from numba.core import cgutils
from numba.core.extending import intrinsic

from monitor.compiling import part
from monitor.decode._kernel import Bytes, Row

Reader = Callable[[Row, int], int]
_WORD = ir.IntType(64)


def _reader(size: int, *, little: bool = False) -> Reader:
    """Return a function for kernels that reads ``size`` bytes (1, 2, 4 or 8) at a position of the walk."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        walk, at = args
        base = _field(builder, signature.args[0], walk, "base")
        last = builder.sub(_field(builder, signature.args[0], walk, "extent"), _WORD(size))
        # Unsigned, so that a negative position is outside too.
        outside = builder.or_(builder.icmp_signed("<", last, _WORD(0)), builder.icmp_unsigned(">", at, last))
        with builder.if_then(outside, likely=False):
            context.call_conv.return_user_exc(builder, IndexError, ("outside of the frame",))
        number_type = ir.IntType(8 * size)
        address = builder.inttoptr(builder.add(base, at), number_type.as_pointer())
        number = builder.load(address, align=1)
        if size > 1 and not little:
            number = builder.bswap(number)
        return number if size == 8 else builder.zext(number, _WORD)

    def typer(_context: Any, walk: Any, at: Any) -> Any:  # noqa: ARG001 - numba calls it by these names
        return types.int64(walk, types.int64), codegen

    return cast("Reader", intrinsic(typer))


def _field(builder: Any, record: Any, pointer: Any, name: str) -> Any:
    member: Any = cgutils.get_record_member
    return builder.load(member(builder, pointer, record.offset(name), _WORD))


u8 = _reader(1)
be16 = _reader(2)
be32 = _reader(4)
be64 = _reader(8)
"""Wraps to a negative number when the top bit is set; ``np.uint64`` of it is the word."""
le16 = _reader(2, little=True)
le32 = _reader(4, little=True)


@part
def be24(walk: Row, at: int) -> int:
    return be16(walk, at) << 8 | u8(walk, at + 2)


@part
def be48(walk: Row, at: int) -> int:
    return be16(walk, at) << 32 | be32(walk, at + 2)


def _type_address(_context: Any, data: Any) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.ptrtoint(context.make_array(signature.args[0])(context, builder, args[0]).data, _WORD)

    return types.int64(data), codegen


_address = cast("Callable[[Bytes], int]", intrinsic(_type_address))


@part
def look_at(walk: Row, data: Bytes) -> None:
    """Let positions of the walk be places in an array, which must outlive the walk."""
    walk.base = _address(data)
    walk.extent = len(data)
