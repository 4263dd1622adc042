import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from monitor.config.reader import load
from monitor.export._record_ring import MIN_FILE_BYTES, RETRY_NS
from monitor.export.record_note import MAX_ALERTS
from monitor.export.recorder import Recorder, Settings, Share
from monitor.model.flow import Flow
from monitor.model.frame import Interface
from tests.export.test_record_ring import _files_end_at
from tests.kit import dns_wire
from tests.kit.cases import cases
from tests.kit.frames import Frame, ethernet, ipv4, udp
from tests.kit.playbook import make_flow
from tests.kit.recording import ETH1, SMALL, Wire, read_back, record

T0 = 1_800_000_000_000_000_000
SECOND_NS = 1_000_000_000
DEVICE, REMOTE, RESOLVER = 0x0A00_0007, 0xC633_6407, 0x0A00_0001
NAME = "ota.acme.com"
FLOW = make_flow(17, resp_port=9000, orig_port=5000)
ALERT, OTHER = "0f614e461b2c3d4e", "aaaabbbbccccdddd"
DEMO = next(case for case in cases() if case.name == "demo")


def _packet(at: float = 0, port: int = 5000, payload: bytes = b"") -> Frame:
    return ethernet(T0 + round(at * SECOND_NS), ipv4(DEVICE, REMOTE, 17, udp(port, 9000, payload)))


def _look_up(at: float = 0) -> Frame:
    return ethernet(
        T0 + round(at * SECOND_NS), ipv4(DEVICE, RESOLVER, 17, udp(40_000, 53, dns_wire.query(NAME)))
    )


def _recorder(folder: Path, wire: Wire, share: Share | None = None, **changes: Any) -> Recorder:
    return Recorder(folder, replace(SMALL, **changes), wire.interfaces, share)


def test_nothing_is_written_before_something_matters(tmp_path: Path) -> None:
    wire = Wire()
    recorder = _recorder(tmp_path, wire)
    wire.show(recorder, [_packet(), _look_up()])
    wire.show(recorder, [])
    recorder.close()
    assert list(tmp_path.iterdir()) == []
    assert (2, 0) == (recorder.counts()["packets_held"], recorder.counts()["packets"])


def test_a_marked_flow_is_recorded_from_before_its_finding_on_with_what_led_to_it(tmp_path: Path) -> None:
    wire = Wire()
    recorder = _recorder(tmp_path, wire)
    frames = [_look_up(0), _packet(1), _packet(2, port=1), _packet(3)]
    wire.show(recorder, frames[:3])
    recorder.mark(FLOW, [NAME], ALERT, "ACME: firmware")
    wire.show(recorder, frames[3:])
    recorder.close()
    packets = read_back(tmp_path)
    by_time = sorted(packets, key=lambda one: one.ts_ns)
    assert [frames[0].content, frames[1].content, frames[3].content] == [one.content for one in by_time]
    assert [1, 2, 4] == [one.note.frame for one in by_time]
    assert {((ALERT,), FLOW.community_id, "ACME: firmware")} == {
        (one.note.alerts, one.note.flow, one.note.title) for one in packets
    }
    assert (NAME, "10.0.0.7") == (by_time[0].note.name, by_time[0].note.device)
    assert {"eth1"} == {one.interface.name for one in packets}


def test_a_packet_is_written_once_whatever_number_of_alerts_it_belongs_to(tmp_path: Path) -> None:
    wire = Wire()
    recorder = _recorder(tmp_path, wire)
    wire.show(recorder, [_look_up(0), _packet(1)])
    for _ in range(3):
        for alert in (ALERT, OTHER):
            recorder.mark(FLOW, [NAME], alert, "x")
    wire.show(recorder, [_packet(2)])
    recorder.close()
    packets = read_back(tmp_path)
    assert len(packets) == 3
    assert packets[-1].note.alerts == (ALERT, OTHER)


