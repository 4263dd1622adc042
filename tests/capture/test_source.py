from monitor.capture.source import InterfaceCounts, summed

FIRST = InterfaceCounts(
    name="eth1", is_up=True, frames=10, frame_bytes=900, dropped_ring=1, dropped_nic=5, nic_frames=30,
    is_filtered=True, last_frame_ns=7, fill=0.5,
)  # fmt: skip
SECOND = InterfaceCounts(
    name="eth1", is_up=False, problem="no carrier", frames=4, duplicates=2, unreadable=1, freezes=1, reopened=1,
    is_filtered=True, last_frame_ns=9, fill=0.1,
)  # fmt: skip


def test_every_frame_has_one_fate() -> None:
    assert FIRST.seen == 11
    assert SECOND.seen == 7


def test_what_the_filter_kept_away_is_what_nobody_else_has() -> None:
    assert FIRST.filtered == 19
    assert SECOND.filtered == 0
    assert InterfaceCounts(name="eth1", is_up=True, nic_frames=5).filtered == 0


def test_workers_that_share_an_interface_count_as_one() -> None:
    [total] = summed([[FIRST], [SECOND]])
    assert total == InterfaceCounts(
        name="eth1", is_up=False, problem="no carrier", frames=14, frame_bytes=900, dropped_ring=1, dropped_nic=5,
        duplicates=2, unreadable=1, freezes=1, nic_frames=30, is_filtered=True, reopened=1, last_frame_ns=9, fill=0.5,
    )  # fmt: skip
    assert total.filtered == 30 - 18
