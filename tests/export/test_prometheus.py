from pathlib import Path

import pytest

from monitor.export.prometheus import Listen, Settings, parsed


@pytest.mark.parametrize(
    ("text", "expected", "is_local"),
    [
        ("127.0.0.1:9777", Listen("127.0.0.1", 9777), True),
        ("[::1]:9777", Listen("::1", 9777), True),
        ("localhost:0", Listen("localhost", 0), True),
        (":9777", Listen("", 9777), False),
        ("0.0.0.0:9777", Listen("0.0.0.0", 9777), False),  # noqa: S104 - nothing is bound
        ("sensor.example:65535", Listen("sensor.example", 65535), False),
        ("unix:/run/umbilical/web.sock", Listen(path=Path("/run/umbilical/web.sock")), False),
    ],
)
def test_addresses_are_understood(text: str, expected: Listen, *, is_local: bool) -> None:
    assert parsed(text) == expected
    assert expected.is_local is is_local


@pytest.mark.parametrize(
    "text",
    [
        "9777",
        "127.0.0.1",
        "::1:9777",
        "127.0.0.1:",
        "h:65536",
        "h:-1",
        "h:٣",
        "unix:web.sock",
        "unix:/" + "x" * 107,
    ],
)
def test_what_is_no_address_is_refused_at_its_key(text: str) -> None:
    with pytest.raises(ValueError, match=r"^listen: "):
        Settings(listen=text)


def test_nothing_at_all_serves_nothing() -> None:
    assert Settings(listen="").listen == ""


def test_a_server_for_nobody_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^max_connections: "):
        Settings(max_connections=0)
