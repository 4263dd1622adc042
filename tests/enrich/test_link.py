from monitor.enrich.link import ROUTER_ADDRESSES, ROUTER_WINDOW_NS, TRACKED_ADDRESSES, Stations
from tests.kit.states import again

MAC = 7


def _is_router(stations: Stations) -> bool:
    station = stations.find(MAC)
    return station is not None and station.is_router


def test_a_mac_with_many_home_addresses_is_a_routers() -> None:
    stations = Stations()
    ips = [f"10.0.0.{last}" for last in range(ROUTER_ADDRESSES + 1)]
    affected = [stations.carry_home(MAC, ip, 0) for ip in ips]
    assert [()] * ROUTER_ADDRESSES + [tuple(ips)] == affected
    assert _is_router(stations)


def test_the_same_address_again_is_one_address() -> None:
    stations = Stations()
    for _ in range(100):
        stations.carry_home(MAC, "10.0.0.1", 0)
    assert not _is_router(stations)


def test_a_device_with_a_new_lease_every_day_is_no_router() -> None:
    stations = Stations()
    for day in range(100):
        stations.carry_home(MAC, f"10.0.0.{day}", day * (ROUTER_WINDOW_NS + 1))
    assert not _is_router(stations)


def test_ipv6_addresses_do_not_make_a_router_until_there_are_very_many() -> None:
    stations = Stations()
    for last in range(1, TRACKED_ADDRESSES):
        assert stations.carry_home(MAC, f"fd00::{last}", 0) == ()
    assert not _is_router(stations)
    assert len(stations.carry_home(MAC, "fd00::ffff", 0)) == TRACKED_ADDRESSES


def test_old_addresses_are_let_go_one_by_one() -> None:
    stations = Stations()
    days = [stations.carry_home(MAC, f"fd00::{day}", day * (ROUTER_WINDOW_NS + 1)) for day in range(40)]
    assert [()] * TRACKED_ADDRESSES + [(f"fd00::{day}",) for day in range(8)] == days


def test_the_lease_of_a_router_follows_its_host_name() -> None:
    stations = Stations()
    stations.carry_outside(MAC)
    assert stations.lease(MAC, "10.0.0.1", 0) == ()
    assert stations.name(MAC, "gateway") == ("10.0.0.1",)


def test_a_mac_that_carries_the_outside_is_a_routers() -> None:
    stations = Stations()
    stations.carry_home(MAC, "10.0.0.1", 0)
    assert stations.carry_outside(MAC) == ("10.0.0.1",)
    assert stations.carry_outside(MAC) == ()
    assert stations.carry_home(MAC, "10.0.0.2", 1) == ()


def test_a_new_host_name_affects_the_addresses_of_its_mac() -> None:
    stations = Stations()
    stations.carry_home(MAC, "10.0.0.1", 0)
    assert [stations.name(MAC, name) for name in ("meter", "meter", "other")] == [
        ("10.0.0.1",),
        (),
        ("10.0.0.1",),
    ]


def test_it_is_bounded_and_counts_what_it_forgets() -> None:
    stations = Stations(capacity=2)
    for mac in (1, 2, 3):
        stations.carry_home(mac, "10.0.0.1", 0)
    assert stations.find(1) is None
    assert stations.evictions == 1


def _again(stations: Stations, capacity: int = 100) -> Stations:
    fresh = Stations(capacity)
    fresh.restore(again(stations.state()))
    return fresh


def test_what_is_known_of_a_mac_outlives_a_restart() -> None:
    stations = Stations()
    for last in range(ROUTER_ADDRESSES):
        stations.carry_home(MAC, f"10.0.0.{last}", last)
    stations.name(MAC, "meter")
    stations.carry_outside(8)
    after = _again(stations)
    assert (after.find(MAC), after.find(8)) == (stations.find(MAC), stations.find(8))
    after.carry_home(MAC, "10.0.0.99", 99)
    assert _is_router(after)


def test_a_smaller_table_keeps_the_macs_met_last() -> None:
    stations = Stations()
    for mac in (1, 2, 3):
        stations.carry_home(mac, "10.0.0.1", mac)
    after = _again(stations, capacity=2)
    assert [mac for mac in (1, 2, 3) if after.find(mac)] == [2, 3]
    assert after.evictions == 1


def test_more_addresses_than_are_tracked_are_cut_to_the_latest() -> None:
    seen = [[f"10.0.0.{last}", last] for last in range(2 * TRACKED_ADDRESSES)]
    stations = Stations()
    stations.restore({"stations": [[MAC, False, None, seen]], "counters": {}})
    station = stations.find(MAC)
    assert station is not None
    assert next(iter(station.seen_ns)) == f"10.0.0.{TRACKED_ADDRESSES}"
