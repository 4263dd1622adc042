import dpkt

from tests.catalog.speech._heard import heard


def test_the_server_is_looked_up_and_then_asked() -> None:
    packets = heard({"ntp.server": "time.acme.example"})
    assert "time.acme.example" == dpkt.dns.DNS(packets[0].payload).qd[0].name
    assert ("198.51.100.7", 123) == (packets[2].target, packets[2].port)
    assert [3, 4] == [dpkt.ntp.NTP(packet.payload).mode for packet in packets[2:]]
