from dataclasses import replace

import numpy as np
import pytest

from monitor.export._record_window import MARKS, MAX_LOOK_UPS, Kept, Limits, Memory, wire_form
from monitor.model.flow import Flow
from tests.kit import dns_wire
from tests.kit.frames import Frame, ethernet, ipv4, udp
from tests.kit.playbook import make_flow
from tests.kit.recording import Wire

T0 = 1_800_000_000_000_000_000
SECOND_NS = 1_000_000_000
DEVICE, REMOTE, RESOLVER = 0x0A00_0007, 0xC633_6407, 0x0A00_0001
NAME = "ota.acme.com"
LIMITS = Limits(
    memory_bytes=1 << 20,
    look_back_ns=60 * SECOND_NS,
    name_look_back_ns=3600 * SECOND_NS,
    silence_ns=3600 * SECOND_NS,
    flow_packets=100,
    flow_bytes=10_000,
    packets_per_second=1000,
)
FLOW = make_flow(17, resp_port=9000, orig_port=5000)


def _memory(**changes: int) -> Memory:
    return Memory(LIMITS._replace(**changes), seed=1)


def _packet(at: float = 0, port: int = 5000, payload: bytes = b"", device: int = DEVICE) -> Frame:
    return ethernet(T0 + round(at * SECOND_NS), ipv4(device, REMOTE, 17, udp(port, 9000, payload)))


def _answer(at: float = 0) -> Frame:
    return ethernet(T0 + round(at * SECOND_NS), ipv4(REMOTE, DEVICE, 17, udp(9000, 5000, b"answer")))


def _look_up(name: str, at: float = 0, device: int = DEVICE) -> Frame:
    datagram = ipv4(device, RESOLVER, 17, udp(40_000, 53, dns_wire.query(name)))
    return ethernet(T0 + round(at * SECOND_NS), datagram)


def _show(memory: Memory, *frames: Frame, wire: Wire | None = None) -> list[bytes]:
    """Return what is wanted at once."""
    wanted = []
    for batch, packets in (wire or Wire()).batches(frames):
        start = packets.first_ordinal - batch.first_ordinal
        for place, _ in memory.see(batch.buffer, batch.frames[start:], packets.packets):
            wanted.append(frames[start + place].content)
    return wanted


def _held(memory: Memory, flow: Flow = FLOW) -> list[Kept]:
    mark = memory.mark(flow, LIMITS.flow_packets, LIMITS.flow_bytes)
    assert mark is not None
    return list(memory.packets_of(flow, mark))


def test_a_window_gives_a_flow_in_both_directions_in_order_of_time() -> None:
    memory = _memory()
    mine = [_packet(0), _answer(1), _packet(2, payload=b"more")]
    _show(memory, mine[0], _packet(0.5, port=5001), mine[1], _packet(1.5, device=DEVICE + 1), mine[2])
    kept = _held(memory)
    assert [one.content for one in mine] == [one.data for one in kept]
    assert [(one.ts_ns, number) for one, number in zip(mine, (1, 3, 5), strict=True)] == [
        (one.ts_ns, one.number) for one in kept
    ]


def test_a_packet_is_given_once() -> None:
    memory = _memory()
    _show(memory, _packet())
    assert len(_held(memory)) == 1
    assert _held(memory) == []


def test_what_comes_after_a_mark_is_wanted_at_once_within_its_limits() -> None:
    memory = _memory()
    _show(memory, _packet())
    memory.mark(FLOW, 2, 1000)
    later = [_answer(1), _packet(2), _packet(3)]
    assert [one.content for one in later[:2]] == _show(memory, *later)
    assert memory.counter("over_flow") == 1
    memory = _memory()
    memory.mark(FLOW, 100, len(later[0].content))
    assert len(_show(memory, *later)) == 1


def test_all_flows_together_are_limited_by_the_second() -> None:
    memory = _memory(packets_per_second=3)
    memory.mark(FLOW, 100, 100_000)
    shown = _show(memory, *(_packet(place / 10) for place in range(20)))
    assert len(shown) == 6
    assert memory.counter("over_second") == 14


