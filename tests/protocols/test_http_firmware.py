import pytest

from monitor.protocols._http_firmware import MAGICS, PACKED_MAGICS, Likeness, is_image, likeness


@pytest.mark.parametrize(
    ("content_type", "path", "expected"),
    [
        ("application/octet-stream", "/x", Likeness.IMAGE),
        ("application/zip", None, Likeness.IMAGE),
        ("application/vnd.android.package-archive", "/", Likeness.IMAGE),
        ("application/macbinary", "/", Likeness.IMAGE),
        (None, "/fw/EC25.BIN?token=a/b.html", Likeness.IMAGE),
        ("text/plain", "/a/update.dfota", Likeness.IMAGE),
        ("application/x-something", "/a.pac", Likeness.IMAGE),
        (None, "/archive.bin/index", Likeness.UNKNOWN),
        (None, None, Likeness.UNKNOWN),
        ("text/plain", "/", Likeness.UNKNOWN),
        ("application/x-something", "/", Likeness.UNKNOWN),
        ("text/html", "/missing.bin", Likeness.PAGE),
        ("image/png", "/", Likeness.PAGE),
        ("text/css", "/", Likeness.PAGE),
        ("application/javascript", "/", Likeness.PAGE),
        ("application/vnd.api+json", "/", Likeness.PAGE),
        ("multipart/byteranges", "/a.bin", Likeness.PAGE),
    ],
)
def test_type_and_name_say_what_a_body_may_be(
    content_type: str | None, path: str | None, expected: Likeness
) -> None:
    assert expected is likeness(content_type, path)


@pytest.mark.parametrize("magic", MAGICS)
def test_an_image_is_one_whatever_the_server_calls_it(magic: bytes) -> None:
    assert is_image(magic + b"abcdefgh", Likeness.PAGE, encoded=True)


@pytest.mark.parametrize("magic", MAGICS)
def test_an_error_page_is_never_an_image(magic: bytes) -> None:
    assert not is_image(magic, Likeness.NEVER, encoded=False)


@pytest.mark.parametrize("magic", PACKED_MAGICS)
def test_a_container_counts_only_where_it_is_not_the_coding_of_a_page(magic: bytes) -> None:
    assert is_image(magic, Likeness.UNKNOWN, encoded=False)
    assert not is_image(magic, Likeness.UNKNOWN, encoded=True)
    assert not is_image(magic, Likeness.PAGE, encoded=False)


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        (b"\x00\x01\x02\x03binary", True),
        (b"\xe9\xc3\x28\xa1 not UTF-8 ", True),
        (b"hello, world\r\n\t", False),
        ("fifteen bytes é".encode()[:-1], False),
        ("ünïcödé".encode(), False),
        (b"\xff\xfeU\0T\0F\0", False),
    ],
)
def test_an_unknown_body_is_an_image_if_it_is_binary(prefix: bytes, expected: bool) -> None:  # noqa: FBT001 - a table
    assert expected is is_image(prefix, Likeness.UNKNOWN, encoded=False)
