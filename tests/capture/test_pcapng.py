"""pcapng: sections, interfaces, times, comments, statistics, and what a damaged file says."""

from pathlib import Path

import pytest

from monitor.capture.pcapng import COMMENT_BYTES, INTERFACES_PER_CAPTURE
from monitor.capture.replay import Replay
from tests.kit import captures as kit
from tests.kit.oracle_capture import Frame, frames_of

T0 = 1_700_000_000_123_456_789
US0 = T0 // 1000
SKIPPED_KINDS = (4, 9, 10, 0xBAD, 0x4000_0BAD, 0x8000_0001)


def replay(folder: Path, *blocks: bytes) -> Replay:
    path = folder / "c.pcapng"
    path.write_bytes(b"".join(blocks))
    return Replay([str(path)])


def damage_of(folder: Path, *blocks: bytes) -> tuple[int, int, str]:
    source = replay(folder, *blocks)
    frames = frames_of(source.batches())
    (damage,) = source.damage
    return len(frames), damage.offset, damage.reason


@pytest.mark.parametrize("byte_order", ["big", "little"])
def test_frames_and_comments_are_read_in_both_byte_orders(tmp_path: Path, byte_order: kit.ByteOrder) -> None:
    records = [(T0, b"one"), (T0 + 1, b""), (T0 + 2, b"three")]
    source = replay(tmp_path, kit.pcapng(records, byte_order=byte_order, comments={2: "grüße"}, name="wwan0"))
    expected = [
        Frame(1, T0, b"one", 3, 1),
        Frame(2, T0 + 1, b"", 0, 1),
        Frame(3, T0 + 2, b"three", 5, 1, "grüße"),
    ]
    assert expected == frames_of(source.batches())
    assert [interface.name for interface in source.interfaces] == ["wwan0"]


def test_the_byte_order_may_change_with_each_section(tmp_path: Path) -> None:
    source = replay(
        tmp_path,
        kit.pcapng([(T0, b"a")], byte_order="big", link_type=113),
        kit.pcapng([(T0 + 1, b"b")], byte_order="little"),
        kit.pcapng([(T0 + 2, b"c")], byte_order="big", link_type=113),
    )
    assert [(113, b"a"), (1, b"b"), (113, b"c")] == [
        (frame.link_type, frame.data) for frame in frames_of(source.batches())
    ]
    assert [113, 1] == [interface.link_type for interface in source.interfaces]


def test_interfaces_of_a_section_have_their_own_link_types_and_units(tmp_path: Path) -> None:
    source = replay(
        tmp_path,
        kit.section(),
        kit.interface(1, name="a"),
        kit.interface(276, resolution=9, name="b"),
        kit.enhanced(T0, b"second", index=1),
        kit.enhanced(US0, b"first", index=0),
    )
    assert [(T0, 276), (US0 * 1000, 1)] == [
        (frame.ts_ns, frame.link_type) for frame in frames_of(source.batches())
    ]
    assert ["b", "a"] == [interface.name for interface in source.interfaces]


def test_simple_packets_have_the_last_time_and_the_first_interface(tmp_path: Path) -> None:
    source = replay(
        tmp_path,
        kit.section(),
        kit.interface(101, snap_length=4),
        kit.simple(b"first"),
        kit.enhanced(US0, b"timed"),
        kit.simple(b"last"),
    )
    expected = [
        Frame(1, 0, b"firs", 5, 101),
        Frame(2, US0 * 1000, b"timed", 5, 101),
        Frame(3, US0 * 1000, b"last", 4, 101),
    ]
    assert expected == frames_of(source.batches())


def test_obsolete_packet_blocks_are_read(tmp_path: Path) -> None:
    source = replay(tmp_path, kit.section("big"), kit.interface(1, "big"), kit.obsolete(US0, b"old", "big"))
    assert [Frame(1, US0 * 1000, b"old", 3, 1)] == frames_of(source.batches())


def test_unknown_blocks_are_skipped_and_counted_however_large(tmp_path: Path) -> None:
    others = [kit.block(kind, b"?" * 10) for kind in SKIPPED_KINDS]
    large = kit.block(0x0BAD, bytes(3_000_000))
    source = replay(tmp_path, kit.pcapng([(T0, b"a")]), *others, large, kit.enhanced(T0, b"b"))
    assert [b"a", b"b"] == [frame.data for frame in frames_of(source.batches())]
    assert len(SKIPPED_KINDS) + 1 == source.tally["skipped_blocks"]
    assert source.damage == []


def test_frames_of_unknown_interfaces_are_counted_and_keep_their_number(tmp_path: Path) -> None:
    source = replay(
        tmp_path,
        kit.section(),
        kit.simple(b"none yet"),
        kit.interface(),
        kit.enhanced(US0, b"x", index=9),
        kit.enhanced(US0, b"y"),
    )
    assert [3] == [frame.number for frame in frames_of(source.batches())]
    assert source.tally["unknown_interfaces"] == 2
    assert source.damage == []


def test_interfaces_are_bounded(tmp_path: Path) -> None:
    many = [kit.interface() for _ in range(INTERFACES_PER_CAPTURE + 1)]
    frames = [kit.enhanced(US0, b"x", index=INTERFACES_PER_CAPTURE - 1 + beyond) for beyond in (0, 1)]
    source = replay(tmp_path, kit.section(), *many, *frames, kit.section(), kit.interface(0), frames[0])
    assert [1] == [frame.number for frame in frames_of(source.batches())]
    assert source.tally["unknown_interfaces"] == 2


