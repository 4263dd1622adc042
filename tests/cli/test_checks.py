"""Each check, by what it says of a host or an interface that is well, and of one that is not."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from monitor.capture.ethtool import DriverFacts
from monitor.capture.interface import LINK_ETHERNET, InterfaceFacts, Link, State
from monitor.capture.settings import Settings as CaptureSettings
from monitor.capture.source import InterfaceCounts
from monitor.cli.checks import (
    clock,
    configuration,
    disk,
    geoip,
    interface,
    losses,
    memory,
    mirror,
    off_loads,
    processor,
    rights,
    ring,
    running_sensor,
    signatures,
    snapping,
    system,
)
from monitor.cli.checks._subject import Hearing, Level, Remark, Subject
from monitor.cli.config_check import Checked, checked
from monitor.config.sensor import Sensor
from monitor.config.tree import Config
from monitor.pipeline.listening import Heard
from monitor.registry import discover
from tests.kit.confined import needs_linux

DAY_NS = 86_400 * 1_000_000_000
WELL = Heard(
    frames=1000,
    frame_bytes=800_000,
    span_ns=5_000_000_000,
    packets=990,
    outcomes={"packet": 990, "not_ip": 10, "malformed": 0},
    foreign=900,
    conversations=40,
)


def _facts(**changes: Any) -> InterfaceFacts:
    given: dict[str, Any] = {
        "name": "eth1",
        "index": 2,
        "link": Link(1, LINK_ETHERNET, is_cooked=False, is_loopback=False),
        "state": State(is_up=True, has_carrier=True, is_promiscuous=False),
        "mtu_bytes": 1500,
        "speed_megabits": 1000,
        "statistics": {"rx_packets": 1_000_000},
        "driver": DriverFacts(driver="igb", off_loads={"gro": False, "lro": False}),
    }
    return InterfaceFacts(**given | changes)


def _hearing(heard: Heard = WELL, **changes: Any) -> Hearing:
    given: dict[str, Any] = {
        "name": "eth1",
        "facts": _facts(),
        "seconds": 5.0,
        "heard": heard,
        "counts": InterfaceCounts(name="eth1", is_up=True, frames=1000),
    }
    return Hearing(**given | changes)


def _subject(*hearings: Hearing, config: Config | None = None, **changes: Any) -> Subject:
    return Subject(checked=Checked(config or Config()), hearings=hearings, **changes)


def _told(check: Any, subject: Subject) -> list[tuple[Level, str, str]]:
    return [(remark.level, remark.what, remark.remedy) for remark in check.CHECK(subject)]


def _only(check: Any, subject: Subject) -> Remark:
    [remark] = check.CHECK(subject)
    assert isinstance(remark, Remark)
    return remark


def _worst(check: Any, subject: Subject) -> Remark:
    worst: Remark = max(check.CHECK(subject), key=lambda remark: remark.level)
    return worst


def test_whatever_is_wrong_is_told_with_what_mends_it() -> None:
    subjects = (
        _subject(),
        _subject(_hearing()),
        _subject(_hearing(Heard())),
        _subject(Hearing(name="x", problem="gone")),
    )
    for check in discover("monitor.cli.checks", "CHECK").values():
        for subject in subjects:
            for remark in check(subject):
                assert remark.level < Level.WARNING or remark.remedy, remark


class TestInterface:
    def test_one_that_is_well(self) -> None:
        remark = _only(interface, _subject(_hearing()))
        assert (Level.OK, "is up, 1000 Mbit/s, MTU 1500, driver igb", "eth1") == (
            remark.level,
            remark.what,
            remark.interface,
        )

    def test_one_that_is_down_or_not_connected_or_not_there(self) -> None:
        down = _hearing(facts=_facts(state=State(is_up=False, has_carrier=False, is_promiscuous=False)))
        assert (Level.FAULT, "is down", "ip link set dev eth1 up") == _told(interface, _subject(down))[0]
        loose = _hearing(facts=_facts(state=State(is_up=True, has_carrier=False, is_promiscuous=False)))
        assert "no carrier" in _only(interface, _subject(loose)).what
        gone = Hearing(name="eth9", problem="no interface 'eth9'; there are lo")
        assert (Level.FAULT, "no interface 'eth9'; there are lo") == _told(interface, _subject(gone))[0][:2]

    def test_what_kept_us_from_listening(self) -> None:
        remark = _worst(interface, _subject(_hearing(problem="not allowed to listen")))
        assert (Level.FAULT, "not allowed to listen") == (remark.level, remark.what)

    def test_none_was_named(self) -> None:
        assert "no interface was named; there are" in _only(interface, _subject()).what


class TestMirror:
    def test_one_that_is_well(self) -> None:
        remark = _only(mirror, _subject(_hearing()))
        assert Level.OK == remark.level
        assert "heard 200 frames/s, 1.3 Mbit/s, 40 TCP connections" == remark.what

    @pytest.mark.parametrize(
        ("changes", "level", "says"),
        [
            ({"frames": 0}, Level.WARNING, "nothing was heard in 5 s"),
            ({"packets": 0, "outcomes": {"packet": 0, "not_ip": 9, "opaque": 991}}, Level.FAULT, "opaque"),
            ({"foreign": 0}, Level.WARNING, "this is no mirror port"),
            ({"conversations": 2}, Level.NOTE, "too few TCP connections"),
            ({"one_way": 12}, Level.WARNING, "12 of 40 TCP connections show one direction only"),
            ({"copies": 495}, Level.WARNING, "50% of the packets are delivered twice"),
            (
                {"outcomes": {"packet": 900, "malformed": 90, "not_ip": 10}},
                Level.WARNING,
                "9.0% of the frames cannot be read: malformed",
            ),
        ],
    )
    def test_one_that_is_odd(self, changes: Mapping[str, Any], level: Level, says: str) -> None:
        remark = _worst(mirror, _subject(_hearing(replace(WELL, **changes))))
        assert (level, "eth1") == (remark.level, remark.interface)
        assert says in remark.what
        assert remark.remedy

    def test_tags_and_tunnels_are_told(self) -> None:
        what = _only(mirror, _subject(_hearing(replace(WELL, tagged=500, tunnels={"gtpu": 5})))).what
        assert what.endswith("50% with VLAN tags, tunnels: gtpu")

    def test_without_listening_nothing_is_judged(self) -> None:
        assert [] == _told(mirror, _subject(_hearing(seconds=0.0), _hearing(problem="x")))


class TestOffLoads:
    def test_none_that_disturbs(self) -> None:
        assert Level.OK == _only(off_loads, _subject(_hearing())).level

    def test_one_that_is_on(self) -> None:
        on = _hearing(facts=_facts(driver=DriverFacts(off_loads={"gro": True, "lro": True, "tso": True})))
        remark = _only(off_loads, _subject(on))
        assert (Level.NOTE, "ethtool -K eth1 gro off lro off") == (remark.level, remark.remedy)

    def test_frames_that_no_wire_carries(self) -> None:
        long = Heard(frames=10, super_frames=3, longest_bytes=65_000)
        remark = _only(off_loads, _subject(_hearing(long)))
        assert (Level.WARNING, "ethtool -K eth1 gro off lro off") == (remark.level, remark.remedy)
        sends = _hearing(long, facts=_facts(driver=DriverFacts(off_loads={"gro": False, "tso": True})))
        assert "ethtool -K eth1 tso off" == _only(off_loads, _subject(sends)).remedy

    def test_tags_that_the_nic_takes_off(self) -> None:
        taken = _hearing(facts=_facts(driver=DriverFacts(off_loads={"rx-vlan": True})))
        assert "they are put back" in _told(off_loads, _subject(taken))[-1][1]


class TestRing:
    def test_one_that_lasts(self) -> None:
        remark = _only(ring, _subject(_hearing()))
        assert Level.OK == remark.level
        assert remark.what == "a ring of 64MiB lasts 381 s at what was heard, 537 ms at the speed of the wire"

    def test_one_that_does_not(self) -> None:
        busy = Heard(frames=1_000_000, frame_bytes=1_000_000_000)
        remark = _only(ring, _subject(_hearing(busy)))
        assert Level.WARNING == remark.level
        assert remark.remedy == 'in the configuration: [capture] ring_size = "256MiB"'

    def test_the_nic_s_own(self) -> None:
        small = _facts(driver=DriverFacts(ring_frames=256, ring_frames_limit=4096))
        remark = _told(ring, _subject(_hearing(facts=small)))[-1]
        assert (Level.NOTE, "ethtool -G eth1 rx 4096") == (remark[0], remark[2])
        losing = InterfaceCounts(name="eth1", is_up=True, frames=10, dropped_nic=3)
        assert Level.WARNING == _told(ring, _subject(_hearing(facts=small, counts=losing)))[-1][0]


class TestLosses:
    def test_none(self) -> None:
        assert (Level.OK, "none of 1000 frames was lost on the way", "") == _told(
            losses, _subject(_hearing())
        )[0]

    def test_by_stage(self) -> None:
        counts = InterfaceCounts(name="eth1", is_up=True, frames=90, dropped_ring=10, dropped_nic=5)
        told = _told(losses, _subject(_hearing(counts=counts)))
        assert [Level.WARNING] * 2 == [level for level, _, _ in told]
        assert "the NIC or its driver lost 5 frames" in told[0][1]
        assert "10 of 100 frames" in told[1][1]

    def test_before_we_listened(self) -> None:
        facts = _facts(statistics={"rx_packets": 1000, "rx_missed_errors": 20, "rx_dropped": 999})
        level, what, _ = _told(losses, _subject(_hearing(facts=facts)))[-1]
        assert (Level.NOTE, True) == (level, "2.00% of 1000 frames (rx_missed_errors 20)" in what)


class TestSnapping:
    def test_whole_frames(self) -> None:
        assert [] == _told(snapping, _subject(_hearing()))

    def test_cut_by_the_mirror_or_by_us(self) -> None:
        cut = _hearing(Heard(frames=10, snapped=4))
        assert Level.WARNING == _only(snapping, _subject(cut)).level
        ours = Config(sections={"capture": CaptureSettings(snap_length=128)})
        assert (Level.NOTE, True) == (
            _only(snapping, _subject(cut, config=ours)).level,
            "cut at 128 bytes" in _only(snapping, _subject(cut, config=ours)).what,
        )

    def test_what_the_configuration_keeps_away(self) -> None:
        few = Config(sections={"capture": CaptureSettings(filter="port 53", promiscuous=False)})
        assert [Level.NOTE] * 2 == [level for level, _, _ in _told(snapping, _subject(config=few))]


class TestClock:
    @pytest.fixture
    def kept(self, monkeypatch: pytest.MonkeyPatch) -> clock._Timex:
        timex = clock._Timex(largest_error_us=20_000)
        monkeypatch.setattr(clock, "_asked", lambda: timex)
        return timex

    def test_one_that_is_kept(self, kept: clock._Timex) -> None:
        remark = _only(clock, _subject())
        assert (Level.OK, True) == (remark.level, remark.what.endswith("at most 20 ms"))

    def test_one_that_nobody_keeps_or_that_is_far_off(self, kept: clock._Timex) -> None:
        kept.largest_error_us = 16_000_000
        assert "wrong by 16.0 s" in _only(clock, _subject()).what
        kept.status = clock.STA_UNSYNC
        assert (Level.WARNING, True) == (
            _only(clock, _subject()).level,
            "nobody keeps" in _only(clock, _subject()).what,
        )

    def test_one_that_jumps(self, kept: clock._Timex) -> None:
        assert "jumped 2 times" in _told(clock, _subject(_hearing(clock_jumps=2)))[0][1]

    @needs_linux
    def test_the_kernel_answers(self) -> None:
        timex = clock._asked()
        assert timex is not None
        assert timex.largest_error_us >= 0


class TestKnowledge:
    def test_signatures_of_our_days_old_ones_and_none(self) -> None:
        whole = checked(None)
        day_ns = whole.signatures_day_ns
        assert day_ns is not None
        assert Level.OK == _only(signatures, Subject(checked=whole, now_ns=day_ns + DAY_NS)).level
        old = _only(signatures, Subject(checked=whole, now_ns=day_ns + 200 * DAY_NS))
        assert (Level.WARNING, "umbilical signatures update") == (old.level, old.remedy)
        assert Level.FAULT == _only(signatures, _subject()).level

    def test_databases_of_our_days_old_ones_and_none(self) -> None:
        whole = checked(None)
        assert whole.geoip is not None
        built_ns = 1_780_000_000 * 1_000_000_000
        assert Level.OK == _only(geoip, Subject(checked=whole, now_ns=built_ns)).level
        old = _only(geoip, Subject(checked=whole, now_ns=built_ns + 800 * DAY_NS))
        assert (Level.WARNING, "umbilical geoip update") == (old.level, old.remedy)
        assert Level.FAULT == _only(geoip, _subject()).level

    def test_the_configuration(self) -> None:
        assert (Level.OK, "the defaults: nothing is wrong", "") == _told(configuration, _subject())[0]
        wrong = Checked(Config(path=Path("u.toml")), faults=["u.toml:2: x"], notes=["y"])
        assert [
            (Level.FAULT, "u.toml:2: x", "umbilical check-config u.toml"),
            (Level.NOTE, "y", ""),
        ] == _told(configuration, Subject(checked=wrong))


class TestHost:
    def test_room_on_the_disk(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("STATE_DIRECTORY", raising=False)
        assert [] == _told(disk, _subject())
        config = Config(sensor=Sensor(state_folder=str(tmp_path / "new"), record_folder=str(tmp_path)))
        assert [Level.OK] * 2 == [level for level, _, _ in _told(disk, _subject(config=config))]
        monkeypatch.setattr("monitor.cli.checks.disk.CHECKPOINT_BYTES", 1 << 60)
        level, what, remedy = _told(disk, _subject(config=config))[0]
        assert (Level.WARNING, True, f"df -h {tmp_path}    and make room") == (
            level,
            what.startswith(f"{tmp_path}/new: "),
            remedy,
        )

    @pytest.mark.parametrize(
        ("available", "limit", "levels"),
        [
            (1 << 33, None, [Level.OK]),
            (1 << 20, None, [Level.WARNING]),
            (1 << 33, 1 << 20, [Level.WARNING, Level.OK]),
            (None, None, []),
        ],
    )
    def test_memory(
        self, monkeypatch: pytest.MonkeyPatch, available: int | None, limit: int | None, levels: list[Level]
    ) -> None:
        monkeypatch.setattr(memory, "_available_bytes", lambda: available)
        monkeypatch.setattr(memory, "_group_limit_bytes", lambda: limit)
        assert levels == [level for level, _, _ in _told(memory, _subject())]

    @needs_linux
    def test_memory_of_this_host(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        assert (memory._available_bytes() or 0) > 1 << 20
        (tmp_path / "a" / "b").mkdir(parents=True)
        (tmp_path / "memory.max").write_text("max\n")
        (tmp_path / "a" / "memory.max").write_text("1000\n")
        (tmp_path / "own").write_text("0::/a/b\n")
        monkeypatch.setattr(memory, "_GROUPS", tmp_path)
        monkeypatch.setattr(memory, "_OWN_GROUP", tmp_path / "own")
        assert 1000 == memory._group_limit_bytes()

    def test_processors(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        governor = tmp_path / "devices/system/cpu/cpu0/cpufreq/scaling_governor"
        governor.parent.mkdir(parents=True)
        governor.write_text("powersave\n")
        monkeypatch.setattr(processor, "_SYSFS", tmp_path)
        assert [Level.OK, Level.NOTE] == [level for level, _, _ in _told(processor, _subject())]
        many = Config(sensor=Sensor(workers=64))
        monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 1}, raising=False)
        level, what, remedy = _told(processor, _subject(config=many))[0]
        assert (Level.WARNING, "64 workers on 2 processors") == (level, what)
        assert remedy.endswith("[sensor] workers = 2")

    def test_rights(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(rights, "capabilities", lambda: 1 << 13)
        assert Level.OK == _only(rights, _subject()).level
        monkeypatch.setattr(rights, "capabilities", lambda: 0)
        remark = _only(rights, _subject())
        assert (Level.FAULT, True) == (remark.level, "setcap cap_net_raw+ep /" in remark.remedy)

    @needs_linux
    def test_the_kernel(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(system, "_has_seccomp", lambda: False)
        monkeypatch.setattr(system, "landlock_version", lambda: 0)
        monkeypatch.setattr("platform.release", lambda: "3.10.0-1160.el7")
        assert [Level.FAULT, Level.NOTE, Level.NOTE] == [level for level, _, _ in _told(system, _subject())]
        monkeypatch.setattr("platform.release", lambda: "6.1.0-18-amd64")
        assert Level.OK == _told(system, _subject())[0][0]


class TestRunningSensor:
    NOW = 1_800_000_000.0

    def _remarks(self, **samples: list[tuple[dict[str, str], float]]) -> list[tuple[Level, str, str]]:
        running = {f"umbilical_{name}": values for name, values in samples.items()}
        return _told(running_sensor, _subject(running=running, now_ns=int(self.NOW) * 1_000_000_000))

    def test_none(self) -> None:
        level, what, _ = _told(running_sensor, _subject())[0]
        assert (Level.NOTE, "no sensor answers at 127.0.0.1:9777") == (level, what)

    def test_one_that_is_well(self) -> None:
        told = self._remarks(
            capture_up=[({"interface": "eth1"}, 1.0)],
            capture_last_frame_timestamp_seconds=[({"interface": "eth1"}, self.NOW - 1)],
            capture_completeness_ratio=[({}, 1.0)],
            spool_pending_alerts=[({"output": "syslog"}, 0.0)],
        )
        assert [Level.OK] == [level for level, _, _ in told]

    @pytest.mark.parametrize(
        ("name", "labels", "value", "says"),
        [
            ("capture_up", {"interface": "eth1"}, 0.0, "does not hear eth1"),
            ("capture_last_frame_timestamp_seconds", {"interface": "eth1"}, 0.0, "on eth1 since it started"),
            ("capture_last_frame_timestamp_seconds", {"interface": "eth1"}, NOW - 900, "on eth1 for 900 s"),
            ("capture_completeness_ratio", {}, 0.9, "lost 10.00% of the last minutes' frames"),
            ("config_last_reload_successful", {}, 0.0, "the last reload was refused"),
            ("checkpoint_last_success_timestamp_seconds", {}, NOW - 2000, "checkpoint is 2000 s old"),
            ("spool_dropped_total", {"output": "syslog"}, 3.0, "3 alerts were given up before syslog"),
            ("spool_pending_alerts", {"output": "spool"}, 3.0, "3 alerts are not on the disk"),
            ("worker_up", {"worker": "1"}, 0.0, "worker 1 is gone"),
            ("internal_errors_total", {"room": "detect"}, 2.0, "2 errors of the program itself"),
        ],
    )
    def test_one_that_is_not(self, name: str, labels: dict[str, str], value: float, says: str) -> None:
        [(level, what, remedy)] = self._remarks(**{name: [(labels, value)]})
        assert Level.WARNING == level
        assert says in what
        assert remedy

    def test_a_state_that_was_never_saved(self) -> None:
        never, once = 0.0, self.NOW - 1
        for last, told in ((never, Level.WARNING), (once, Level.OK)):
            [(level, _, _)] = self._remarks(
                checkpoint_failures_total=[({}, 4.0)],
                checkpoint_last_success_timestamp_seconds=[({}, last)],
            )
            assert told == level

    def test_alerts_that_wait(self) -> None:
        [(level, what, _)] = self._remarks(spool_pending_alerts=[({"output": "syslog"}, 7.0)])
        assert (Level.NOTE, "7 alerts wait for syslog") == (level, what)
