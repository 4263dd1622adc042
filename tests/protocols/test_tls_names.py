import pytest

from monitor.model.flow import Direction
from monitor.protocols._tls_names import GREASE, highest_version, host_name, likely_client, show, version_name
from tests.kit.playbook import make_flow


def test_grease_has_the_sixteen_values_of_the_rfc() -> None:
    assert {int(f"{nibble:x}A{nibble:x}A", 16) for nibble in range(16)} == GREASE


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"Example.COM", "example.com"),
        (b"example.com.", "example.com"),
        (b"192.0.2.1", "192.0.2.1"),
        (b"a\x1b[31mb", "a\\x1b[31mb"),
        (b"b\xc3\xbccher.example", "b\\xc3\\xbccher.example"),
        (b"a" * 256, None),
        (b".", None),
        (b"", None),
    ],
)
def test_host_name_is_in_wire_form_and_safe_to_print(raw: bytes, expected: str | None) -> None:
    assert expected == host_name(raw)


def test_text_of_a_peer_cannot_steer_a_terminal() -> None:
    assert show("zähler\u202e\n".encode()) == "zähler\\x202e\\x0a"


def test_text_that_is_not_utf8_is_escaped() -> None:
    assert show(b"\xff\xfe") == "\\xff\\xfe"


def test_version_without_a_name_is_shown_as_a_number() -> None:
    assert [version_name(0x0304), version_name(0xFEFD), version_name(0x7F1C)] == ["1.3", "DTLS 1.2", "0x7f1c"]


def test_highest_version_prefers_those_with_a_name_and_counts_dtls_downwards() -> None:
    assert highest_version((0x7F1C, 0x0303, 0x0302), dtls=False) == 0x0303
    assert highest_version((0xFEFD, 0xFEFC, 0xFEFF), dtls=True) == 0xFEFC


def test_client_is_the_originator_unless_only_its_port_is_a_servers() -> None:
    ports = frozenset({443})
    assert likely_client(make_flow(resp_port=443), ports) is Direction.ORIGINATOR
    assert likely_client(make_flow(orig_port=443, resp_port=50000), ports) is Direction.RESPONDER
    assert likely_client(make_flow(orig_port=443, resp_port=443), ports) is Direction.ORIGINATOR
    assert likely_client(make_flow(orig_port=1, resp_port=2), ports) is Direction.ORIGINATOR
