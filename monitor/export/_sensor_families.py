"""The families that only a live sensor has; none of them is there in a replay.

Rule: the order is that of the documentation; a name that stands here is published and does not change.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

from monitor.export._family import Counts, Family, alone, keyed
from monitor.export.sensor_counts import Delivery, Recording, SensorCounts
from monitor.export.snapshot import Snapshot
from monitor.model.instant import SECOND_NS


def _sensor(read: Callable[[SensorCounts], Counts | None]) -> Callable[[Snapshot], Counts | None]:
    """Read from the sensor's part of a snapshot, where there is one."""
    return lambda snapshot: None if snapshot.sensor is None else read(snapshot.sensor)


def _number(read: Callable[[SensorCounts], float | None]) -> Callable[[Snapshot], Counts | None]:
    """Read one number; what is not known yet is NaN, which no rule takes for a value."""

    def one(sensor: SensorCounts) -> Counts | None:
        amount = read(sensor)
        return alone(math.nan if amount is None else amount)

    return _sensor(one)


def _recording(read: Callable[[Recording], Counts | None]) -> Callable[[Snapshot], Counts | None]:
    return _sensor(lambda sensor: None if sensor.recording is None else read(sensor.recording))


def _by_output(read: Callable[[Delivery], float]) -> Callable[[Snapshot], Counts | None]:
    return _sensor(lambda sensor: {(name,): read(one) for name, one in sensor.deliveries.items()})


def _seconds(instants_ns: Mapping[str, int]) -> dict[tuple[str, ...], Any]:
    return {(key,): ns / SECOND_NS for key, ns in instants_ns.items()}


def _when(instant_ns: int | None) -> float | None:
    return None if instant_ns is None else instant_ns / SECOND_NS


def _flags(flags: Mapping[str, bool]) -> dict[tuple[str, ...], Any]:
    return {(key,): int(flag) for key, flag in flags.items()}


CAPTURE = (
    Family(
        name="umbilical_capture_up",
        says="1 while the interface is up and its socket lives.",
        labels=("interface",),
        closed=lambda labels: labels.interface,
        read=_sensor(lambda sensor: _flags(sensor.up)),
        merge=min,
    ),
    Family(
        name="umbilical_capture_last_frame_timestamp_seconds",
        says="When the latest frame was captured; 0 before the first.",
        labels=("interface",),
        closed=lambda labels: labels.interface,
        read=_sensor(lambda sensor: _seconds(sensor.last_frame_ns)),
        merge=max,
    ),
    Family(
        name="umbilical_capture_completeness_ratio",
        says="Share of the frames of the last five minutes that were not lost; NaN while that is not known.",
        read=_number(lambda sensor: sensor.completeness),
    ),
    Family(
        name="umbilical_capture_one_way_ratio",
        says="Share of the TCP flows lately ended that showed one direction only; NaN when none ended.",
        read=_number(lambda sensor: sensor.one_way),
    ),
    Family(
        name="umbilical_frames_ignored",
        says="Frames that were seen and rightly not processed, by reason.",
        is_counter=True,
        labels=("interface", "reason"),
        closed=lambda labels: labels.ignore,
        read=_sensor(lambda sensor: sensor.ignored),
    ),
    Family(
        name="umbilical_worker_up",
        says="1 while the worker process lives.",
        labels=("worker",),
        closed=lambda labels: labels.worker,
        read=_sensor(lambda sensor: _flags(sensor.workers_up)),
        merge=min,
    ),
)

