import pytest

from monitor.enrich.home import End, HomeNetworks


@pytest.mark.parametrize(
    "ip",
    [
        "10.0.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "100.64.0.1",
        "100.127.255.255",
        "fd00::1",
        "fe80::1",
        "169.254.1.1",
        "127.0.0.1",
        "::1",
        "0.0.0.0",  # noqa: S104 - a DHCP client
        "::",
    ],
)
def test_private_and_link_local_addresses_are_home_by_default(ip: str) -> None:
    assert HomeNetworks().knows(ip)


@pytest.mark.parametrize("ip", ["8.8.8.8", "172.32.0.1", "100.128.0.1", "2001:4860:4860::8888", "11.0.0.1"])
def test_the_internet_is_outside(ip: str) -> None:
    assert HomeNetworks().end(ip) is End.OUTSIDE


@pytest.mark.parametrize("ip", ["224.0.0.251", "239.255.255.250", "255.255.255.255", "ff02::fb"])
def test_multicast_and_broadcast_are_groups(ip: str) -> None:
    assert HomeNetworks().end(ip) is End.GROUP


def test_the_configuration_replaces_the_default() -> None:
    home = HomeNetworks(["203.0.113.0/24", "2001:db8::/32"])
    assert home.knows("203.0.113.9")
    assert home.knows("2001:db8::1")
    assert not home.knows("10.0.0.1")


def test_link_local_is_never_outside() -> None:
    home = HomeNetworks(["10.0.0.0/8"])
    assert home.knows("fe80::1")
    assert home.knows("127.0.0.1")


def test_what_is_no_network_is_refused() -> None:
    with pytest.raises(ValueError, match="nonsense"):
        HomeNetworks(["nonsense"])
