"""A machine for classic BPF as the kernel has it (net/core/filter.c), to run programs on packets that were never sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.capture.bpf import Instruction

_WORD = 0xFFFF_FFFF
_AD_OFF = 0xFFFF_F000
_SIZES = {0x00: 4, 0x08: 2, 0x10: 1}


def run(program: Sequence[Instruction], data: bytes, *, protocol: int = 0, packet_type: int = 0) -> int:  # noqa: C901, PLR0912 - a machine
    """Return what the program returns; 0 when it loads what is not there."""
    a = x = place = 0
    memory: dict[int, int] = {}
    for _ in range(len(program)):
        code, if_true, if_false, k = program[place]
        place += 1
        kind, operand = code & 7, x if code & 8 else k
        if code == 0x06:
            return k
        if code == 0x16:
            return a
        if kind == 0:
            mode = code & 0xE0
            if mode == 0x00:
                a = k
            elif mode == 0x60:
                a = memory[k]
            elif mode == 0x80:
                a = len(data)
            elif mode == 0x20 and k >= _AD_OFF:
                a = {0: protocol, 4: packet_type}[k - _AD_OFF]
            else:
                start, size = (k + x if mode == 0x40 else k) & _WORD, _SIZES[code & 0x18]
                if start + size > len(data):
                    return 0
                a = int.from_bytes(data[start : start + size], "big")
        elif code == 0xB1:
            if k >= len(data):
                return 0
            x = 4 * (data[k] & 15)
        elif kind == 1:
            x = k if code & 0xE0 == 0 else memory[k]
        elif kind == 2:
            memory[k] = a
        elif kind == 3:
            memory[k] = x
        elif kind == 4:
            a = _calculated(code & 0xF0, a, operand)
        elif kind == 5:
            place += k if code & 0xF0 == 0 else (if_true if _holds(code & 0xF0, a, operand) else if_false)
        elif code == 0x07:
            x = a
        elif code == 0x87:
            a = x
        else:
            raise ValueError(f"no instruction {code:#x}")
    raise ValueError("the program does not end")


def _calculated(operation: int, a: int, b: int) -> int:
    result = {
        0x00: a + b,
        0x10: a - b,
        0x20: a * b,
        0x50: a & b,
        0x40: a | b,
        0x60: a << (b & 31),
        0x70: a >> (b & 31),
        0xA0: a ^ b,
    }[operation]
    return result & _WORD


def _holds(comparison: int, a: int, b: int) -> bool:
    return {0x10: a == b, 0x20: a > b, 0x30: a >= b, 0x40: bool(a & b)}[comparison]
