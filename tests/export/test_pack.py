from __future__ import annotations

import io
import struct
from typing import Any

import msgpack
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.export import _pack
from monitor.export._pack import packed, unpacked

ARRAY_32, MAP_32 = b"\xdd", b"\xdf"
"""MessagePack's lists and dictionaries with a length of 32 bits."""
ROW = np.dtype([("id", np.int64), ("flag", np.uint8), ("pair", np.int32, (2,))], align=True)

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary()
states = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text() | st.integers(), inner, max_size=4),
    max_leaves=30,
)


def again(state: Any) -> Any:
    return unpacked(io.BytesIO(b"".join(packed(state))))


@settings(max_examples=200, deadline=None)
@given(states)
def test_plain_data_comes_back_as_it_was(state: Any) -> None:
    assert state == again(state)


def test_tuples_come_back_as_lists_and_scalars_of_numpy_as_numbers() -> None:
    assert again({"a": (1, (2,)), "b": np.int64(7), "c": np.bool_(True)}) == {
        "a": [1, [2]],
        "b": 7,
        "c": True,
    }


def test_text_that_is_no_unicode_comes_back_as_it_was() -> None:
    assert again(["\ud800", {"\udc80": 1}]) == ["\ud800", {"\udc80": 1}]


@pytest.mark.parametrize(
    "array",
    [
        np.arange(12, dtype=np.uint64).reshape(3, 4),
        np.asfortranarray(np.arange(6, dtype=np.float32).reshape(2, 3)),
        np.zeros(0, np.uint8),
        np.ones(3, ROW),
    ],
)
def test_arrays_come_back_writable_with_their_layout(array: Any) -> None:
    back = again({"flow": {"columns": array}})["flow"]["columns"]
    assert (back.dtype, back.shape, back.tobytes()) == (array.dtype, array.shape, array.tobytes())
    assert back.flags.writeable


@pytest.mark.parametrize("value", [object(), {1, 2}, np.array([object()])])
def test_what_is_no_state_cannot_be_packed(value: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        list(packed({"a": value}))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x93\x01",
        b"\x01\x01",
        b"\xc1",
        b"\x81\x91\x01\x01",
        msgpack.packb(msgpack.ExtType(9, b"x")),
        msgpack.packb(msgpack.ExtType(1, b"x")),
        ARRAY_32 * 5000,
        b"\x91" * 100_000,
        ARRAY_32 + struct.pack(">I", (1 << 32) - 1),
        MAP_32 + struct.pack(">I", (1 << 32) - 1),
        b"\xc6" + struct.pack(">I", (1 << 32) - 1) + b"x" * 100,
    ],
)
def test_what_is_no_state_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - in the words of whoever stumbles over it
        unpacked(io.BytesIO(data))


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_bytes_of_anybody_end_in_plain_data_or_in_a_value_error(data: bytes) -> None:
    try:
        unpacked(io.BytesIO(data))
    except ValueError:
        return


def test_a_few_bytes_cannot_become_much_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_pack, "MAX_ITEMS", 1000)
    many: list[list[int]] = [[] for _ in range(1000)]
    with pytest.raises(ValueError, match="more than"):
        again(many)
    with pytest.raises(ValueError, match="more than"):
        again([{} for _ in range(1000)])
    assert again(many[:400]) == many[:400]


def test_an_array_holds_no_more_than_its_bytes() -> None:
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        stream, {"descr": "|u1", "fortran_order": False, "shape": (1 << 40,)}
    )
    with pytest.raises(ValueError, match="reshape"):
        unpacked(io.BytesIO(msgpack.packb(msgpack.ExtType(1, stream.getvalue() + b"x" * 10))))


def test_an_array_of_objects_is_refused() -> None:
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": "|O", "fortran_order": False, "shape": (1,)})
    with pytest.raises(ValueError, match="OBJECT"):
        unpacked(io.BytesIO(msgpack.packb(msgpack.ExtType(1, stream.getvalue() + bytes(8)))))
