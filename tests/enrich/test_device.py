from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.enrich.alias import Alias, Aliases
from monitor.enrich.device import DeviceBook
from monitor.enrich.link import ROUTER_ADDRESSES
from monitor.enrich.maker import Makers
from monitor.model.entity import Device
from tests.kit.states import again, spoiled

MAC = 0x009B08_000001
MAC_TEXT = "00:9b:08:00:00:01"
NO_ADDRESS = "0.0.0.0"  # noqa: S104 - a DHCP client, not a socket


def _device(book: DeviceBook, ip: str, mac: int = 0, at_ns: int = 0) -> Device:
    return book.device(book.meet(ip, mac, at_ns))


def test_a_device_is_its_address_when_nothing_else_is_known() -> None:
    assert _device(DeviceBook(), "10.0.0.7") == Device(name="10.0.0.7", ip="10.0.0.7")


def test_a_device_is_its_mac_with_maker_and_vendor() -> None:
    book = DeviceBook(makers=Makers.load(), mac_vendor=lambda mac: "quectel" if mac == MAC else None)
    assert _device(book, "10.0.0.7", MAC) == Device(
        name=MAC_TEXT,
        ip="10.0.0.7",
        mac=MAC_TEXT,
        maker="Quectel Wireless Solutions Co.,Ltd.",
        maker_vendor="quectel",
    )


def test_a_mac_is_remembered_when_the_device_only_answers() -> None:
    book = DeviceBook()
    _device(book, "10.0.0.7", MAC)
    assert book.device(book.called("10.0.0.7")).mac == MAC_TEXT


def test_the_configuration_names_a_device() -> None:
    book = DeviceBook(Aliases([Alias(name="meter-17", group="meters", mac=MAC_TEXT)]))
    device = _device(book, "10.0.0.7", MAC)
    assert ("meter-17", "meters", True) == (device.name, device.group, device.listed)


def test_a_device_is_one_object_until_something_is_learnt() -> None:
    book = DeviceBook()
    first = _device(book, "10.0.0.7", MAC)
    assert _device(book, "10.0.0.7", MAC) is first
    book.lease(MAC_TEXT, "10.0.0.7", 0)
    book.hostname(MAC_TEXT, "meter")
    assert _device(book, "10.0.0.7", MAC) is not first
    assert _device(book, "10.0.0.7", MAC).hostname == "meter"


def test_a_host_name_from_before_the_lease_is_known_after_it() -> None:
    book = DeviceBook()
    book.hostname(MAC_TEXT, "meter")
    book.lease(MAC_TEXT, "10.0.0.7", 0)
    device = _device(book, "10.0.0.7")
    assert ("meter", MAC_TEXT) == (device.hostname, device.mac)


def test_dhcp_knows_better_than_frames_behind_a_relay() -> None:
    book = DeviceBook()
    relay = 0x00AAAA_000001
    _device(book, "10.0.0.7", relay)
    book.lease(MAC_TEXT, "10.0.0.7", 0)
    assert _device(book, "10.0.0.7", relay).mac == MAC_TEXT


def test_an_address_that_moves_to_another_client_is_another_device() -> None:
    book = DeviceBook()
    book.lease(MAC_TEXT, "10.0.0.7", 0)
    _device(book, "10.0.0.7")
    book.lease("00:9b:08:00:00:02", "10.0.0.7", 1)
    assert _device(book, "10.0.0.7").mac == "00:9b:08:00:00:02"


def test_the_mac_of_a_router_identifies_nobody() -> None:
    book = DeviceBook()
    ips = [f"10.0.0.{last}" for last in range(ROUTER_ADDRESSES + 1)]
    early = [_device(book, ip, MAC).mac for ip in ips[:-1]]
    _device(book, ips[-1], MAC)
    late = [_device(book, ip, MAC).mac for ip in ips]
    assert [MAC_TEXT] * ROUTER_ADDRESSES == early
    assert [None] * len(ips) == late


def test_the_mac_towards_the_outside_identifies_nobody() -> None:
    book = DeviceBook()
    assert _device(book, "10.0.0.7", MAC).name == MAC_TEXT
    book.outside(MAC)
    assert _device(book, "10.0.0.7", MAC) == Device(name="10.0.0.7", ip="10.0.0.7")


def test_a_group_address_or_none_is_no_mac() -> None:
    book = DeviceBook()
    assert _device(book, "10.0.0.7", 0x01005E_000001).mac is None
    book.outside(0)
    book.hostname("nonsense", "meter")
    book.lease("ff:ff:ff:ff:ff:ff", "10.0.0.7", 0)
    assert _device(book, "10.0.0.7").mac is None


