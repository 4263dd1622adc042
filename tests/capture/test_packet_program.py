from monitor.capture._packet_program import KIND, PacketProgram
from monitor.capture.bpf import LOAD_X_IMMEDIATE, RETURN_A
from tests.kit.bpf_machine import run


def test_steps_lead_from_header_to_header() -> None:
    asm = PacketProgram()
    asm.put(LOAD_X_IMMEDIATE, 1)
    asm.skip(2)
    asm.byte(0)
    asm.skip_a()
    asm.half(1)
    asm.keep(KIND)
    asm.skip(1)
    asm.recall(KIND)
    asm.put(RETURN_A)
    assert run(asm.program(), bytes([9, 9, 9, 2, 9, 9, 0x12, 0x34])) == 0x1234
