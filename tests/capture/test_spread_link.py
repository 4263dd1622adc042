import pytest

from tests.kit.encapsulations import LINKS, A, B, agrees, ether, ipv4, received


@pytest.mark.parametrize("name", LINKS)
def test_what_stands_below_ip_does_not_change_the_hash(name: str) -> None:
    assert agrees(LINKS[name])


def test_a_pseudowire_that_looks_like_ip_goes_by_nothing() -> None:
    """Its MAC address begins like an IP header, and says a length that the frame does not have."""
    stack = b"\0\x01\x11\x40"
    for first in (0x45, 0x60):
        frame = bytes([first, 0, 0xFF, 0xFF, 0xFF, 0xFF]) + ether(0x800, ipv4(A, B, 6, bytes(20)))[6:]
        assert received(ether(0x8847, stack + frame)) == received(ether(0x806, bytes(28)))


def test_more_labels_and_tags_than_there_are_end_the_walk() -> None:
    nothing = received(ether(0x806, bytes(28)))
    assert received(ether(0x8847, b"\0\x01\x10\x40" * 9)) == nothing
    assert received(ether(0x8100, b"\0\x05\x81\0" * 9)) == nothing
