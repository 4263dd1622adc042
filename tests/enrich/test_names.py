from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.enrich.names import GRACE_NS, MAX_ADDRESSES, MAX_TTL_SECONDS, DnsMemory
from tests.kit.states import again, spoiled

SECOND_NS = 1_000_000_000


def _address(value: str, ttl: int = 60, kind: str = "A") -> dict[str, Any]:
    return {"type": kind, "value": value, "ttl": ttl}


def test_the_name_asked_for_is_remembered_not_the_end_of_the_chain() -> None:
    names = DnsMemory()
    chain = [
        _address("cdn.example.net", kind="CNAME"),
        _address("192.0.2.1"),
        _address("2001:db8::1", kind="AAAA"),
    ]
    names.learn("10.0.0.7", "fota.example.org", chain, 0)
    assert names.name("10.0.0.7", "192.0.2.1", 1) == "fota.example.org"
    assert names.name("10.0.0.7", "2001:db8::1", 1) == "fota.example.org"
    assert names.name("10.0.0.7", "cdn.example.net", 1) is None


def test_a_name_belongs_to_the_device_that_asked() -> None:
    names = DnsMemory()
    names.learn("10.0.0.7", "a.example.org", [_address("192.0.2.1")], 0)
    assert names.name("10.0.0.8", "192.0.2.1", 0) is None


def test_the_last_answer_counts() -> None:
    names = DnsMemory()
    names.learn("10.0.0.7", "a.example.org", [_address("192.0.2.1")], 0)
    names.learn("10.0.0.7", "b.example.org", [_address("192.0.2.1")], 1)
    assert names.name("10.0.0.7", "192.0.2.1", 2) == "b.example.org"
    assert len(names) == 1


def test_a_name_lives_as_long_as_its_ttl_and_the_grace() -> None:
    names = DnsMemory()
    names.learn("10.0.0.7", "a.example.org", [_address("192.0.2.1", ttl=60)], 0)
    end_ns = 60 * SECOND_NS + GRACE_NS
    assert names.name("10.0.0.7", "192.0.2.1", end_ns) == "a.example.org"
    assert names.name("10.0.0.7", "192.0.2.1", end_ns + 1) is None


def test_a_ttl_is_capped_and_one_with_the_sign_bit_is_zero() -> None:
    names = DnsMemory()
    names.learn("10.0.0.7", "long.example.org", [_address("192.0.2.1", ttl=(1 << 31) - 1)], 0)
    names.learn("10.0.0.7", "zero.example.org", [_address("192.0.2.2", ttl=1 << 31)], 0)
    cap_ns = MAX_TTL_SECONDS * SECOND_NS + GRACE_NS
    assert names.name("10.0.0.7", "192.0.2.1", cap_ns) == "long.example.org"
    assert names.name("10.0.0.7", "192.0.2.1", cap_ns + 1) is None
    assert names.name("10.0.0.7", "192.0.2.2", GRACE_NS) == "zero.example.org"
    assert names.name("10.0.0.7", "192.0.2.2", GRACE_NS + 1) is None


def test_a_huge_answer_is_cut() -> None:
    names = DnsMemory()
    names.learn("10.0.0.7", "a.example.org", [_address(f"192.0.2.{last}") for last in range(100)], 0)
    assert len(names) == MAX_ADDRESSES


def test_a_flooded_device_forgets_its_own_names_only() -> None:
    names = DnsMemory(device_capacity=4)
    names.learn("10.0.0.8", "quiet.example.org", [_address("192.0.2.200")], 0)
    for last in range(10):
        names.learn("10.0.0.7", "flood.example.org", [_address(f"192.0.2.{last}")], 0)
    assert names.name("10.0.0.8", "192.0.2.200", 0) == "quiet.example.org"
    assert names.name("10.0.0.7", "192.0.2.5", 0) is None
    assert names.name("10.0.0.7", "192.0.2.6", 0) == "flood.example.org"
    assert names.evictions == 6


def test_when_all_is_full_the_device_that_asked_longest_ago_is_forgotten() -> None:
    names = DnsMemory(capacity=3)
    for device in ("10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"):
        names.learn(device, "a.example.org", [_address("192.0.2.1")], 0)
    assert names.name("10.0.0.1", "192.0.2.1", 0) is None
    assert names.name("10.0.0.2", "192.0.2.1", 0) == "a.example.org"
    assert names.evictions == 1


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.lists(st.integers(0, 40), max_size=40))))
def test_it_is_bounded_whatever_is_answered(answers: list[tuple[int, list[int]]]) -> None:
    names = DnsMemory(capacity=20, device_capacity=8)
    for device, lasts in answers:
        records = [_address(f"192.0.2.{last}") for last in lasts]
        names.learn(f"10.0.0.{device}", "a.example.org", records, 0)
        held = sum(
            names.name(f"10.0.0.{one}", f"192.0.2.{last}", 0) is not None
            for one in range(6)
            for last in range(41)
        )
        assert held == len(names) <= 20


def test_names_outlive_a_restart_in_their_order() -> None:
    names = DnsMemory()
    for last in range(6):
        names.learn(f"10.0.0.{last % 2}", f"{last}.example.org", [_address(f"192.0.2.{last}")], last)
    after = DnsMemory()
    after.restore(again(names.state()))
    assert (after.state(), len(after)) == (names.state(), 6)
    assert after.name("10.0.0.1", "192.0.2.5", 6) == "5.example.org"


def test_a_smaller_memory_keeps_what_was_learnt_last_and_counts_the_rest() -> None:
    names = DnsMemory()
    for last in range(12):
        names.learn(f"10.0.0.{last % 3}", f"{last}.example.org", [_address(f"192.0.2.{last}")], last)
    after = DnsMemory(capacity=4, device_capacity=2)
    after.restore(again(names.state()))
    assert (len(after), after.evictions) == (4, 8)
    assert (after.name("10.0.0.0", "192.0.2.9", 12), after.name("10.0.0.2", "192.0.2.11", 12)) == (
        None,
        "11.example.org",
    )


def test_a_state_of_another_shape_changes_nothing() -> None:
    names = DnsMemory()
    names.learn("10.0.0.7", "a.example.org", [_address("192.0.2.1")], 0)
    before = names.state()
    for state in spoiled(again(before), Random(1), 200):
        try:
            names.restore(state)
        except ValueError:
            assert names.state() == before
        else:
            names.learn("10.0.0.7", "a.example.org", [_address("192.0.2.1")], 0)
            names.restore(before)


def test_an_answer_without_addresses_keeps_no_device_from_being_forgotten() -> None:
    names = DnsMemory(capacity=2)
    names.learn("10.0.0.7", "a.example.org", [_address("192.0.2.1")], 0)
    names.learn("10.0.0.8", "b.example.org", [_address("192.0.2.2")], 0)
    names.learn("10.0.0.7", "a.example.org", [_address("cdn.example.net", kind="CNAME")], 0)
    names.learn("10.0.0.9", "c.example.org", [_address("192.0.2.3")], 0)
    assert names.name("10.0.0.7", "192.0.2.1", 0) is None
    assert names.name("10.0.0.8", "192.0.2.2", 0) == "b.example.org"
