from hypothesis import given, settings
from hypothesis import strategies as st

from tests.decode.frames import INNER4, INNER6, ethernet, frame, ipv4, ipv6, row_of, rows_of, tcp, udp


def fingerprint(link_type: int, content: bytes) -> int:
    return int(row_of(link_type, content)["fingerprint"])


def test_a_copy_that_took_another_way_has_the_same_fingerprint() -> None:
    aged = INNER4[:8] + b"\x01" + INNER4[9:10] + b"\xaa\xbb" + INNER4[12:]
    tagged = ethernet(0x8100, b"\0\x05\x08\0" + aged)
    assert fingerprint(101, INNER4) == fingerprint(1, tagged) != 0


def test_a_repeated_acknowledgement_cannot_be_told_from_a_copy() -> None:
    assert fingerprint(101, ipv6(6, tcp(b""))) == 0
    assert fingerprint(101, ipv4(6, tcp(b""), ident=0)) == 0
    assert fingerprint(101, ipv4(6, tcp(b""), ident=1)) != 0


def test_portless_packets_need_an_identification() -> None:
    assert fingerprint(101, ipv4(50, bytes(40), ident=0)) == 0
    assert fingerprint(101, ipv6(50, bytes(40))) == 0
    assert fingerprint(101, ipv4(50, bytes(40), ident=3)) != 0


def test_datagrams_whose_checksum_is_left_to_the_hardware_differ_by_their_payload() -> None:
    one, other = (ipv4(17, udp(b"\0" + bytes([number]) + b"same"), ident=7) for number in (1, 2))
    assert fingerprint(101, one) != fingerprint(101, other)


def test_a_device_that_says_the_same_twice_cannot_be_told_from_a_mirror_that_does() -> None:
    assert fingerprint(101, ipv6(17, udp(b"same"))) == 0
    assert fingerprint(101, ipv4(17, udp(b"same"), ident=0)) == 0


@settings(max_examples=100, deadline=None)
@given(st.sampled_from([INNER4, INNER6, ipv4(17, udp(bytes(40))), ipv6(6, tcp(bytes(40)))]), st.data())
def test_every_bit_that_matters_changes_it(packet: bytes, data: st.DataObject) -> None:
    start, skipped = (4, {6, 7, 8, 9, 10, 11, 32}) if packet[0] >> 4 == 4 else (8, set[int]())
    # not the fragment field, time to live, protocol and checksum of IPv4, not the offset byte of TCP
    places = [at for at in range(start, start + 32) if at not in skipped]
    at = data.draw(st.sampled_from(places))
    changed = bytearray(packet)
    changed[at] ^= 1 << data.draw(st.integers(0, 7))
    one, other = rows_of([frame(101, packet), frame(101, bytes(changed))])
    if other["outcome"] == 0 and other["fingerprint"]:
        assert one["fingerprint"] != other["fingerprint"]
