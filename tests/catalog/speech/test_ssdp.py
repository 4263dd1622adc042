from tests.catalog.speech._heard import heard


def test_an_announcement_goes_to_the_group_with_its_headers() -> None:
    [packet] = heard({"ssdp.server": "Acme/1", "ssdp.usn": "uuid:7"})
    assert ("239.255.255.250", 1900) == (packet.target, packet.port)
    assert b"\r\nSERVER: Acme/1\r\nUSN: uuid:7\r\n" in packet.payload