def test_a_sender_without_an_address_is_told_by_its_mac_and_not_remembered() -> None:
    book = DeviceBook()
    assert _device(book, NO_ADDRESS, MAC).name == MAC_TEXT
    assert _device(book, NO_ADDRESS, MAC + 1).name == "00:9b:08:00:00:02"
    book.lease(MAC_TEXT, NO_ADDRESS, 0)
    assert len(book) == 0


def test_a_scan_of_the_site_is_not_remembered() -> None:
    book = DeviceBook()
    assert book.device(book.called("10.0.0.9")) == Device(name="10.0.0.9", ip="10.0.0.9")
    assert len(book) == 0


def test_an_endpoint_name_identifies_until_the_mac_changes() -> None:
    book = DeviceBook(Aliases([Alias(name="meter-17", imei="490154203237518")]))
    book.endpoint("10.0.0.7", "urn:imei:490154203237518")
    assert _device(book, "10.0.0.7", MAC).name == "meter-17"
    assert _device(book, "10.0.0.7", MAC + 1).name == "00:9b:08:00:00:02"


def test_it_is_bounded_and_a_forgotten_device_is_made_again() -> None:
    book = DeviceBook(capacity=2)
    entry = book.meet("10.0.0.1", 0, 0)
    first = book.device(entry)
    for last in (2, 3):
        _device(book, f"10.0.0.{last}")
    assert (2, 1) == (len(book), book.evictions)
    assert entry.device is None
    assert _device(book, "10.0.0.1") == first


_STEPS = st.lists(
    st.tuples(
        st.sampled_from(["meet", "lease", "hostname", "outside", "endpoint"]),
        st.integers(1, 12),
        st.integers(1, 4),
    ),
    max_size=60,
)


@settings(max_examples=150, deadline=None)
@given(_STEPS)
def test_a_shared_device_is_never_out_of_date(steps: list[tuple[str, int, int]]) -> None:
    """Making every device anew must change nothing."""
    book = DeviceBook(capacity=100)
    for at_ns, (step, last, mac) in enumerate(steps):
        ip, mac_text = f"10.0.0.{last}", f"00:00:00:00:00:0{mac * 2}"
        match step:
            case "meet":
                book.meet(ip, mac * 2, at_ns)
            case "lease":
                book.lease(mac_text, ip, at_ns)
            case "hostname":
                book.hostname(mac_text, f"host-{last % 3}")
            case "outside":
                book.outside(mac * 2)
            case _:
                book.endpoint(ip, f"endpoint-{mac}")
        for every in range(1, 13):
            entry = book._entries.peek(f"10.0.0.{every}")
            if entry is not None:
                shared = book.device(entry)
                assert shared == book._describe(entry)


def _again(book: DeviceBook, **changes: Any) -> DeviceBook:
    fresh = DeviceBook(**changes)
    fresh.restore(again(book.state()))
    return fresh


def test_who_a_device_is_outlives_a_restart() -> None:
    book = DeviceBook()
    book.lease(MAC_TEXT, "10.0.0.7", 0)
    book.hostname(MAC_TEXT, "meter")
    book.endpoint("10.0.0.8", "urn:imei:490154203237518")
    before = [_device(book, ip) for ip in ("10.0.0.7", "10.0.0.8")]
    after = _again(book)
    assert [_device(after, ip) for ip in ("10.0.0.7", "10.0.0.8")] == before
    assert after.state() == book.state()


def test_a_changed_configuration_names_devices_that_are_known_already() -> None:
    book = DeviceBook()
    book.lease(MAC_TEXT, "10.0.0.7", 0)
    after = _again(book, aliases=Aliases([Alias(name="meter-17", mac=MAC_TEXT)]))
    assert (_device(after, "10.0.0.7").name, _device(after, "10.0.0.7").listed) == ("meter-17", True)


def test_a_smaller_book_keeps_the_devices_met_last() -> None:
    book = DeviceBook()
    for last in range(5):
        _device(book, f"10.0.0.{last}", last + 1)
    after = _again(book, capacity=2)
    assert (len(after), after.evictions, after.station_evictions) == (2, 3, 3)


def test_a_state_of_another_shape_changes_nothing() -> None:
    book = DeviceBook()
    _device(book, "10.0.0.7", MAC)
    before = book.state()
    for state in spoiled(again(before), Random(1), 200):
        try:
            book.restore(state)
        except ValueError:
            assert book.state() == before
        else:
            for ip in ("10.0.0.7", "10.0.0.8"):
                _device(book, ip, MAC, 1)
            book.restore(before)
