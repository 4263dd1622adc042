from io import BytesIO

import pytest

from monitor.export._record_mend import whole_bytes
from monitor.export.pcapng import Packet, enhanced_packet, interface_description, section_header

HEAD = section_header(application="umbilical") + interface_description("eth1", 1)
BLOCK = enhanced_packet(Packet(0, 1, bytes(61), 61, ("x",)))
WHOLE = HEAD + BLOCK * 3


def test_a_whole_file_is_whole() -> None:
    assert whole_bytes(BytesIO(WHOLE)) == len(WHOLE)


@pytest.mark.parametrize("cut", [1, 4, len(BLOCK) // 2, len(BLOCK) - 1])
def test_a_block_that_was_begun_is_not(cut: int) -> None:
    assert whole_bytes(BytesIO(WHOLE + BLOCK[:cut])) == len(WHOLE)


@pytest.mark.parametrize(
    "rest",
    [
        bytes(4096),  # what a file system leaves after a loss of power
        b"\x06\0\0\0\xff\xff\xff\xff" + bytes(40),
        b"\x06\0\0\0\x08\0\0\0" + bytes(40),
        b"\x06\0\0\0\x21\0\0\0" + bytes(40),
        BLOCK[:-4] + b"\0\0\0\0",
    ],
)
def test_what_is_no_block_is_not(rest: bytes) -> None:
    assert whole_bytes(BytesIO(WHOLE + rest)) == len(WHOLE)


@pytest.mark.parametrize("content", [b"", b"\x0a\x0d\x0d\x0a", b"#!/bin/sh\necho hello, world\n"])
def test_another_file_is_not_ours(content: bytes) -> None:
    assert whole_bytes(BytesIO(content)) == 0
