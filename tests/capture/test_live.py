"""Real interfaces in namespaces: what is sent is what is read, whatever happens to the interface meanwhile."""

from __future__ import annotations

import fcntl
import os
import socket
import struct
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from monitor.capture import lane
from monitor.capture.live import Live
from monitor.capture.settings import Settings
from tests.kit.encapsulations import TUNNELS, ether, ipv4, udp
from tests.kit.netns import (
    Cable,
    Namespace,
    Watch,
    cable,
    contents,
    give_up_rights,
    needs_namespaces,
    watching,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = needs_namespaces()

LOCAL = 0x88B5
"""An EtherType for experiments (IEEE 802 section 9.2.3), which nobody answers."""
SMALL = Settings(ring_size_bytes=1 << 20)


def numbered(number: int, size: int = 60) -> bytes:
    return ether(LOCAL, number.to_bytes(4, "big") + bytes(size - 18))


@pytest.fixture
def link(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cable]:
    monkeypatch.setattr(lane, "LOOK_SECONDS", 0.05)
    with cable() as made:
        yield made


@pytest.fixture
def watch(link: Cable) -> Iterator[Watch]:
    with watching(link.watched, lambda: Live(["watched0"], SMALL)) as made:
        yield made


def test_what_is_sent_is_what_is_read(link: Cable, watch: Watch) -> None:
    tagged = [
        b"\x02" * 6 + b"\x04" * 6 + b"\x81\x00\x20\x05" + ether(LOCAL, b"tagged")[12:],
        b"\x02" * 6 + b"\x04" * 6 + b"\x88\xa8\x20\x05\x81\x00\x00\x07" + ether(LOCAL, b"twice")[12:],
    ]
    sent = [*(numbered(number, 60 + 29 * number) for number in range(50)), *tagged]
    link.sender.send(*sent)
    assert watch.frames(len(sent)) == sent
    assert watch.until(lambda: watch.counts.is_up and watch.counts.nic_frames == len(sent))
    counts = watch.counts
    assert (counts.frames, counts.frame_bytes) == (len(sent), sum(map(len, sent)))
    assert (counts.dropped_ring, counts.dropped_nic, counts.is_up, counts.problem) == (0, 0, True, "")
    assert abs(counts.last_frame_ns - time.time_ns()) < 60 * 10**9


def test_rows_say_where_and_when(link: Cable, watch: Watch) -> None:
    link.sender.send(numbered(1), numbered(2, 1000))
    rows: list[Any] = []
    while len(rows) < 2:
        batch = watch.batch()
        assert batch is not None
        rows += [row.copy() for row in batch.frames]
    assert [(row["number"], row["wire"], row["link_type"], row["interface"]) for row in rows] == [
        (1, 60, 1, 0),
        (2, 1000, 1, 0),
    ]
    assert [interface.name for interface in watch.source.interfaces] == ["watched0"]
    assert watch.source.tally["frames"] == 2


def test_frames_that_this_host_sends_are_read_too(link: Cable, watch: Watch) -> None:
    link.watched.send(numbered(7))
    assert watch.frames(1) == [numbered(7)]


def test_time_passes_without_frames_and_never_goes_back(link: Cable, watch: Watch) -> None:
    clocks: list[int] = []
    frames = 0
    began = time.monotonic()
    while time.monotonic() - began < 0.6:
        if len(clocks) == 2:
            link.sender.send(numbered(1))
        batch = watch.batch()
        assert batch is not None
        frames += len(batch.frames)
        assert batch.first_ordinal == frames - len(batch.frames)
        assert batch.clock_ns <= time.time_ns()
        clocks.append(batch.clock_ns)
    assert sorted(clocks) == clocks
    assert frames == 1
    assert 3 <= len(clocks) <= 12
    assert time.time_ns() - clocks[-1] < 10**9


def test_snap_length_cuts_and_the_wire_length_stays(link: Cable) -> None:
    settings = Settings(ring_size_bytes=1 << 20, snap_length=100)
    with watching(link.watched, lambda: Live(["watched0"], settings)) as watch:
        link.sender.send(numbered(1, 900))
        batch = watch.batch()
        while batch is not None and not len(batch.frames):
            batch = watch.batch()
        assert batch is not None
        assert contents(batch) == [numbered(1, 900)[:100]]
        assert batch.frames["wire"].tolist() == [900]
        assert watch.source.interfaces[0].snap_length == 100


def test_the_filter_holds_from_the_first_frame_on(link: Cable) -> None:
    over = threading.Event()

    def flood() -> None:
        while not over.is_set():
            link.sender.send(*([ether(0x800, ipv4(b"\x0a\0\0\1", b"\x0a\0\0\2", 17, udp(1, 99, b"")))] * 20))

    flooding = threading.Thread(target=flood)
    flooding.start()
    settings = Settings(ring_size_bytes=1 << 20, filter="udp port 53")
    wanted = ether(0x800, ipv4(b"\x0a\0\0\1", b"\x0a\0\0\2", 17, udp(1, 53, b"?")))
    in_vlan = wanted[:12] + b"\x81\x00\x00\x05" + wanted[12:]
    try:
        with watching(link.watched, lambda: Live(["watched0"], settings)) as watch:
            time.sleep(0.1)
            link.sender.send(wanted, in_vlan)
            assert watch.frames(2) == [wanted, in_vlan]
            assert watch.until(lambda: watch.counts.filtered > 20)
            assert watch.frames(1, 0.2) == []
    finally:
        over.set()
        flooding.join()


def test_a_filter_may_name_the_tag_that_the_kernel_took_off(link: Cable) -> None:
    settings = Settings(ring_size_bytes=1 << 20, filter="vlan 5 and udp port 53")
    plain = ether(0x800, ipv4(b"\x0a\0\0\1", b"\x0a\0\0\2", 17, udp(1, 53, b"?")))
    tagged = [plain[:12] + b"\x81\x00\x00" + bytes([vlan]) + plain[12:] for vlan in (4, 5, 6)]
    with watching(link.watched, lambda: Live(["watched0"], settings)) as watch:
        link.sender.send(plain, *tagged)
        assert watch.frames(1) == [tagged[1]]
        assert watch.frames(1, 0.2) == []


def test_an_interface_that_goes_down_and_up_goes_on(link: Cable, watch: Watch) -> None:
    link.sender.send(numbered(1))
    assert watch.frames(1) == [numbered(1)]
    link.watched.run("ip link set {interface} down")
    assert watch.until(lambda: "ip link set watched0 up" in watch.counts.problem)
    assert not watch.counts.is_up
    link.watched.run("ip link set {interface} up")
    assert watch.until(lambda: watch.counts.is_up)
    link.sender.send(numbered(2))
    assert watch.frames(1) == [numbered(2)]
    link.sender.run("ip link set {interface} down")
    assert watch.until(lambda: "has no carrier" in watch.counts.problem)
    assert watch.counts.reopened == 0


def test_an_interface_that_is_made_anew_is_opened_anew(link: Cable, watch: Watch) -> None:
    link.sender.send(numbered(1))
    time.sleep(0.05)
    link.watched.run("ip link delete {interface}")
    assert watch.frames(1) == [numbered(1)]
    assert watch.until(lambda: "no interface 'watched0'" in watch.counts.problem)
    assert not watch.counts.is_up
    link.plug()
    assert watch.until(lambda: watch.counts.reopened == 1)
    link.sender.send(numbered(2))
    assert watch.frames(1) == [numbered(2)]
    assert (watch.counts.frames, watch.counts.dropped_ring) == (2, 0)
    assert watch.until(lambda: watch.counts.is_up)


def test_one_interface_vanishes_and_the_others_go_on(link: Cable) -> None:
    far = link.sender.network.thread_id
    link.watched.run(f"ip link add second type veth peer name sender1 netns {far}")
    link.watched.run("ip link set second up")
    link.sender.run("ip link set sender1 up")
    with watching(link.watched, lambda: Live(["watched0", "second"], SMALL)) as watch:
        link.watched.run("ip link delete watched0")
        assert watch.until(lambda: bool(watch.counts.problem))
        link.sender.network.call(_send, "sender1", numbered(3))
        assert watch.frames(1) == [numbered(3)]
        batch = watch.batch()
        assert batch is not None
        assert batch.clock_ns > time.time_ns() - 10**9
        assert watch.source.counts()[1].is_up


def test_two_interfaces_give_one_order_of_time(link: Cable) -> None:
    far = link.sender.network.thread_id
    link.watched.run(f"ip link add second type veth peer name sender1 netns {far}")
    link.watched.run("ip link set second up")
    link.sender.run("ip link set sender1 up")
    with watching(link.watched, lambda: Live(["second", "watched0"], SMALL)) as watch:
        sent = [numbered(number) for number in range(400)]
        link.sender.network.call(_alternate, sent)
        assert watch.frames(len(sent)) == sent
        assert [counts.frames for counts in watch.source.counts()] == [200, 200]
        assert {interface.name for interface in watch.source.interfaces} == {"second", "watched0"}


def test_what_a_reader_has_no_time_for_is_counted(link: Cable, watch: Watch) -> None:
    sent = 4000
    link.sender.send(*(numbered(number, 1000) for number in range(sent)))
    read = len(watch.frames(sent, 0.5))
    assert watch.until(lambda: watch.counts.seen == sent)
    counts = watch.counts
    assert 0 < read < sent
    assert (counts.frames, counts.dropped_ring) == (read, sent - read)
    assert counts.freezes > 0
    assert watch.frames(1, 0.2) == []
    link.sender.send(numbered(1))
    assert watch.frames(1) == [numbered(1)]


def test_a_batch_has_a_bound(link: Cable) -> None:
    with watching(link.watched, lambda: Live(["watched0"], Settings(ring_size_bytes=8 << 20))) as watch:
        link.sender.send(*([numbered(1)] * 20_000))
        sizes: list[int] = []
        while sum(sizes) < 20_000:
            batch = watch.batch()
            assert batch is not None
            sizes.append(len(batch.frames))
        assert max(sizes) <= 8192


def test_loopback_shows_each_frame_once() -> None:
    with Namespace() as network:
        watch = network.call(Live, ["lo"], Settings(ring_size_bytes=1 << 20, filter="udp"))
        batches = watch.batches()
        network.call(_datagram, b"hello")
        frames: list[bytes] = []
        while not frames:
            frames += contents(network.call(next, batches))
        [frame] = frames
        assert frame.endswith(b"hello")
        assert watch.counts()[0].duplicates == 1
        watch.stop()
        assert network.call(list, batches) == []
        watch.close()


@pytest.mark.skipif(not Path("/dev/net/tun").exists(), reason="needs /dev/net/tun")
def test_a_device_without_a_header_gives_bare_packets() -> None:
    with Namespace() as network:
        tunnel = network.call(_tunnel, "modem0")
        network.run("ip link set modem0 up")
        watch = network.call(Live, ["modem0"], SMALL)
        batches = watch.batches()
        packet = ipv4(b"\x0a\0\0\1", b"\x0a\0\0\2", 17, udp(1, 53, b"?"))
        os.write(tunnel, packet)
        batch = network.call(next, batches)
        while not len(batch.frames):
            batch = network.call(next, batches)
        assert contents(batch) == [packet]
        assert batch.frames["link_type"].tolist() == [101]
        assert watch.interfaces[0].link_type == 101
        watch.close()
        os.close(tunnel)


def test_workers_share_the_frames_by_their_innermost_addresses(link: Cable) -> None:
    """Both directions, plain and in every tunnel, and fragments: all packets of a pair are with one worker."""
    pairs = [(bytes([10, 9, 0, number]), bytes([192, 0, 2, number])) for number in range(24)]
    sent = []
    for one, other in pairs:
        for src, dst in ((one, other), (other, one)):
            packet = ipv4(src, dst, 17, udp(1, 2, b"x"))
            sent.append(ether(0x800, packet))
            sent.append(ether(0x800, ipv4(src, dst, 17, bytes(20), 5)))
            sent += [wrap(0x800, packet) for wrap in TUNNELS.values()]
    team = link.watched.call(Live.team, ["watched0"], SMALL, 2)
    watches = [Watch(link.watched, member) for member in team]
    link.sender.send(*sent)
    shares = [watch.frames(len(sent), 0.3) for watch in watches]
    assert sorted(sent) == sorted(shares[0] + shares[1])
    owners = [
        {one for one, other in pairs if any(one + other in frame or other + one in frame for frame in share)}
        for share in shares
    ]
    assert not owners[0] & owners[1]
    assert min(map(len, owners)) > 3
    for watch in watches:
        watch.close()


def test_only_the_first_worker_counts_what_the_nic_lost(link: Cable) -> None:
    team = link.watched.call(Live.team, ["watched0"], SMALL, 2)
    link.sender.send(*[numbered(1)] * 5)
    watches = [Watch(link.watched, member) for member in team]
    assert watches[0].until(lambda: watches[0].counts.nic_frames == 5)
    assert len(watches[1].frames(99, 0.3)) in {0, 5}
    assert watches[1].counts.nic_frames == 0
    for watch in watches:
        watch.close()


@pytest.mark.parametrize("seconds", [0.0, 0.05, 0.15])
def test_a_stop_ends_the_batches_at_once(link: Cable, watch: Watch, seconds: float) -> None:
    stopped = []

    def stop() -> None:
        stopped.append(time.monotonic())
        watch.source.stop()

    assert watch.batch() is not None
    timer = threading.Timer(seconds, stop)
    timer.start()
    while watch.batch() is not None:
        pass
    assert time.monotonic() - stopped[0] < 0.2
    timer.join()


def test_what_was_received_before_the_stop_is_still_read(link: Cable, watch: Watch) -> None:
    assert watch.batch() is not None
    link.sender.send(numbered(1))
    watch.source.stop()
    link.sender.send(numbered(2))
    assert watch.frames(9) in ([numbered(1)], [numbered(1), numbered(2)])
    assert watch.counts.dropped_ring == 0


def test_what_is_not_read_before_the_end_is_lost_and_counted(link: Cable, watch: Watch) -> None:
    assert watch.batch() is not None
    link.sender.send(*(numbered(number, 1000) for number in range(300)))
    time.sleep(0.1)
    batches = watch._batches
    assert batches is not None
    link.watched.call(batches.close)  # type: ignore[attr-defined]  # a generator
    assert (watch.counts.frames, watch.counts.dropped_ring) == (0, 300)


def test_interfaces_that_cannot_be_are_refused_in_one_line(link: Cable) -> None:
    with pytest.raises(ValueError, match="no interface 'nowhere'; there are lo, watched0"):
        link.watched.call(Live, ["watched0", "nowhere"], SMALL)
    with pytest.raises(ValueError, match="'watched0' is named twice"):
        link.watched.call(Live, ["watched0", "watched0"], SMALL)
    with pytest.raises(ValueError, match="name an interface"):
        Live([])
    with pytest.raises(ValueError, match="filter 'prot 53': can't parse filter expression"):
        link.watched.call(Live, ["watched0"], Settings(filter="prot 53"))


def test_without_the_right_it_says_what_to_do(link: Cable) -> None:
    with Namespace() as other:
        link.watched.run(f"ip link set watched0 netns {other.thread_id}")
        other.call(give_up_rights)
        with pytest.raises(PermissionError, match=r"CAP_NET_RAW.*setcap"):
            other.call(Live, ["watched0"], SMALL)


def _send(interface: str, frame: bytes) -> None:
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as raw:
        raw.bind((interface, 0))
        raw.send(frame)


def _alternate(frames: list[bytes]) -> None:
    sockets = [socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) for _ in range(2)]
    for raw, interface in zip(sockets, ("sender0", "sender1"), strict=True):
        raw.bind((interface, 0))
    for number, frame in enumerate(frames):
        sockets[number % 2].send(frame)
    for raw in sockets:
        raw.close()


def _datagram(payload: bytes) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(payload, ("127.0.0.1", 9))


def _tunnel(name: str) -> int:
    descriptor = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(descriptor, 0x400454CA, struct.pack("16sH22x", name.encode(), 0x1001))
    return descriptor
