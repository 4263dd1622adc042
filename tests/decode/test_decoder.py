from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.decode.decoder import MAX_LINK_TYPES, OTHER_LINK_TYPES, Decoder
from monitor.model.packet import Outcome
from tests.decode.frames import ENCAPSULATIONS, Frame, fragments_of, frame, make_batch, rows_of, udp
from tests.kit.oracle_decode import OracleDecoder

SEEDS = list(ENCAPSULATIONS.values())


def disagreements(frames: list[Frame]) -> list[tuple[int, str, Any, Any]]:
    """Where kernel and oracle differ: frame, column, kernel's value, oracle's value."""
    oracle = OracleDecoder()
    decoder = Decoder()
    by_same: dict[Any, int] = {}
    by_fingerprint: dict[int, Any] = {}
    found: list[tuple[int, str, Any, Any]] = []
    for index, (given_frame, row) in enumerate(zip(frames, rows_of(frames, decoder), strict=True)):
        expected = oracle.decode_frame(*given_frame)
        same = expected.pop("same")
        if row["pooled"]:
            expected.pop("payload_offset")
        found += [(index, name, row[name], value) for name, value in expected.items() if row[name] != value]
        number = row["fingerprint"]
        told = same is not None
        if told != bool(number) or (
            told
            and (
                by_same.setdefault(same, number) != number or by_fingerprint.setdefault(number, same) != same
            )
        ):
            found.append((index, "fingerprint", number, same))
    counts = {
        "evicted": oracle.evicted,
        "timed_out": oracle.timed_out,
        "overlapping": oracle.overlapping,
        "refused": oracle.refused,
    }
    found += [
        (-1, name, decoder.tally[f"fragments_{name}"], count)
        for name, count in counts.items()
        if decoder.tally[f"fragments_{name}"] != count
    ]
    return found


@st.composite
def mutated(draw: st.DrawFn) -> Frame:
    """A frame of some encapsulation with flipped bits, cut, spliced with another, under some link type."""
    link_type, content = draw(st.sampled_from(SEEDS))
    changed = bytearray(content)
    for at, value in draw(st.lists(st.tuples(st.integers(0, 120), st.integers(1, 255)), max_size=4)):
        if at < len(changed):
            changed[at] ^= value
    if draw(st.booleans()):
        other = draw(st.sampled_from(SEEDS))[1]
        changed[draw(st.integers(0, len(changed))) :] = other[draw(st.integers(0, len(other))) :]
    if draw(st.booleans()):
        del changed[draw(st.integers(0, len(changed))) :]
    missing = draw(st.sampled_from([0, 0, 0, 40]))
    ts_ns = draw(st.sampled_from([0, 0, 40_000_000_000]))
    return link_type, bytes(changed), len(changed) + missing, ts_ns


@st.composite
def fragmented(draw: st.DrawFn) -> list[Frame]:
    """Fragments of a few datagrams: doubled, shuffled, lost, late, with a wrong offset or end."""
    out: list[Frame] = []
    for ident in range(draw(st.integers(1, 3))):
        sizes = draw(st.lists(st.sampled_from([8, 16, 24, 40]), min_size=1, max_size=5))
        tail = draw(st.integers(1, 20))
        datagram = udp(bytes(range(sum(sizes) + tail - 8)))
        parts = fragments_of(datagram, [*sizes, tail], ident=ident)
        for part in draw(st.lists(st.sampled_from(parts), max_size=8)) + parts:
            content = bytearray(part)
            if draw(st.integers(0, 9)) == 0:
                content[draw(st.integers(14, len(content) - 1))] ^= 1 << draw(st.integers(0, 7))
            cut = draw(st.integers(0, 9)) == 0
            out.append(
                (
                    1,
                    bytes(content[: len(content) - 3 * cut]),
                    len(content),
                    draw(st.sampled_from([0, 0, 10**9, 31 * 10**9])),
                )
            )
    return draw(st.permutations(out))


def test_kernel_and_oracle_agree_on_every_encapsulation_cut_anywhere() -> None:
    cut = [
        frame(link_type, content[:size], len(content))
        for link_type, content in SEEDS
        for size in range(len(content) + 1)
    ]
    assert disagreements(cut) == []
    assert disagreements([frame(link_type, content) for link_type, content, _, _ in cut]) == []


@settings(max_examples=150, deadline=None)
@given(st.lists(mutated(), min_size=1, max_size=20))
def test_kernel_and_oracle_agree_on_mutated_frames(frames: list[Frame]) -> None:
    assert disagreements(frames) == []


@settings(max_examples=150, deadline=None)
@given(fragmented())
def test_kernel_and_oracle_agree_on_fragments(frames: list[Frame]) -> None:
    assert disagreements(frames) == []


@settings(max_examples=50, deadline=None)
@given(st.lists(fragmented(), min_size=1, max_size=3), st.integers(1, 7))
def test_the_split_into_batches_changes_nothing(several: list[list[Frame]], size: int) -> None:
    frames = [one for some in several for one in some]
    whole, split = Decoder(), Decoder()
    expected = rows_of(frames, whole)
    actual = [row for at in range(0, len(frames), size) for row in rows_of(frames[at : at + size], split)]
    for row in expected + actual:
        del row["number"]
        if row["pooled"]:
            del row["payload_offset"]
    assert expected == actual
    assert whole.tally.counts == split.tally.counts


def test_every_frame_has_one_outcome_in_the_tally() -> None:
    decoder = Decoder()
    rows_of([frame(*seed) for seed in SEEDS], decoder)
    assert len(SEEDS) == sum(decoder.tally[outcome.name.lower()] for outcome in Outcome)
    assert decoder.tally["packet"] == sum(
        count for key, count in decoder.tally.counts.items() if key.startswith("tunnel_")
    )


def test_the_keys_of_the_tally_are_closed() -> None:
    decoder = Decoder()
    before = set(decoder.tally.counts)
    rows_of([frame(*seed) for seed in SEEDS], decoder)
    assert before == set(decoder.tally.counts)


def test_unknown_link_types_are_named_within_a_bound() -> None:
    decoder = Decoder()
    rows_of(
        [frame(1000 + number, b"x") for number in range(MAX_LINK_TYPES + 5)] + [frame(1000, b"x")], decoder
    )
    assert (2, 5, MAX_LINK_TYPES + 1) == (
        decoder.unknown_link_types[1000],
        decoder.unknown_link_types[OTHER_LINK_TYPES],
        len(decoder.unknown_link_types),
    )


def test_the_clock_never_goes_back() -> None:
    decoder = Decoder()
    content = ENCAPSULATIONS["plain4"][1]
    clocks = [
        part.clock_ns
        for times in ([5, 9, 7], [3], [])
        for part in decoder.decode(make_batch([frame(1, content, ts_ns=ts_ns) for ts_ns in times]))
    ]
    assert [9, 9, 9] == clocks
    (idle,) = decoder.decode(make_batch([], clock_ns=20))
    assert (20, 0) == (idle.clock_ns, len(idle.packets))


def test_parts_of_a_batch_know_their_place() -> None:
    frames = [
        frame(1, part) for ident in range(70) for part in fragments_of(udp(bytes(40)), [24, 24], ident=ident)
    ]
    parts = [
        (part.first_ordinal, len(part.packets)) for part in Decoder().decode(make_batch(frames, first=1000))
    ]
    assert [(1000, 64), (1064, 64), (1128, 12)] == parts