def test_only_the_first_comment_counts_and_its_length_is_bounded(tmp_path: Path) -> None:
    options = [(2, bytes(4)), (1, b"c" * 5000), (1, b"second")]
    source = replay(tmp_path, kit.section(), kit.interface(), kit.enhanced(US0, b"x", options=options))
    assert ["c" * COMMENT_BYTES] == [frame.comment for frame in frames_of(source.batches())]
    assert source.tally["comments"] == 1


def test_comments_of_a_capture_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.capture.pcapng.COMMENTS_PER_CAPTURE", 2)
    records = [(T0 + place, b"x") for place in range(4)]
    source = replay(tmp_path, kit.pcapng(records, comments=dict.fromkeys(range(4), "c")))
    assert ["c", "c", None, None] == [frame.comment for frame in frames_of(source.batches())]
    assert (source.tally["comments"], source.tally["comments_dropped"]) == (2, 2)


def test_drops_are_those_since_the_last_statistics(tmp_path: Path) -> None:
    source = replay(
        tmp_path,
        kit.pcapng([(T0, b"a")]),
        kit.statistics(if_drop=5, os_drop=1),
        kit.statistics(if_drop=7, os_drop=1),
        kit.statistics(index=3, if_drop=100),
        kit.section("big"),
        kit.interface(1, "big"),
        kit.statistics("big", os_drop=4),
    )
    frames_of(source.batches())
    assert (source.tally["dropped_by_interface"], source.tally["dropped_by_kernel"]) == (7, 5)
    assert source.tally["unknown_interfaces"] == 1


def test_an_impossible_time_counts_as_none(tmp_path: Path) -> None:
    before_the_epoch = (1 << 64) - 505_425_287
    source = replay(
        tmp_path,
        kit.section(),
        kit.interface(),
        kit.enhanced(US0, b"a"),
        kit.enhanced(before_the_epoch, b"b"),
    )
    assert [US0 * 1000] * 2 == [frame.ts_ns for frame in frames_of(source.batches())]
    assert source.tally["impossible_times"] == 1


def test_a_cut_block_is_told_with_its_bytes(tmp_path: Path) -> None:
    head = kit.section() + kit.interface()
    packet = kit.enhanced(US0, bytes(100))
    reason = f"cut short: the last block at offset {len(head)} has 40 of 132 bytes"
    assert damage_of(tmp_path, head, packet[:40]) == (0, len(head), reason)


def test_a_cut_block_of_no_interest_is_told_too(tmp_path: Path) -> None:
    head = kit.pcapng([(T0, b"a")])
    large = kit.block(0x0BAD, bytes(3_000_000))
    for held in (2_000_000, 3_000_011, 13):
        reason = f"cut short: the last block at offset {len(head)} has {held} of 3000012 bytes"
        assert damage_of(tmp_path, head, large[:held]) == (1, len(head), reason)


def test_wrong_lengths_are_damage(tmp_path: Path) -> None:
    head = kit.pcapng([(T0, b"a")])
    at = len(head)
    odd = kit.block(0x0BAD, b"")[:4] + (13).to_bytes(4, "little") + bytes(20)
    assert damage_of(tmp_path, head, odd) == (1, at, f"the block at offset {at} cannot have 13 bytes")
    short = kit.block(6, bytes(8))
    assert damage_of(tmp_path, head, short) == (1, at, f"the block at offset {at} cannot have 20 bytes")
    huge = (6).to_bytes(4, "little") + (0x7000_0000).to_bytes(4, "little") + bytes(40)
    reason = f"the block at offset {at} claims 1879048192 bytes"
    assert damage_of(tmp_path, head, huge) == (1, at, reason)


def test_ends_that_do_not_agree_are_damage(tmp_path: Path) -> None:
    head = kit.pcapng([(T0, b"a")])
    for block in (kit.enhanced(US0, b"x"), kit.block(0x0BAD, bytes(3_000_000))):
        reason = f"the block at offset {len(head)} does not end with the length that it begins with"
        assert damage_of(tmp_path, head, block[:-1] + b"\1") == (1, len(head), reason)


def test_a_captured_length_beyond_its_block_is_damage(tmp_path: Path) -> None:
    head = kit.pcapng([(T0, b"a")])
    packet = bytearray(kit.enhanced(T0, b"frame"))
    packet[20:24] = (4000).to_bytes(4, "little")
    reason = f"the block at offset {len(head)} claims 4000 bytes"
    assert damage_of(tmp_path, head, bytes(packet)) == (1, len(head), reason)


def test_a_later_section_without_a_byte_order_or_of_another_version_is_damage(tmp_path: Path) -> None:
    head = kit.pcapng([(T0, b"a")])
    section = bytearray(kit.section())
    section[8:12] = b"????"
    reason = f"the section at offset {len(head)} has no byte order"
    assert damage_of(tmp_path, head, bytes(section)) == (1, len(head), reason)
    reason = f"the section at offset {len(head)} is of pcapng version 2"
    assert damage_of(tmp_path, head, kit.section(major=2)) == (1, len(head), reason)
