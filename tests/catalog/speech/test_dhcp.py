import dpkt

from tests.catalog.speech._heard import heard


def test_a_request_says_the_names_a_device_gives_of_itself() -> None:
    packet = heard({"dhcp.hostname": "acme-17", "dhcp.vendor_class": "udhcp 1.0"})[0]
    options = dict(dpkt.dhcp.DHCP(packet.payload).opts)
    assert 67 == packet.port
    assert (b"acme-17", b"udhcp 1.0", b"\x03") == (options[12], options[60], options[53])