STATE = (
    Family(
        name="umbilical_config_last_reload_successful",
        says="1 when the latest attempt to load the configuration went well; the old one stays in use otherwise.",
        read=_number(lambda sensor: int(sensor.reload.is_successful)),
    ),
    Family(
        name="umbilical_config_last_reload_success_timestamp_seconds",
        says="When the configuration in use was loaded.",
        read=_number(lambda sensor: sensor.reload.last_success_ns / SECOND_NS),
    ),
    Family(
        name="umbilical_checkpoint_last_success_timestamp_seconds",
        says="When the state was last written to disk; 0 before the first time, NaN where no state is kept.",
        read=_number(lambda sensor: _when(sensor.checkpoint.last_success_ns)),
    ),
    Family(
        name="umbilical_checkpoint_bytes",
        says="Size of that state.",
        read=_number(lambda sensor: sensor.checkpoint.bytes),
    ),
    Family(
        name="umbilical_checkpoint_failures",
        says="Attempts to write the state that failed, or could not begin while alerts wait for the spool.",
        is_counter=True,
        read=_number(lambda sensor: sensor.checkpoint.failures),
    ),
    Family(
        name="umbilical_geoip_build_timestamp_seconds",
        says="When the geo-IP database was built, as it says of itself; 0 when it does not.",
        labels=("database",),
        closed=lambda labels: labels.database,
        read=_sensor(lambda sensor: _seconds(sensor.geoip_build_ns)),
        merge=min,
    ),
    Family(
        name="umbilical_memory_budget_bytes",
        says="Memory that the sensor may use; 0 when nothing limits it.",
        read=_number(lambda sensor: sensor.memory_budget_bytes),
    ),
    Family(
        name="umbilical_table_entries",
        says="Entries in a table; of reassembly and readings, bytes that are kept.",
        labels=("table",),
        closed=lambda labels: labels.table,
        read=_sensor(lambda sensor: keyed({name: one.entries for name, one in sensor.tables.items()})),
    ),
    Family(
        name="umbilical_table_capacity",
        says="Entries that a table can hold; of reassembly and readings, bytes.",
        labels=("table",),
        closed=lambda labels: labels.table,
        read=_sensor(lambda sensor: keyed({name: one.capacity for name, one in sensor.tables.items()})),
    ),
)

RECORDING = (
    Family(
        name="umbilical_recorder_up",
        says="1 while packets behind alerts can be recorded.",
        read=_recording(lambda recording: alone(int(recording.is_up))),
        merge=min,
    ),
    Family(
        name="umbilical_recorded_packets",
        says="Packets behind alerts that were recorded.",
        is_counter=True,
        read=_recording(lambda recording: alone(recording.packets)),
    ),
    Family(
        name="umbilical_recorder_dropped",
        says="Packets behind alerts that were not recorded, by reason.",
        is_counter=True,
        labels=("reason",),
        closed=lambda labels: labels.recorder_drop,
        read=_recording(lambda recording: keyed(recording.dropped)),
    ),
)
"""Only where packets are recorded."""

DELIVERY = (
    Family(
        name="umbilical_spool_bytes",
        says="Alerts on disk that an output does not have yet, or that are kept.",
        read=_number(lambda sensor: sensor.spool.bytes),
    ),
    Family(
        name="umbilical_spool_limit_bytes",
        says="What the spool may take on disk.",
        read=_number(lambda sensor: sensor.spool.limit_bytes),
    ),
    Family(
        name="umbilical_spool_write_failures",
        says="Attempts to write alerts to disk that failed; they wait in memory, and a crash would lose them.",
        is_counter=True,
        read=_number(lambda sensor: sensor.spool.write_failures),
    ),
    Family(
        name="umbilical_spool_pending_alerts",
        says="Alerts that wait for an output; under spool those that wait for the disk, in memory only.",
        labels=("output",),
        closed=lambda labels: labels.output,
        read=_by_output(lambda one: one.pending),
    ),
    Family(
        name="umbilical_spool_dropped",
        says="Alerts that the full spool gave up before the output had them.",
        is_counter=True,
        labels=("output",),
        closed=lambda labels: labels.output,
        read=_by_output(lambda one: one.dropped),
    ),
    Family(
        name="umbilical_deliveries",
        says="Alerts that an output took.",
        is_counter=True,
        labels=("output",),
        closed=lambda labels: labels.output,
        read=_by_output(lambda one: one.delivered),
    ),
    Family(
        name="umbilical_delivery_failures",
        says="Attempts of an output that failed; each is tried again.",
        is_counter=True,
        labels=("output",),
        closed=lambda labels: labels.output,
        read=_by_output(lambda one: one.failures),
    ),
    Family(
        name="umbilical_deliveries_rejected",
        says="Alerts that the far end of an output will never take; they were put aside.",
        is_counter=True,
        labels=("output",),
        closed=lambda labels: labels.output,
        read=_by_output(lambda one: one.rejected),
    ),
    Family(
        name="umbilical_delivery_last_success_timestamp_seconds",
        says="When an output last took an alert; 0 before the first.",
        labels=("output",),
        closed=lambda labels: labels.output,
        read=_by_output(lambda one: one.last_success_ns / SECOND_NS),
        merge=max,
    ),
)