def test_the_limit_of_a_second_holds_for_what_is_looked_back_at_too() -> None:
    memory = _memory(packets_per_second=3)
    _show(memory, *(_packet(place / 100) for place in range(20)), _look_up(NAME, 0.5))
    assert len(_held(memory)) == 3
    assert list(memory.look_ups_of("10.0.0.7", NAME)) == []


def test_only_so_old_packets_are_given() -> None:
    memory = _memory()
    old, new = _packet(0), _packet(61)
    for frame in (old, new, _packet(61, port=1), _packet(61.5, port=1)):
        _show(memory, frame)
    assert [new.content] == [one.data for one in _held(memory)]


def test_a_batch_that_spans_more_than_the_look_back_is_whole() -> None:
    memory = _memory()
    _show(memory, _packet(0), _packet(500), _packet(1000))
    assert len(_held(memory)) == 3


def test_when_there_are_more_than_wanted_the_newest_are_given() -> None:
    memory = _memory()
    _show(memory, *(_packet(place / 1000, payload=bytes((place,))) for place in range(200)))
    kept = _held(memory)
    assert [*range(100, 200)] == [one.data[-1] for one in kept]


@pytest.mark.parametrize("size", [0, 1400])
def test_the_memory_is_bounded_and_holds_the_newest(size: int) -> None:
    memory = _memory(look_back_ns=3600 * SECOND_NS)
    wire = Wire()
    ports = [1024 + place for place in range(6000)]
    for first in range(0, len(ports), 500):
        frames = (
            _packet(place / 1000, port=ports[place], payload=bytes(size))
            for place in range(first, first + 500)
        )
        _show(memory, *frames, wire=wire)
    kept = [len(_held(memory, FLOW._replace(orig_port=port))) for port in ports[-300:]]
    assert set(kept) == {1}
    assert _held(memory, FLOW._replace(orig_port=ports[0])) == []
    assert memory.held <= 8192


def test_a_bulk_transfer_does_not_push_the_others_out() -> None:
    memory, wire = _memory(), Wire()
    for second in range(20):
        bulk = (_packet(second + place / 1000, port=80, payload=bytes(1200)) for place in range(100))
        _show(memory, _packet(second, port=6000 + second), *bulk, wire=wire)
    assert memory.counter("passed_over") > 0
    # The first round through the ring costs the oldest: only then is it known that the room is short.
    assert all(_held(memory, FLOW._replace(orig_port=6000 + second)) for second in range(2, 20))


def test_a_frame_that_is_too_large_for_the_window_is_counted() -> None:
    memory = Memory(LIMITS._replace(memory_bytes=1 << 14))
    frame = _packet(payload=bytes(4000))
    _show(memory, frame)
    assert (1, 0) == (memory.counter("too_large"), memory.held)


def test_look_ups_of_a_device_are_found_by_name() -> None:
    memory = _memory()
    question = _look_up(NAME.upper())
    answer = ethernet(T0 + 1, ipv4(RESOLVER, DEVICE, 17, udp(53, 40_000, dns_wire.response(NAME))))
    others = [_look_up("acme.com"), _look_up("ota.acme.com.example"), _look_up(NAME, device=DEVICE + 1)]
    _show(memory, question, *others, answer)
    found = list(memory.look_ups_of("10.0.0.7", NAME))
    assert [question.content, answer.content] == [one.data for one in found]
    assert list(memory.look_ups_of("10.0.0.7", NAME)) == []


def test_look_ups_are_remembered_for_longer_than_packets_and_are_not_pushed_out_by_them() -> None:
    memory, wire = _memory(), Wire()
    _show(memory, _look_up(NAME), wire=wire)
    for minute in range(1, 50):
        packets = (_packet(60 * minute, port=port, payload=bytes(500)) for port in range(1024, 1524))
        _show(memory, *packets, wire=wire)
    assert len(list(memory.look_ups_of("10.0.0.7", NAME))) == 1


