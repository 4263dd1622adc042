"""What the first bytes are, in words for the person who named the file."""

from pathlib import Path

import pytest

from monitor.capture.bytestream import ByteStream
from monitor.capture.identify import Format, capture_format, looks_like
from tests.kit.captures import KUZNETZOV, MICROSECONDS, NANOSECONDS, NAVTEL, pcap, pcapng


def format_of(folder: Path, content: bytes) -> Format:
    path = folder / "file"
    path.write_bytes(content)
    stream = ByteStream(str(path))
    try:
        return capture_format(stream)
    finally:
        stream.close()


@pytest.mark.parametrize("magic", [MICROSECONDS, NANOSECONDS, NAVTEL, KUZNETZOV])
def test_every_pcap_magic_is_known_in_both_byte_orders(tmp_path: Path, magic: int) -> None:
    assert format_of(tmp_path, pcap(magic=magic, byte_order="big")) is Format.PCAP
    assert format_of(tmp_path, pcap(magic=magic, byte_order="little")) is Format.PCAP


def test_pcapng_is_known_in_both_byte_orders(tmp_path: Path) -> None:
    assert format_of(tmp_path, pcapng(byte_order="big")) is Format.PCAPNG
    assert format_of(tmp_path, pcapng(byte_order="little")) is Format.PCAPNG


def test_a_capture_cut_within_its_header_is_still_a_capture(tmp_path: Path) -> None:
    assert format_of(tmp_path, pcap()[:4]) is Format.PCAP
    assert format_of(tmp_path, pcapng()[:9]) is Format.PCAPNG


def test_line_feeds_alone_are_no_pcapng(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="looks like text"):
        format_of(tmp_path, b"\n\r\r\nsome more text")


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (b"", "empty file"),
        (b"a note\n", "looks like text"),
        ("naïve".encode() * 9, "looks like text"),
        ("é".encode()[:1].join([b"plain text ", b""]), "looks like text"),
        (b"\xff\xfea\0b\0", "looks like text"),
        (bytes(30), "nothing but zeros"),
        (b"\x7fELF\2\1\1", "looks like a program (ELF)"),
        (b"\xff\xd8\xff\xe0", "looks like a JPEG image"),
        (b"PK\x03\x04\x14", "looks like a ZIP archive; unpack it first"),
        (b"%PDF-1.7\n", "looks like a PDF document"),
        (b"\xcb\xc3\xb2\xa1\2\0", "pcap of filter bytecode, which holds no packets"),
        (bytes((1,)) * 257 + b"ustar", "looks like a tar archive"),
        (b"\x01\x80\x02", "unknown data"),
        (b"\x80abc", "unknown data"),
    ],
)
def test_other_files_are_told_by_what_they_look_like(head: bytes, words: str) -> None:
    assert words == looks_like(head)
