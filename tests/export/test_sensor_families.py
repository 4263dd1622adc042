import math
from dataclasses import replace

from monitor.export._sensor_families import CAPTURE, DELIVERY, RECORDING, STATE
from monitor.export.sensor_counts import Checkpoint, Recording
from tests.export._states import BUSY, NOW_NS, QUIET, SENSOR

FAMILIES = (*CAPTURE, *STATE, *RECORDING, *DELIVERY)


def test_a_replay_has_none_of_them() -> None:
    assert [family.read(QUIET) for family in FAMILIES] == [None] * len(FAMILIES)


def test_every_family_reads_what_it_is_named_after() -> None:
    read = {family.name: family.read(BUSY) for family in FAMILIES}
    now = NOW_NS / 1e9
    assert read["umbilical_capture_up"] == {("eth1",): 1, ("eth2",): 1}
    assert read["umbilical_capture_last_frame_timestamp_seconds"] == {("eth1",): now - 1, ("eth2",): now - 2}
    assert read["umbilical_frames_ignored"] == {("eth1", "not_ip"): 4}
    assert read["umbilical_config_last_reload_successful"] == {(): 1}
    assert read["umbilical_checkpoint_bytes"] == {(): 4096}
    assert read["umbilical_spool_limit_bytes"] == {(): 1 << 20}
    assert read["umbilical_spool_write_failures"] == {(): 5}
    assert read["umbilical_spool_pending_alerts"] == {("jsonl",): 0, ("syslog",): 1}
    assert read["umbilical_delivery_failures"] == {("jsonl",): 0, ("syslog",): 3}
    assert read["umbilical_deliveries_rejected"] == {("jsonl",): 0, ("syslog",): 2}
    assert read["umbilical_worker_up"] == {("0",): 1}
    assert read["umbilical_table_capacity"] == {("flow",): 1024, ("alerts",): 32}


def test_what_is_not_known_yet_is_no_number() -> None:
    unsure = replace(BUSY, sensor=replace(SENSOR, completeness=None, one_way=None))
    for family in CAPTURE:
        if family.name.endswith("_ratio"):
            counts = family.read(unsure)
            assert counts is not None
            assert math.isnan(counts[()])


def test_never_saved_is_told_from_no_state_at_all() -> None:
    [family] = [one for one in STATE if one.name.startswith("umbilical_checkpoint_last_success")]
    never = family.read(replace(BUSY, sensor=replace(SENSOR, checkpoint=Checkpoint(last_success_ns=0))))
    assert never == {(): 0}
    stateless = family.read(replace(BUSY, sensor=replace(SENSOR, checkpoint=Checkpoint())))
    assert stateless is not None
    assert math.isnan(stateless[()])


def test_recording_is_told_where_packets_are_recorded() -> None:
    recording = Recording(packets=7, dropped={"disk": 2}, is_up=False)
    kept = replace(BUSY, sensor=replace(SENSOR, recording=recording))
    read = {family.name: family.read(kept) for family in RECORDING}
    assert read == {
        "umbilical_recorder_up": {(): 0},
        "umbilical_recorded_packets": {(): 7},
        "umbilical_recorder_dropped": {("disk",): 2},
    }
    without = replace(BUSY, sensor=replace(SENSOR, recording=None))
    assert all(family.read(without) is None for family in RECORDING)
