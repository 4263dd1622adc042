import dpkt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.model.errors import Malformed
from monitor.protocols._dns_name import MAX_POINTERS, Suffixes, escape, read_name, read_plain_name, skip_name
from tests.kit.dns_wire import wire_name


def test_name_is_lower_case_without_final_dot() -> None:
    assert read_name(wire_name("WWW.Example.COM"), 0) == ("www.example.com", 17)


def test_a_label_stays_as_sent() -> None:
    assert read_name(wire_name("xn--bcher-kva.example"), 0).text == "xn--bcher-kva.example"


def test_root_is_a_dot() -> None:
    assert read_name(b"\0", 0) == (".", 1)


def test_dot_and_backslash_inside_a_label_are_escaped() -> None:
    assert read_name(b"\x03a.b\x03c\\d\0", 0).text == "a\\.b.c\\\\d"


def test_bytes_outside_printable_ascii_are_escaped_as_decimals() -> None:
    assert read_name(b"\x05A \x00\xff~\x05local\0", 0).text == "a\\032\\000\\255~.local"


def test_utf8_instance_name_is_escaped_byte_by_byte() -> None:
    assert read_name(b"\x02\xc3\xa9\0", 0).text == "\\195\\169"


def test_pointer_continues_at_an_earlier_name() -> None:
    message = wire_name("example.com") + b"\x03www\xc0\x00"
    assert read_name(message, 13) == ("www.example.com", 19)


def test_pointer_may_lead_to_a_name_that_ends_with_a_pointer() -> None:
    message = wire_name("com") + b"\x07example\xc0\x00" + b"\x03www\xc0\x05" + b"rest"
    assert read_name(message, 15) == ("www.example.com", 21)


@pytest.mark.parametrize(
    "message",
    [
        b"\xc0\x00",  # to itself
        b"\xc0\x02\0",  # forward
        b"\x01a\xc0\x00",  # to its own beginning
        b"\x03www",  # no end
        b"\x05www",  # label cut
        b"\x03www\xc0",  # pointer cut
        b"\x41" + bytes(70),  # extended label type 01
        b"\x80\0",  # label type 10
        b"",
    ],
)
def test_name_that_has_no_end_is_malformed(message: bytes) -> None:
    with pytest.raises(Malformed):
        read_name(message, 0)


def test_pointer_must_lead_before_all_that_was_read() -> None:
    message = b"\x01a\xc0\x04\x01b\xc0\x00"
    with pytest.raises(Malformed):
        read_name(message, 4)


def test_name_of_255_bytes_is_the_longest() -> None:
    longest = b"\x3f" + b"a" * 63
    name = longest * 3 + b"\x3d" + b"b" * 61 + b"\0"
    assert len(name) == 255
    assert read_name(name, 0).end == 255
    with pytest.raises(Malformed):
        read_name(longest * 3 + b"\x3e" + b"b" * 62 + b"\0", 0)


def test_pointers_cannot_make_a_name_longer_than_255_bytes() -> None:
    message = (b"\x3f" + b"a" * 63) * 3 + b"\0" + b"\x3f" + b"b" * 63 + b"\xc0\x00"
    with pytest.raises(Malformed):
        read_name(message, 193)


def test_jumps_in_one_name_are_bounded() -> None:
    def chain(pointers: int) -> bytes:
        first = b"\x01a\0\0"
        return first + b"".join((0xC000 | 2 * at).to_bytes(2) for at in (0, *range(2, pointers + 1)))

    assert read_name(chain(MAX_POINTERS), 2 + 2 * MAX_POINTERS).text == "a"
    with pytest.raises(Malformed):
        read_name(chain(MAX_POINTERS + 1), 4 + 2 * MAX_POINTERS)


def test_known_names_shorten_the_way_and_change_nothing() -> None:
    message = (
        wire_name("com")
        + b"\x07example\xc0\x00"
        + b"\x03www\xc0\x05"
        + b"\x01a\xc0\x0f"
        + b"\xc0\x15"
        + b"\0\xc0\x1b"
    )
    known: Suffixes = {}
    for offset in (25, 21, 15, 5, 28):
        assert read_name(message, offset) == read_name(message, offset, known)
    assert known[21] == ("a.www.example.com", 19)
    assert known[5] == ("example.com", 13)


def test_known_names_cannot_make_a_name_longer_than_255_bytes() -> None:
    message = (b"\x3f" + b"a" * 63) * 3 + b"\0" + b"\x3e" + b"b" * 62 + b"\xc0\x00"
    known: Suffixes = {}
    read_name(message, 0, known)
    with pytest.raises(Malformed):
        read_name(message, 193, known)


def test_skipping_ends_where_reading_ends() -> None:
    message = wire_name("example.com") + b"\x03www\xc0\x00" + b"rest"
    assert read_name(message, 0).end == skip_name(message, 0)
    assert read_name(message, 13).end == skip_name(message, 13)


@pytest.mark.parametrize("message", [b"", b"\x03www", b"\x03ww", b"\x80\0", b"\xc0"])
def test_skipping_a_name_without_end_is_malformed(message: bytes) -> None:
    with pytest.raises(Malformed):
        skip_name(message, 0)


def test_escape_leaves_plain_bytes_alone() -> None:
    assert escape(b"_http-1") == "_http-1"


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=80), st.integers(0, 90))
def test_any_bytes_are_a_name_or_malformed(message: bytes, offset: int) -> None:
    try:
        name = read_name(message, offset)
    except Malformed:
        return
    known: Suffixes = {}
    assert read_name(message, offset, known) == name
    assert read_name(message, offset, known) == name
    assert name.end <= len(message)
    assert name.end == skip_name(message, offset)
    assert name.text.isascii()
    assert name.text.isprintable()


_LABEL = st.text("abcdefghijklmnopqrstuvwxyz0123456789-_", min_size=1, max_size=12)


@settings(max_examples=50, deadline=None)
@given(st.lists(_LABEL, min_size=1, max_size=8))
def test_names_are_what_dpkt_reads(labels: list[str]) -> None:
    raw = wire_name(".".join(labels))
    expected, end = dpkt.dns.unpack_name(raw, 0)
    assert (expected, end) == read_name(raw, 0)


def test_a_name_without_pointers_is_read_at_once() -> None:
    assert read_plain_name(b"??" + wire_name("WWW.Example.COM") + b"rest", 2) == ("www.example.com", 19)
    assert read_plain_name(b"\0", 0) == (".", 1)


@given(st.lists(st.binary(max_size=70), max_size=6), st.binary(max_size=4), st.integers(0, 3))
@settings(max_examples=300, deadline=None)
def test_what_is_read_at_once_is_what_the_whole_reader_says(labels: list[bytes], end: bytes, at: int) -> None:
    message = bytes(at) + b"".join(bytes((len(label),)) + label for label in labels) + end
    plain = read_plain_name(message, at)
    assert plain is None or plain == read_name(message, at)
