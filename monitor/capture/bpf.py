"""Classic BPF: a small assembler with labels, and programs as the kernel takes them (linux/filter.h).

Nothing here knows what a program is for. Jumps go forward only, as the machine demands; a conditional jump reaches 255
instructions far, so the assembler puts a long one in its place where that is not enough.
"""

import struct
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

MAX_INSTRUCTIONS = 4096
_REACH = 255
_INSTRUCTION = struct.Struct("=HBBI")
_WORD_MASK = 0xFFFF_FFFF

LD_WORD, LD_HALF, LD_BYTE = 0x20, 0x28, 0x30  # absolute
LDX_WORD, LDX_HALF, LDX_BYTE = 0x40, 0x48, 0x50  # at X + k
LD_LENGTH, LD_MEMORY, LD_IMMEDIATE = 0x80, 0x60, 0x00
LOAD_X_MEMORY, LOAD_X_IMMEDIATE = 0x61, 0x01
STORE_A, STORE_X = 0x02, 0x03
ADD, SUBTRACT, MULTIPLY, AND, LEFT, RIGHT, XOR = 0x04, 0x14, 0x24, 0x54, 0x64, 0x74, 0xA4
WITH_X = 0x08
"""Added to an arithmetic operation or a comparison: the operand is X."""
TAX, TXA = 0x07, 0x87
JUMP, IF_EQUAL, IF_GREATER, IF_AT_LEAST, IF_ANY_BIT = 0x05, 0x15, 0x25, 0x35, 0x45
RETURN, RETURN_A = 0x06, 0x16

AD_PROTOCOL = 0xFFFF_F000
"""SKF_AD_OFF + SKF_AD_PROTOCOL: the EtherType, without VLAN tags that the kernel took off."""
AD_PACKET_TYPE = 0xFFFF_F004


class Instruction(NamedTuple):
    """One instruction as the machine knows it."""

    code: int
    if_true: int
    if_false: int
    operand: int


class _Line(NamedTuple):
    code: int
    operand: int = 0
    target: str | None = None
    is_negated: bool = False


class Assembler:
    """Collects lines and labels; ``program`` resolves them."""

    def __init__(self) -> None:
        self._lines: list[_Line] = []
        self._labels: dict[str, int] = {}

    def put(self, code: int, operand: int = 0) -> None:
        """Add an instruction that does not jump."""
        self._lines.append(_Line(code, operand & _WORD_MASK))

    def label(self, name: str) -> None:
        """Name the next instruction."""
        if name in self._labels:
            raise ValueError(f"label {name} stands twice")
        self._labels[name] = len(self._lines)

    def jump(self, target: str) -> None:
        """Go on at a label."""
        self._lines.append(_Line(JUMP, 0, target))

    def jump_if(self, code: int, operand: int, target: str) -> None:
        """Go on at a label if the comparison holds, else at the next line."""
        self._lines.append(_Line(code, operand & _WORD_MASK, target))

    def jump_unless(self, code: int, operand: int, target: str) -> None:
        """Go on at a label if the comparison does not hold, else at the next line."""
        self._lines.append(_Line(code, operand & _WORD_MASK, target, is_negated=True))

    def program(self) -> list[Instruction]:
        """Return the instructions; raises ValueError for labels that are not there or lie behind."""
        long: set[int] = set()
        while True:
            places = self._places(long)
            too_far = {
                number
                for number, line in enumerate(self._lines)
                if line.target and line.code != JUMP and self._distance(number, places) > _REACH
            }
            if too_far <= long:
                break
            long |= too_far
        program = [
            instruction
            for number, line in enumerate(self._lines)
            for instruction in self._resolved(number, line, places, is_long=number in long)
        ]
        if len(program) > MAX_INSTRUCTIONS:
            raise ValueError(f"{len(program)} instructions; the machine takes {MAX_INSTRUCTIONS}")
        return program

    def _places(self, long: set[int]) -> list[int]:
        """Return where each line begins, and the end, if these jumps are long."""
        places, place = [], 0
        for number in range(len(self._lines)):
            places.append(place)
            place += 2 if number in long else 1
        return [*places, place]

    def _distance(self, number: int, places: list[int]) -> int:
        """Return how many instructions a jump leaves out."""
        target = self._lines[number].target
        if target not in self._labels:
            raise ValueError(f"label {target} is nowhere")
        distance = places[self._labels[target]] - places[number + 1]
        if distance < 0:
            raise ValueError(f"label {target} lies behind a jump to it")
        return distance

    def _resolved(self, number: int, line: _Line, places: list[int], *, is_long: bool) -> list[Instruction]:
        if line.target is None:
            return [Instruction(line.code, 0, 0, line.operand)]
        distance = self._distance(number, places)
        if line.code == JUMP:
            return [Instruction(JUMP, 0, 0, distance)]
        if is_long:
            over = (1, 0) if line.is_negated else (0, 1)
            return [Instruction(line.code, *over, line.operand), Instruction(JUMP, 0, 0, distance)]
        ways = (0, distance) if line.is_negated else (distance, 0)
        return [Instruction(line.code, *ways, line.operand)]


class KernelProgram:
    """A program in memory, with the descriptor by which the kernel finds it (struct sock_fprog)."""

    def __init__(self, program: Sequence[Instruction]) -> None:
        packed = b"".join(_INSTRUCTION.pack(*instruction) for instruction in program)
        self._memory = np.frombuffer(packed, np.uint8)
        self.descriptor = struct.pack("HP", len(program), self._memory.ctypes.data)
        """For setsockopt, as long as this object lives."""


def accept(length: int) -> list[Instruction]:
    """Return the program that takes every frame up to a length; 0 takes none."""
    return [Instruction(RETURN, 0, 0, length)]
