from tests.catalog.speech._heard import heard


def test_address_port_and_first_bytes_are_on_the_wire() -> None:
    assert [("203.0.113.9", 9000, b"AC")] == heard(
        {"ip.dst": "203.0.113.9", "udp.dst_port": 9000, "payload.prefix": "4143"}
    )
    assert [("2001:db8::9", 8883)] == [
        packet[:2] for packet in heard({"ip.dst": "2001:db8::9", "tcp.dst_port": 8883})
    ]