def test_no_more_look_ups_of_a_name_are_given_than_anybody_reads() -> None:
    memory = _memory()
    _show(memory, *(_look_up(NAME, place / 100) for place in range(50)))
    assert len(list(memory.look_ups_of("10.0.0.7", NAME))) == MAX_LOOK_UPS


def test_the_packets_of_a_look_up_are_found_as_a_flow_too() -> None:
    memory = _memory()
    frame = _look_up(NAME)
    _show(memory, frame)
    flow = make_flow(17, resp_port=53, orig_port=40_000, resp_ip="10.0.0.1")
    assert [frame.content] == [one.data for one in _held(memory, flow)]


def test_fragments_belong_to_the_flow_between_their_ends() -> None:
    memory = _memory()
    whole = ipv4(DEVICE, REMOTE, 17, udp(5000, 9000, bytes(32)))
    first, second = bytearray(whole[:36]), bytearray(whole[:20] + whole[36:])
    first[2:8] = b"\0\x24\0\x07\x20\0"
    second[2:8] = (20 + len(whole) - 36).to_bytes(2, "big") + b"\0\x07\0\x02"
    frames = [ethernet(T0, bytes(first)), ethernet(T0 + 1, bytes(second))]
    _show(memory, *frames)
    assert {one.content for one in frames} == {one.data for one in _held(memory)}
    again = [replace(one, ts_ns=one.ts_ns + SECOND_NS) for one in frames]
    assert [one.content for one in again] == _show(memory, *again)


def test_networks_with_the_same_addresses_are_told_apart() -> None:
    memory = _memory()
    plain = _packet()
    tagged = replace(plain, content=plain.content[:12] + b"\x81\0\0\x05" + plain.content[12:])
    _show(memory, plain, tagged)
    assert [plain.content] == [one.data for one in _held(memory)]
    assert [tagged.content] == [one.data for one in _held(memory, FLOW._replace(vlan=5))]


def test_a_flow_that_was_silent_for_long_is_no_longer_marked() -> None:
    memory = _memory()
    _show(memory, _packet())
    memory.mark(FLOW, 100, 100_000)
    assert _show(memory, _packet(3601)) == []


def test_when_all_marks_are_given_the_half_that_was_silent_longest_can_be_forgotten() -> None:
    memory = _memory()
    flows = [FLOW._replace(orig_port=1024 + place) for place in range(MARKS)]
    marks = []
    for place, flow in enumerate(flows):
        _show(memory, _packet(place / 1000, port=9))
        marks.append(memory.mark(flow, 10, 10_000))
    assert None not in marks
    assert memory.mark(FLOW._replace(orig_port=1), 10, 10_000) is None
    old = memory.silent_longest()
    assert sorted(old) == sorted(one for one in marks[: MARKS // 2] if one is not None)
    memory.forget(old)
    assert _show(memory, _packet(5, port=1024)) == []
    assert len(_show(memory, _packet(5, port=1024 + MARKS - 1))) == 1
    assert memory.mark(FLOW._replace(orig_port=1), 10, 10_000) is not None


@pytest.mark.parametrize(
    ("name", "wire"),
    [
        ("Ota.Acme.com", b"\x03ota\x04acme\x03com\0"),
        ("ota.acme.com.", b"\x03ota\x04acme\x03com\0"),
        ("", None),
        ("a..b", None),
        ("ä.example", None),
        ("x" * 64 + ".com", None),
        (".".join(["x" * 63] * 4), None),
    ],
)
def test_names_in_wire_form(name: str, wire: bytes | None) -> None:
    assert wire == wire_form(name)


def test_memory_is_taken_at_the_start() -> None:
    memory = _memory(memory_bytes=8 << 20)
    arrays = (*memory._packets.arrays, *memory._names.arrays)
    assert 8 << 20 <= sum(one.nbytes for one in arrays) < 10 << 20
    assert np.count_nonzero(memory._packets.ring) == 0
