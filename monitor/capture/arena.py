"""One stretch of addresses in which every ring has its place, so that frames of all of them are in one buffer.

Frames of several interfaces can then be put in order of time without a copy. A ring that is taken out leaves empty memory
behind: an old reference reads zeros and never faults.
"""

import ctypes
import mmap
import os

import numpy as np

_MAP_FIXED = 0x10
"""The mmap module does not name it; the same number on every Linux that Python supports."""
_READ_WRITE = mmap.PROT_READ | mmap.PROT_WRITE
_NO_FILE = -1
_FAILED = ctypes.c_void_p(-1).value


class Arena:
    """Room for rings of one size."""

    def __init__(self, places: int, place_bytes: int) -> None:
        self.place_bytes = place_bytes
        memory = mmap.mmap(_NO_FILE, places * place_bytes, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, _READ_WRITE)
        self.buffer = np.frombuffer(memory, np.uint8)
        """The whole stretch; keeps the memory alive."""
        self._map = _libc_mmap()

    def put(self, place: int, descriptor: int) -> int:
        """Let the memory of a socket appear at a place; returns the offset of its first byte in the buffer."""
        self._overlay(place, mmap.MAP_SHARED, descriptor)
        return place * self.place_bytes

    def empty(self, place: int) -> None:
        """Take what is at a place out."""
        self._overlay(place, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, _NO_FILE)

    def _overlay(self, place: int, flags: int, descriptor: int) -> None:
        address = self.buffer.ctypes.data + place * self.place_bytes
        mapped = self._map(address, self.place_bytes, _READ_WRITE, flags | _MAP_FIXED, descriptor, 0)
        if mapped == _FAILED:
            number = ctypes.get_errno()
            raise OSError(number, f"cannot map a ring: {os.strerror(number)}")


def _libc_mmap() -> "ctypes._NamedFuncPointer":
    function = ctypes.CDLL(None, use_errno=True).mmap
    function.restype = ctypes.c_void_p
    function.argtypes = [
        ctypes.c_void_p,
        ctypes.c_size_t,
        ctypes.c_int,
        ctypes.c_int,
        ctypes.c_int,
        ctypes.c_long,
    ]
    return function
