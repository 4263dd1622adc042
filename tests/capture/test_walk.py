"""The compiled walks against the dull reader: the same frames and the same damage for whatever bytes there are."""

import gzip
import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from monitor.capture.replay import Replay
from tests.kit import captures as kit
from tests.kit import oracle_capture as oracle

T0 = 1_700_000_000_000_000_000
RECORDS = [(T0 + place * 1000, bytes((place,)) * (place * 7 % 50)) for place in range(12)]
PCAPS = [
    kit.pcap(RECORDS, magic=kit.NANOSECONDS, byte_order="little", snap_length=65535),
    kit.pcap(RECORDS, magic=kit.MICROSECONDS, byte_order="big", snap_length=0),
    kit.pcap(RECORDS, magic=kit.KUZNETZOV, byte_order="little", snap_length=100),
]
PCAPNGS = [
    kit.pcapng(RECORDS, byte_order="little", comments={1: "one", 5: "five"}),
    kit.pcapng(RECORDS[:3], byte_order="big", resolution=6)
    + kit.simple(b"simple", "big")
    + kit.obsolete(T0 // 1000, b"obsolete", "big")
    + kit.block(4, b"names", "big")
    + kit.statistics("big", if_drop=3)
    + kit.pcapng(RECORDS[3:6], link_type=113, resolution=0x80 | 20)
    + kit.interface(101, offset_seconds=5)
    + kit.enhanced(77, b"second", index=1, options=[(2, bytes(4)), (1, b"said")]),
]


def agree(content: bytes, batch_frames: int = 8192) -> None:
    expected = oracle.read(content)
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        source = Replay([file.name], batch_frames)
        frames = oracle.frames_of(source.batches())
    assert expected.frames == frames
    assert expected.damage_offset == next((damage.offset for damage in source.damage), None)
    assert expected.unknown_interfaces == source.tally["unknown_interfaces"]
    assert expected.skipped_blocks == source.tally["skipped_blocks"]


@st.composite
def mutants(draw: st.DrawFn) -> bytes:
    """A capture with flipped bits, other lengths, bytes put in or cut away; its magic stays."""
    content = bytearray(draw(st.sampled_from(PCAPS + PCAPNGS)))
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(12, max(len(content) - 1, 12)))
        match draw(st.sampled_from(["flip", "length", "cut", "insert", "end"])):
            case "flip":
                content[place : place + 1] = bytes(
                    octet ^ 1 << draw(st.integers(0, 7)) for octet in content[place : place + 1]
                )
            case "length":
                word = draw(st.sampled_from([0, 1, 4, 12, 60, 0x4000, 0x0400_0000, 0x7FFF_FFFF, 0xFFFF_FFFF]))
                order = draw(st.sampled_from(["big", "little"]))
                content[place & ~3 : (place & ~3) + 4] = word.to_bytes(4, order)  # type: ignore[arg-type]  # a literal either way
            case "cut":
                del content[place : place + draw(st.integers(1, 40))]
            case "insert":
                content[place:place] = draw(st.binary(min_size=1, max_size=40))
            case _:
                del content[place:]
    return bytes(content)


@pytest.mark.parametrize("content", PCAPS + PCAPNGS)
def test_whole_captures_are_read_alike(content: bytes) -> None:
    assert oracle.read(content).damage_offset is None
    agree(content)


@settings(max_examples=200, deadline=None)
@given(content=mutants(), batch_frames=st.sampled_from([1, 3, 8192]))
@example(content=PCAPNGS[0][:12] + bytes(8), batch_frames=1)
def test_damaged_captures_are_read_alike(content: bytes, batch_frames: int) -> None:
    if len(content) >= 12:
        agree(content, batch_frames)


@pytest.mark.parametrize("content", [PCAPS[0], PCAPNGS[1]])
def test_captures_cut_anywhere_are_read_alike(content: bytes) -> None:
    for end in range(12, len(content), 5):
        agree(content[:end])


@pytest.mark.parametrize("content", [PCAPS[0], PCAPNGS[0]])
@pytest.mark.parametrize("missing_bytes", [0, 7])
def test_damage_of_the_packed_bytes_is_named_instead_of_what_it_did_to_the_last_record(
    content: bytes, missing_bytes: int, tmp_path: Path
) -> None:
    packed = bytearray(gzip.compress(content[: len(content) - missing_bytes]))
    packed[-8] ^= 1
    path = tmp_path / "packed"
    path.write_bytes(packed)
    source = Replay([str(path)])
    frames = sum(len(batch.frames) for batch in source.batches())
    assert frames == len(RECORDS) - bool(missing_bytes)
    (damage,) = source.damage
    assert damage.reason.startswith(f"the gzip data is damaged at offset {len(packed) - 5} of the file")
