"""State as bytes and back: MessagePack, with numpy arrays as ``.npy`` and numbers of any size.

Rule: whoever made the bytes, to read them costs bounded memory and ends in plain data or in ValueError.
"""

import io
from collections.abc import Iterator
from typing import IO, Any

import msgpack
import numpy as np

MAX_ITEMS = 1 << 24
"""Values in lists and dictionaries of one state; some 100 bytes each at most. A full sensor has a third of it."""
MAX_BYTES = 1 << 30
"""Of one state, unpacked; arrays are most of it."""
_ARRAY, _INTEGER = 1, 2
"""Extension types of MessagePack that are ours."""
_SPLIT_DEPTH = 4
"""Down to here the parts of a state are packed one by one, so that never all of it exists twice."""
_NPY_VERSION = (1, 0)


def packed(state: Any) -> Iterator[bytes]:
    """Yield the bytes of a state, part by part."""
    # Text of a packet may hold what is no Unicode; it comes back as it was.
    packer = msgpack.Packer(default=_special, unicode_errors="surrogatepass")
    yield from _parts(packer, state, _SPLIT_DEPTH)


def unpacked(stream: IO[bytes]) -> Any:
    """Return the state that a stream holds from here to its end; raises ValueError."""
    budget = _Budget(MAX_ITEMS)
    unpacker = msgpack.Unpacker(
        stream,
        max_buffer_size=MAX_BYTES,
        max_array_len=MAX_ITEMS,
        max_map_len=MAX_ITEMS,
        strict_map_key=False,
        unicode_errors="surrogatepass",
        list_hook=budget.spend,
        object_hook=budget.spend,
        ext_hook=_unpacked_special,
    )
    try:
        state = unpacker.unpack()
    except (msgpack.OutOfData, msgpack.BufferFull) as error:
        raise ValueError("it ends too early, or holds a value that is too long") from error
    except (TypeError, MemoryError, RecursionError) as error:
        raise ValueError("it holds what no state holds") from error
    if unpacker.tell() > MAX_BYTES or unpacker.read_bytes(1):
        raise ValueError("it goes on behind its end")
    return state


class _Budget:
    """Counts values while they are read: a byte of input can become 60 bytes of memory."""

    def __init__(self, items: int) -> None:
        self._items = items

    def spend(self, values: Any) -> Any:
        self._items -= len(values) + 1
        if self._items < 0:
            raise ValueError(f"it holds more than {MAX_ITEMS} values")
        return values


def _parts(packer: msgpack.Packer, state: Any, depth: int) -> Iterator[bytes]:
    if depth and isinstance(state, dict):
        yield packer.pack_map_header(len(state))
        for name, part in state.items():
            yield packer.pack(name)
            yield from _parts(packer, part, depth - 1)
    else:
        yield packer.pack(state)


def _special(value: Any) -> Any:
    """Return what MessagePack has no form for."""
    if isinstance(value, np.ndarray):
        stream = io.BytesIO()
        np.lib.format.write_array(stream, value, version=_NPY_VERSION, allow_pickle=False)
        return msgpack.ExtType(_ARRAY, stream.getvalue())
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, int):
        return msgpack.ExtType(_INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))
    raise TypeError(f"a state cannot hold {type(value).__name__}")


def _unpacked_special(kind: int, data: bytes) -> Any:
    if kind == _ARRAY:
        return _array(data)
    if kind == _INTEGER:
        return int.from_bytes(data, "big", signed=True)
    raise ValueError(f"unknown extension type {kind}")


def _array(data: bytes) -> Any:
    """Return an array; numpy's own reader would first make room for as many values as the header claims."""
    stream = io.BytesIO(data)
    if np.lib.format.read_magic(stream) != _NPY_VERSION:
        raise ValueError("an array of another version")
    shape, is_fortran, dtype = np.lib.format.read_array_header_1_0(stream)
    values = np.frombuffer(data, dtype, offset=stream.tell())
    return values.reshape(shape, order="F" if is_fortran else "C").copy()
