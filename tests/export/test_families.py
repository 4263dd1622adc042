from monitor.export._families import CONTACTS, FRAMES, HEALTH, PROGRAM, STORIES
from tests.export._states import BUSY


def test_every_family_reads_what_it_is_named_after() -> None:
    read = {family.name: family.read(BUSY) for family in (*STORIES, *CONTACTS, *FRAMES, *HEALTH, *PROGRAM)}
    assert read["umbilical_contact_bytes"] == {
        ("acme", "firmware-update", "uplink"): 10,
        ("acme", "firmware-update", "downlink"): 20,
    }
    assert read["umbilical_frames"] == {("eth1",): 100, ("eth2",): 50}
    assert read["umbilical_frame_bytes"] == {("eth1",): 64_000, ("eth2",): 32_000}
    assert read["umbilical_flows_active"] == {(): 7}
    assert read["umbilical_capture_lag_seconds"] == {(): 0.25}
    assert read["umbilical_table_evictions"] == {("flow",): 1}


def test_names_are_prefixed_and_counters_leave_total_to_the_format() -> None:
    for family in (*STORIES, *CONTACTS, *FRAMES, *HEALTH, *PROGRAM):
        assert family.name.startswith("umbilical_")
        assert not family.name.endswith("_total")
        assert family.says.endswith(".")
