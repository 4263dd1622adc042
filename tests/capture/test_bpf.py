import socket

import pytest

from monitor.capture.bpf import (
    ADD,
    IF_EQUAL,
    JUMP,
    LD_BYTE,
    LD_IMMEDIATE,
    MAX_INSTRUCTIONS,
    RETURN,
    RETURN_A,
    Assembler,
    KernelProgram,
    accept,
)
from tests.kit.bpf_machine import run

SO_ATTACH_FILTER = 26


def choosing(distance: int, *, negated: bool) -> Assembler:
    """Return 1 if the first byte is 7, over so many instructions, else 2; the other way round when negated."""
    asm = Assembler()
    asm.put(LD_BYTE, 0)
    (asm.jump_unless if negated else asm.jump_if)(IF_EQUAL, 7, "far")
    for _ in range(distance):
        asm.put(LD_IMMEDIATE, 0)
    asm.put(RETURN, 2)
    asm.label("far")
    asm.put(RETURN, 1)
    return asm


@pytest.mark.parametrize("negated", [True, False])
@pytest.mark.parametrize("distance", [0, 253, 254, 255, 256, 1000])
def test_a_jump_reaches_its_label_however_far(distance: int, negated: bool) -> None:  # noqa: FBT001
    program = choosing(distance, negated=negated).program()
    near, far = (2, 1) if not negated else (1, 2)
    assert run(program, b"\x07") == far
    assert run(program, b"\x08") == near
    assert run(program, b"") == 0
    assert all(instruction.if_true < 256 and instruction.if_false < 256 for instruction in program)


def test_long_jumps_make_others_long() -> None:
    asm = Assembler()
    asm.put(LD_BYTE, 0)
    for number in range(200):
        asm.jump_if(IF_EQUAL, number, f"end {number}")
    for number in range(200):
        asm.label(f"end {number}")
        asm.put(ADD, 1)
        asm.put(ADD, 1)
    asm.put(RETURN_A)
    program = asm.program()
    assert run(program, bytes([199])) == 199 + 2
    assert run(program, bytes([3])) == 3 + 2 * 197
    assert any(instruction.code == JUMP for instruction in program)


def test_the_kernel_takes_what_is_assembled() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        program = KernelProgram(choosing(1000, negated=True).program())
        probe.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, program.descriptor)


def test_labels_that_cannot_be_are_refused() -> None:
    nowhere = Assembler()
    nowhere.jump("nowhere")
    with pytest.raises(ValueError, match="nowhere is nowhere"):
        nowhere.program()
    behind = Assembler()
    behind.label("start")
    behind.jump("start")
    with pytest.raises(ValueError, match="start lies behind"):
        behind.program()
    twice = Assembler()
    twice.label("here")
    with pytest.raises(ValueError, match="here stands twice"):
        twice.label("here")


def test_a_program_that_is_too_long_is_refused() -> None:
    with pytest.raises(ValueError, match="the machine takes 4096"):
        choosing(MAX_INSTRUCTIONS, negated=False).program()


def test_accepting_takes_so_many_bytes() -> None:
    assert run(accept(96), b"") == 96
