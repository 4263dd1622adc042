from typing import Any

import pytest

from monitor.alert._ruler import Remotes, Ruler
from monitor.alert.policy import Mute, Policy, Ruling
from monitor.model.finding import Severity
from tests.kit.facts import (
    T0,
    make_contact,
    make_device,
    make_finding,
    make_observation,
    make_remote,
)


@pytest.mark.parametrize(
    ("entry", "ip", "name", "expected"),
    [
        ("example.org", None, "example.org", True),
        ("example.org", None, "a.b.EXAMPLE.org.", True),
        ("example.org", None, "notexample.org", False),
        ("example.org", None, "example.org.evil.example", False),
        ("198.51.100.0/24", "198.51.100.7", None, True),
        ("198.51.100.0/24", "198.51.101.7", None, False),
        ("198.51.100.7", "198.51.100.7", "other.example", True),
        ("2001:db8::/32", "2001:db8::1", None, True),
        ("2001:db8::/32", "198.51.100.7", None, False),
        ("example.org", "not an address", None, False),
        ("198.51.100.0/24", "not an address", None, False),
    ],
)
def test_remotes_compare_labels_and_networks(
    entry: str, ip: str | None, name: str | None, *, expected: bool
) -> None:
    assert Remotes([entry]).names(ip, name) is expected


def test_a_name_of_very_many_labels_is_looked_at_in_bounded_work() -> None:
    assert Remotes(["example.org"]).names(None, "a." * 10_000 + "example.org") is False


def test_an_empty_policy_lets_every_finding_through() -> None:
    assert Ruler(Policy()).rule(make_finding()) is Ruling.ALERT


def test_an_expected_remote_is_known_by_the_name_that_was_looked_up() -> None:
    ruler = Ruler(Policy(expected_remotes=("acme.example",)))
    look_up = make_observation("dns_query", {"dns.query": "fota.acme.example"}, protocol=17)
    assert ruler.rule(make_finding(observation=look_up)) is Ruling.EXPECTED


def test_an_expected_resolver_does_not_excuse_what_was_asked_of_it() -> None:
    resolver = make_remote(ip="198.51.100.53", port=53)
    look_up = make_observation(
        "dns_query", {"dns.query": "fota.acme.example"}, contact=make_contact(remote=resolver)
    )
    ruler = Ruler(Policy(expected_remotes=("198.51.100.53",)))
    assert ruler.rule(make_finding(observation=look_up)) is Ruling.ALERT


def test_a_group_may_expect_more_than_the_site() -> None:
    ruler = Ruler(Policy(group_remotes={"meters": ("198.51.100.0/24",)}))
    meter = make_observation(contact=make_contact(make_device(group="meters")))
    pump = make_observation(contact=make_contact(make_device(group="pumps")))
    assert Ruling.EXPECTED is ruler.rule(make_finding(observation=meter))
    assert Ruling.ALERT is ruler.rule(make_finding(observation=pump))
    assert Ruling.ALERT is ruler.rule(make_finding())


@pytest.mark.parametrize(
    "mute",
    [
        {"signature": "acme.fota-check"},
        {"vendor": "acme"},
        {"detector": "vendor_contact"},
        {"device": "meter-17"},
        {"signature": "acme.fota-check", "device": "meter-17"},
    ],
)
def test_a_mute_silences_what_meets_all_its_conditions(mute: dict[str, Any]) -> None:
    assert Ruler(Policy(mutes=(Mute(reason="agreed", **mute),))).rule(make_finding()) is Ruling.MUTED


@pytest.mark.parametrize(
    "mute",
    [
        {"signature": "acme.other"},
        {"signature": "acme.fota-check", "device": "meter-18"},
        {"group": "meters"},
    ],
)
def test_a_mute_silences_nothing_else(mute: dict[str, Any]) -> None:
    assert Ruler(Policy(mutes=(Mute(reason="agreed", **mute),))).rule(make_finding()) is Ruling.ALERT


def test_a_mute_ends_in_event_time() -> None:
    ruler = Ruler(Policy(mutes=(Mute(reason="agreed", vendor="acme", until_ns=T0 + 1),)))
    assert Ruling.MUTED is ruler.rule(make_finding(observation=make_observation(at=0)))
    assert Ruling.ALERT is ruler.rule(make_finding(observation=make_observation(at=1)))


def test_less_severe_than_the_threshold_is_below() -> None:
    ruler = Ruler(Policy(min_severity=Severity.MEDIUM))
    assert Ruling.BELOW is ruler.rule(make_finding(severity=Severity.LOW))
    assert Ruling.ALERT is ruler.rule(make_finding(severity=Severity.MEDIUM))


def test_a_finding_without_a_contact_is_ruled_all_the_same() -> None:
    ruler = Ruler(
        Policy(
            mutes=(Mute(reason="agreed", device="meter-17"),),
            expected_remotes=("acme.example",),
            group_remotes={"meters": ("acme.example",)},
        )
    )
    assert ruler.rule(make_finding(observation=make_observation()._replace(contact=None))) is Ruling.ALERT
