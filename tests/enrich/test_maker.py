from monitor.enrich.maker import Makers, is_registered
from monitor.enrich.prefix import Prefix


def test_the_listing_that_ships_knows_module_makers() -> None:
    makers = Makers.load()
    assert makers.find(0x009B08_123456) == "Quectel Wireless Solutions Co.,Ltd."
    assert "Espressif" in (makers.find(0x240AC4_000000) or "")


def test_the_longest_prefix_decides() -> None:
    makers = Makers(
        [
            (Prefix(0x8C1F64_000000, 24), "registry"),
            (Prefix(0x8C1F64_580000, 28), "medium"),
            (Prefix(0x8C1F64_58B000, 36), "small"),
        ]
    )
    assert [
        makers.find(mac) for mac in (0x8C1F64_58BFFF, 0x8C1F64_58C000, 0x8C1F64_600000, 0x8C1F65_000000)
    ] == [
        "small",
        "medium",
        "registry",
        None,
    ]


def test_random_group_and_absent_addresses_have_no_maker() -> None:
    makers = Makers([(Prefix(0, 1), "everybody")])
    assert makers.find(0x00AAAA_000001) == "everybody"
    assert [makers.find(mac) for mac in (0, 0x02AAAA_000001, 0x01AAAA_000001)] == [None, None, None]


def test_registered_means_assigned_by_a_maker() -> None:
    assert is_registered(0x009B08_000001)
    assert not is_registered(0x029B08_000001)
