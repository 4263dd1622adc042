import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.model.errors import Malformed
from monitor.protocols._client_hello import HABITS, MAX_ALPN, read_client_hello, read_names
from monitor.protocols._fingerprint import Transport
from tests.kit.tls_bytes import alpn, client_hello, extension, numbers, server_name, vector, versions

FULL = client_hello(
    server_name(b"Fota.Example.COM"),
    extension(10, vector(numbers(29, 23))),
    extension(11, vector(b"\0", 1)),
    extension(13, vector(numbers(0x0403, 0x0804))),
    alpn(b"h2", b"http/1.1"),
    versions(0x0A0A, 0x0304, 0x0303),
)


def fields(*extensions: bytes, version: int = 0x0303) -> dict[str, object]:
    return dict(read_client_hello(client_hello(*extensions, version=version), Transport.TCP).fields)


def test_everything_in_clear_is_read() -> None:
    seen = read_client_hello(FULL, Transport.TCP)
    assert seen.server_name == "fota.example.com"
    assert numbers(0x1301, 0xC02F) == seen.ciphers
    assert seen.fields == {
        "tls.sni": "fota.example.com",
        "tls.alpn": ["h2", "http/1.1"],
        "tls.version": "1.3",
        "tls.ja3": seen.fields["tls.ja3"],
        "tls.ja4": seen.fields["tls.ja4"],
    }
    assert str(seen.fields["tls.ja4"]).startswith("t13d0206h2_")


def test_hello_without_extensions_is_whole() -> None:
    body = client_hello()[:-2]
    seen = read_client_hello(body, Transport.TCP)
    assert seen.fields["tls.version"] == "1.2"
    assert "tls.sni" not in seen.fields
    assert "tls.alpn" not in seen.fields


@pytest.mark.parametrize("kind", [0xFE0D, 0xFFCE])
def test_with_ech_the_name_is_never_shown_as_the_destination(kind: int) -> None:
    seen = fields(server_name(b"public.example"), extension(kind, b"\0" * 40))
    assert seen["tls.outer_sni"] == "public.example"
    assert seen["tls.ech"] is True
    assert "tls.sni" not in seen


def test_dtls_hello_has_a_cookie_before_its_suites() -> None:
    body = client_hello(server_name(b"a.example"), version=0xFEFD, cookie=b"c" * 20)
    seen = read_client_hello(body, Transport.DTLS)
    assert seen.fields["tls.sni"] == "a.example"
    assert seen.fields["tls.version"] == "DTLS 1.2"
    assert str(seen.fields["tls.ja4"]).startswith("dd2d0201")


def test_highest_version_ignores_grease_and_the_old_field() -> None:
    assert fields(versions(0xFAFA, 0x0302, 0x0304))["tls.version"] == "1.3"
    assert fields(versions(0xFAFA))["tls.version"] == "1.2"
    assert fields(version=0x0301)["tls.version"] == "1.0"


def test_broken_extension_loses_only_its_own_field() -> None:
    seen = fields(
        extension(0, b"\x00\x05\x00\xff\xff"),
        extension(16, b"\0\x09\xffh2"),
        extension(43, b"\xff\x03\x04\x03"),
        extension(10, b"\0"),
        extension(13, b"\0\x03\4\3\4"),
    )
    assert "tls.sni" not in seen
    assert "tls.alpn" not in seen
    assert seen["tls.version"] == "1.3"


def test_the_first_of_two_names_counts_as_servers_count_it() -> None:
    assert fields(server_name(b"one.example"), server_name(b"two.example"))["tls.sni"] == "one.example"


def test_grease_among_the_protocols_is_left_out_and_their_number_is_bounded() -> None:
    assert fields(alpn(b"\x0a\x0a", b"h2"))["tls.alpn"] == ["h2"]
    shown = fields(alpn(*[b"p%d" % count for count in range(MAX_ALPN + 9)]))["tls.alpn"]
    assert [f"p{count}" for count in range(MAX_ALPN)] == shown


@pytest.mark.parametrize("cut", [0, 10, 37, 50, 72, 80, len(FULL) - 1])
def test_cut_hello_is_malformed(cut: int) -> None:
    with pytest.raises(Malformed):
        read_client_hello(FULL[:cut], Transport.TCP)


def test_extension_longer_than_the_list_is_malformed() -> None:
    body = client_hello(numbers(7, 500) + b"x")
    with pytest.raises(Malformed):
        read_client_hello(body, Transport.TCP)


def test_odd_cipher_list_is_malformed() -> None:
    body = numbers(0x0303) + bytes(32) + b"\0" + vector(b"\x13\x01\x00") + vector(b"\0", 1)
    with pytest.raises(Malformed):
        read_client_hello(body + b"\0\0", Transport.TCP)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(Transport), st.binary(max_size=300))
def test_any_bytes_are_read_or_malformed(transport: Transport, body: bytes) -> None:
    with contextlib.suppress(Malformed):
        read_client_hello(body, transport)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(FULL) - 1), st.integers(0, 255))
def test_any_changed_byte_is_read_or_malformed(at: int, value: int) -> None:
    body = bytearray(FULL)
    body[at] = value
    with contextlib.suppress(Malformed):
        read_client_hello(bytes(body), Transport.TCP)


NAMES = {"tls.sni", "tls.outer_sni", "tls.ech"}


def whole(body: bytes) -> dict[str, object] | None:
    """Return the names that the whole reader shows; None when it is malformed."""
    try:
        return {
            key: value for key, value in read_client_hello(body, Transport.TCP).fields.items() if key in NAMES
        }
    except Malformed:
        return None


def named(body: bytes) -> dict[str, object] | None:
    try:
        return dict(read_names(body))
    except Malformed:
        return None


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_names_alone_are_those_of_the_whole_hello_whatever_is_wrong_with_it(data: st.DataObject) -> None:
    parts = [server_name(b"a.example"), extension(0xFE0D, b"x" * 9), extension(0xFFCE, b"y"), alpn(b"h2")]
    chosen = data.draw(st.lists(st.sampled_from([*parts, server_name(b"other.example")]), max_size=5))
    body = bytearray(client_hello(*chosen))
    for _ in range(data.draw(st.integers(0, 3))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    body = body[: data.draw(st.integers(0, len(body)))] if data.draw(st.booleans()) else body
    assert whole(bytes(body)) == named(bytes(body))


def test_what_tells_clients_apart_is_left_out_only_when_all_of_it_is_unread() -> None:
    left_out = {one.removeprefix("-") for one in HABITS}
    assert left_out == fields(server_name(b"a.example"), alpn(b"h2"), versions(0x0304)).keys() - NAMES
