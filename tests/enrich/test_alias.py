import pytest

from monitor.enrich.alias import Alias, Aliases, Claims, first_clash, imei_of, mac_number

MAC = "00:9b:08:00:00:01"


def _name(alias: Alias | None) -> str | None:
    return alias.name if alias else None


def test_each_way_of_recognising_a_device_works() -> None:
    aliases = Aliases(
        [
            Alias(name="by address", address="10.0.0.7"),
            Alias(name="by network", address=("2001:db8:1:2::/64", "10.0.1.0/24")),
            Alias(name="by mac", mac="00-9B-08-00-00-01"),
            Alias(name="by imei", imei="490154203237518"),
            Alias(name="by endpoint", lwm2m_endpoint="meter-9"),
            Alias(name="by hostname", hostname="Meter"),
        ]
    )
    claims = {
        "by address": Claims(ip="10.0.0.7"),
        "by network": Claims(ip="2001:db8:1:2:aaaa::1"),
        "by mac": Claims(ip="10.0.0.9", mac=mac_number(MAC)),
        "by imei": Claims(ip="10.0.0.9", endpoint="urn:imei:490154203237518"),
        "by endpoint": Claims(ip="10.0.0.9", endpoint="meter-9"),
        "by hostname": Claims(ip="10.0.0.9", hostname="METER"),
    }
    assert {name: name for name in claims} == {
        name: _name(aliases.find(claim)) for name, claim in claims.items()
    }
    assert aliases.find(Claims(ip="10.0.0.9")) is None


def test_an_address_identifies_better_than_what_a_device_says_of_itself() -> None:
    aliases = Aliases([Alias(name="liar", hostname="meter"), Alias(name="known", address="10.0.0.7")])
    assert _name(aliases.find(Claims(ip="10.0.0.7", hostname="meter"))) == "known"


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"name": "", "address": "10.0.0.1"}, "name:"),
        ({"name": "x"}, "nothing identifies 'x'"),
        ({"name": "x", "address": "10.0.0"}, "address:"),
        ({"name": "x", "mac": "00:11:22"}, "mac:"),
        ({"name": "x", "imei": "12"}, "imei:"),
    ],
)
def test_an_alias_that_can_never_match_is_refused(settings: dict[str, str], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        Alias(**settings)


def test_one_identification_for_two_devices_is_a_clash() -> None:
    first = Alias(name="a", mac=MAC, address="10.0.0.1")
    assert (
        first_clash([first, Alias(name="b", mac="009b.0800.0001")]) == f"mac {MAC!r} stands for two devices"
    )
    assert first_clash([first, Alias(name="a", address="10.0.0.2")]) == "name 'a' stands for two devices"
    assert first_clash([first, Alias(name="c", address=("10.0.0.3", "10.0.0.3"))]) is None


@pytest.mark.parametrize(
    ("endpoint", "expected"),
    [
        ("urn:imei:490154203237518", "490154203237518"),
        ("imei:490154203237518", "490154203237518"),
        ("490154203237518", "490154203237518"),
        ("urn:imei:49015420323751", None),
        ("meter-490154203237518", None),
        (None, None),
    ],
)
def test_an_imei_is_found_in_an_endpoint_name(endpoint: str | None, expected: str | None) -> None:
    assert expected == imei_of(endpoint)
