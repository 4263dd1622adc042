import pytest

from monitor.capture import ethtool
from monitor.capture.ethtool import DriverFacts, driver_facts
from tests.kit.netns import cable, needs_namespaces


@needs_namespaces()
def test_a_driver_says_what_it_is_and_does() -> None:
    with cable() as link:
        facts = link.watched.call(driver_facts, "watched0")
    assert facts.driver == "veth"
    assert {"gro", "tso", "gso", "lro", "rx-vlan", "tx-vlan"} == facts.off_loads.keys()
    assert "peer_ifindex" in facts.statistics


def test_a_driver_that_says_nothing_is_no_fault() -> None:
    facts = driver_facts("lo")
    assert facts.ring_frames is None
    assert driver_facts("nowhere0") == DriverFacts()


def test_a_driver_with_too_many_counters_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ethtool, "_MOST_STATISTICS", 0)
    assert driver_facts("lo").statistics == {}
