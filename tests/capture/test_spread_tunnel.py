import pytest

from tests.kit.encapsulations import TUNNELS, A, B, C, D, agrees, ether, gre, gtpu, ipv4, received


@pytest.mark.parametrize("name", TUNNELS)
def test_the_pair_inside_a_tunnel_counts(name: str) -> None:
    assert agrees(TUNNELS[name])


@pytest.mark.parametrize(
    "segment",
    [
        gre(0x800, ipv4(A, B, 6, b""), 0x4000),
        gre(0x880B, ipv4(A, B, 6, b""), 0x2001),
        gtpu(ipv4(A, B, 6, b""), 0x34, b"\0\0\0\x85\0"),
        gtpu(ipv4(A, B, 6, b""), 0x34, b"\0\0\0\x85" + b"\x01\0\0\x85" * 9),
    ],
)
def test_what_cannot_be_read_goes_by_the_pair_outside(segment: bytes) -> None:
    protocol = 17 if segment[:2] == b"\x08\x68" else 47
    assert received(ether(0x800, ipv4(C, D, protocol, segment))) == received(ether(0x800, ipv4(D, C, 1, b"")))


def test_more_headers_than_there_are_go_by_the_innermost_that_was_read() -> None:
    packet = ipv4(A, B, 6, b"")
    for _ in range(3):
        packet = ipv4(C, D, 4, packet)
    assert received(ether(0x800, packet)) == received(ether(0x800, ipv4(A, B, 6, b"")))
    assert received(ether(0x800, ipv4(A, D, 4, packet))) == received(ether(0x800, ipv4(C, D, 6, b"")))