def test_limits_of_a_flow_hold_and_another_alert_still_brings_a_few(tmp_path: Path) -> None:
    wire = Wire()
    recorder = _recorder(tmp_path, wire, flow_packets=5)
    recorder.mark(FLOW, [], ALERT, "x")
    wire.show(recorder, [_packet(place / 100) for place in range(20)])
    assert recorder.counts()["packets"] == 5
    assert recorder.counts()["over_flow_limit"] == 15
    recorder.mark(FLOW, [], OTHER, "y")
    assert recorder.counts()["packets"] == 20
    for number in range(50):
        recorder.mark(FLOW, [str(number)], f"{number:016x}", "z")
        wire.show(recorder, [_packet(1 + place / 100) for place in range(70)])
    recorder.close()
    assert recorder.counts()["packets"] <= 5 + MAX_ALERTS * 64


def test_a_flow_that_is_marked_again_after_an_hour_is_recorded_again(tmp_path: Path) -> None:
    wire = Wire()
    recorder = _recorder(tmp_path, wire, flow_packets=1)
    for hour in range(3):
        wire.show(recorder, [_packet(3600 * hour)])
        recorder.mark(FLOW, [], ALERT, "x")
        wire.show(recorder, [_packet(3600 * hour + 1)])
    recorder.close()
    assert [0, 3600, 7200] == [(one.ts_ns - T0) // SECOND_NS for one in read_back(tmp_path)]


def test_more_flows_than_can_be_marked_make_the_silent_ones_be_forgotten(tmp_path: Path) -> None:
    wire = Wire()
    recorder = _recorder(tmp_path, wire)
    for port in range(1, 6000):
        recorder.mark(FLOW._replace(orig_port=port), [], ALERT, "x")
    counts = recorder.counts()
    assert counts["flows_forgotten"] > 0
    assert counts["flows_marked"] <= 4096
    assert counts["flows_refused"] == 0
    wire.show(recorder, [_packet(port=5999)])
    assert recorder.counts()["packets"] == 1


def test_a_full_disk_stops_only_the_recording(tmp_path: Path) -> None:
    wire = Wire()
    recorder = _recorder(tmp_path, wire)
    recorder.mark(FLOW, [], ALERT, "x")
    wire.show(recorder, [_packet(0)])
    size = recorder.counts()["bytes_on_disk"]
    with _files_end_at(size + 10):
        wire.show(recorder, [_packet(1), _packet(2)])
    assert recorder.problem == f"{tmp_path}: file too large"
    counts = recorder.counts()
    assert (1, 2, 1, size) == (
        counts["packets"],
        counts["packets_unwritten"],
        counts["stopped"],
        counts["bytes_on_disk"],
    )
    wire.show(recorder, [_packet(2 + RETRY_NS / SECOND_NS)])
    counts = recorder.counts()
    assert (2, 0) == (counts["packets"], counts["stopped"])
    recorder.close()
    assert len(read_back(tmp_path)) == 2


def test_the_ring_is_bounded_however_much_matters(tmp_path: Path) -> None:
    wire = Wire()
    share = Share(size_bytes=4 * MIN_FILE_BYTES)
    recorder = _recorder(tmp_path, wire, share)
    for second in range(40):
        recorder.mark(FLOW._replace(orig_port=6000 + second), [], ALERT, "x")
        wire.show(recorder, [_packet(second + place / 100, 6000 + second, bytes(900)) for place in range(50)])
        assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= share.size_bytes
    recorder.close()
    packets = read_back(tmp_path)
    assert packets[-1].ts_ns == T0 + round(39.49 * SECOND_NS)
    assert len(packets) < recorder.counts()["packets"] == 2000


def test_an_interface_that_comes_later_is_described_before_its_packets(tmp_path: Path) -> None:
    wire = Wire()
    recorder = _recorder(tmp_path, wire)
    recorder.mark(FLOW, [], ALERT, "x")
    wire.show(recorder, [_packet(0)])
    wire.interfaces.append(Interface(name="eth2", capture="eth2", link_type=1, snap_length=1500))
    wire.show(recorder, [_packet(1)], interface=1)
    wire.show(recorder, [_packet(2)])
    recorder.close()
    assert ["eth1", "eth2", "eth1"] == [one.interface.name for one in read_back(tmp_path)]


def test_a_restart_goes_on_with_the_ring(tmp_path: Path) -> None:
    for second in range(3):
        wire = Wire()
        recorder = _recorder(tmp_path, wire)
        recorder.mark(FLOW, [], ALERT, "x")
        wire.show(recorder, [_packet(second)])
        recorder.close()
    assert len(list(tmp_path.iterdir())) == 3
    assert [0, 1, 2] == [(one.ts_ns - T0) // SECOND_NS for one in read_back(tmp_path)]


def test_a_kill_at_any_moment_leaves_files_that_can_be_read(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", _ENDLESS, str(tmp_path)], cwd=Path(__file__).parents[2])
    try:
        until = time.monotonic() + 60
        while len(list(tmp_path.glob("umbilical-*"))) < 3:
            assert time.monotonic() < until
            assert process.poll() is None
            time.sleep(0.01)
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    _recorder(tmp_path, Wire())
    packets = read_back(tmp_path)
    assert packets
    assert {one.note.alerts for one in packets} == {(ALERT,)}


_ENDLESS = """
import sys
from itertools import count
from pathlib import Path
from typing import Any
from tests.export.test_recorder import ALERT, FLOW, _packet, _recorder
from tests.kit.recording import Wire
from monitor.export.recorder import Share
wire = Wire()
recorder = _recorder(Path(sys.argv[1]), wire, Share(size_bytes=1 << 20), flow_packets=10**9)
recorder.mark(FLOW, [], ALERT, "x")
for second in count():
    recorder.mark(FLOW, [], ALERT, "x")
    wire.show(recorder, [_packet(second + place / 100, payload=bytes(99)) for place in range(50)])
"""


def test_a_name_or_title_of_any_kind_is_recorded_or_left_out(tmp_path: Path) -> None:
    wire = Wire()
    recorder = _recorder(tmp_path, wire)
    wire.show(recorder, [_packet(0)])
    recorder.mark(FLOW, ["", "ä", "a" * 999, "..", "\x00"], ALERT, "\x1b[2J\n\udcff" * 500)
    recorder.close()
    (packet,) = read_back(tmp_path)
    assert packet.note.title.isprintable()


def test_an_ipv6_flow_and_one_without_ports_can_be_marked(tmp_path: Path) -> None:
    recorder = _recorder(tmp_path, Wire())
    recorder.mark(
        make_flow(58, resp_port=129, orig_port=128, orig_ip="fd00::1", resp_ip="2001:db8::1"), [], ALERT, ""
    )
    recorder.mark(Flow(1, 0, "10.0.0.1", 0, "10.0.0.2", 0, 47), [], ALERT, "")
    assert recorder.counts()["flows"] == 2


def test_the_demo_recorded_as_the_sensor_would_holds_the_evidence_of_every_alert(tmp_path: Path) -> None:
    alerts, recorder = record([str(one) for one in DEMO.captures], tmp_path, batch_frames=16)
    packets = read_back(tmp_path)
    frames = {(one.note.frame, one.ts_ns) for one in packets}
    assert len(alerts) == 13
    missing = [one for alert in alerts for one in alert.evidence if (one.frame, one.ts_ns) not in frames]
    assert missing == []
    assert len({(one.ts_ns, one.content) for one in packets}) == len(packets) == recorder.counts()["packets"]
    ids = {alert_id for one in packets for alert_id in one.note.alerts}
    assert ids == {alert.alert_id for alert in alerts}


def test_settings_are_a_section_of_the_configuration(tmp_path: Path) -> None:
    path = tmp_path / "umbilical.toml"
    path.write_text('[export.recorder]\nmemory = "8MiB"\nlook_back = "10s"\nflow_packets = 7\n')
    settings = load(path).settings("export.recorder")
    assert settings == Settings(memory="8MiB", look_back="10s", flow_packets=7)
    assert (8 << 20, 10 * SECOND_NS, 7) == (*settings.limits[:2], settings.limits.flow_packets)
    path.write_text('[export.recorder]\nmemory = "8kB"\n')
    with pytest.raises(ValueError, match='memory: too little; give "1MiB" or more'):
        load(path)


def test_the_interface_of_a_replay_keeps_the_name_of_its_capture(tmp_path: Path) -> None:
    wire = Wire()
    wire.interfaces[0] = Interface(name="any", capture="/data/site.pcap", link_type=ETH1.link_type)
    recorder = _recorder(tmp_path, wire)
    recorder.mark(FLOW, [], ALERT, "x")
    wire.show(recorder, [_packet()])
    recorder.close()
    (path,) = tmp_path.iterdir()
    assert b"/data/site.pcap" in path.read_bytes()
