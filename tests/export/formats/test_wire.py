from monitor.export.formats._wire import community_ids, interfaces, known, milliseconds, told_at
from tests.kit.receivers import make_record


def test_what_is_known_is_neither_null_nor_empty() -> None:
    assert known(a=None, b={}, c=[], d=0, e="", as_=1) == {"d": 0, "e": "", "as": 1}


def test_flows_and_interfaces_are_named_once() -> None:
    record = make_record(
        evidence=[
            {"community_id": "1:a", "capture": "eth1"},
            {"community_id": "1:b", "capture": "eth1"},
            {"community_id": "1:a", "capture": None},
        ]
    )
    assert (community_ids(record), interfaces(record)) == (["1:a", "1:b"], ["eth1"])
    assert community_ids(make_record(evidence=[])) == []


def test_a_firing_alert_tells_of_its_latest_finding_and_a_resolved_one_of_its_end() -> None:
    record = make_record(time="a", last_seen="b")
    assert (told_at(record), told_at({**record, "state": "resolved"})) == ("b", "a")


def test_instants_are_milliseconds() -> None:
    assert milliseconds("2027-01-15T08:00:00.123456789Z") == 1_800_000_000_123
    assert milliseconds("0001-01-01T00:00:00.000000000Z") < 0
