from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from monitor.capture import interface
from monitor.capture.interface import (
    NicCounts,
    check_interface,
    facts_of,
    interface_names,
    link_of,
    nic_counts,
    state_of,
)
from tests.kit.netns import cable, needs_namespaces

if TYPE_CHECKING:
    from pathlib import Path


def test_loopback_is_known_everywhere() -> None:
    assert "lo" in interface_names()
    link = link_of("lo")
    assert (link.hardware_type, link.link_type, link.is_cooked, link.is_loopback) == (772, 1, False, True)
    facts = facts_of("lo")
    assert (facts.name, facts.index, facts.mtu_bytes > 1000, facts.speed_megabits) == ("lo", 1, True, None)
    assert facts.statistics["rx_packets"] >= 0


def test_what_is_not_there_is_refused_with_what_there_is() -> None:
    with pytest.raises(ValueError, match="no interface 'nowhere0'; there are lo"):
        check_interface("nowhere0")
    with pytest.raises(ValueError, match="no interface 'nowhere0'"):
        facts_of("nowhere0")
    with pytest.raises(OSError, match="No such device"):
        state_of("nowhere0")
    assert nic_counts("nowhere0") is None


@needs_namespaces()
def test_a_cable_is_up_and_counts() -> None:
    with cable() as link:
        before = link.watched.call(nic_counts, "watched0")
        link.sender.send(bytes(60), bytes(60))
        after = link.watched.call(nic_counts, "watched0")
        assert before is not None
        assert after is not None
        assert after.frames - before.frames == 2
        assert after.lost_since(before) == 0
        facts = link.watched.call(facts_of, "watched0")
        assert (facts.link.link_type, facts.state.is_up, facts.state.is_promiscuous) == (1, True, False)
        assert facts.driver.driver == "veth"
        link.watched.run("ip link set {interface} promisc on")
        assert link.watched.call(state_of, "watched0").is_promiscuous
        link.watched.run("ip link set {interface} down")
        assert not link.watched.call(state_of, "watched0").is_up


def test_frames_that_only_we_wanted_are_not_lost() -> None:
    before = NicCounts(frames=0, lost=1, refused=10, backlog=100)
    assert NicCounts(frames=9, lost=1, refused=19, backlog=100).lost_since(before) == 0
    assert NicCounts(frames=9, lost=3, refused=19, backlog=104).lost_since(before) == 6
    assert NicCounts(frames=9, lost=0, refused=0, backlog=0).lost_since(before) == 0


def test_the_queues_of_all_processors_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = tmp_path / "softnet_stat"
    monkeypatch.setattr(interface, "_BACKLOG", table)
    table.write_text("0000ffff 00000003 00000000\n0000ffff 0000000a 00000000\n", "ascii")
    assert interface._backlog_dropped() == 13
    table.write_text("nonsense\n", "ascii")
    assert interface._backlog_dropped() == 0


def test_only_devices_with_a_common_header_keep_it(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {"wlan0": 803, "ppp0": 512, "wwan0": 519, "tun0": 65534, "eth0": 1}
    monkeypatch.setattr(
        interface,
        "_ask",
        lambda name, command: (
            bytes(16)
            + (answers[name] if command == interface._GET_HARDWARE_ADDRESS else 0).to_bytes(2, "little")
            + bytes(22)
        ),
    )
    links = {name: link_of(name) for name in answers}
    assert {name: link.link_type for name, link in links.items()} == {
        "wlan0": 127, "ppp0": 101, "wwan0": 101, "tun0": 101, "eth0": 1,
    }  # fmt: skip
    assert [name for name, link in links.items() if link.is_cooked] == ["ppp0", "wwan0", "tun0"]
