from monitor.export.snapshot import Known, Snapshot


def test_a_snapshot_of_nothing_needs_no_counts() -> None:
    snapshot = Snapshot(known=Known(), version="0", catalog_digest="")
    assert (snapshot.findings, snapshot.frames, snapshot.capture_lag_seconds) == ({}, {}, None)
