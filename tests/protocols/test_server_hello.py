import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.model.errors import Malformed
from monitor.protocols._server_hello import read_server_hello
from tests.kit.tls_bytes import extension, numbers, server_hello


def test_old_server_chooses_by_the_version_field() -> None:
    seen = read_server_hello(server_hello(extension(0xFF01, b"\0"), cipher=0xC0A8))
    assert seen.fields == {"tls.version": "1.2", "tls.cipher": "c0a8"}
    assert not seen.encrypts_the_rest


def test_new_server_chooses_by_extension() -> None:
    body = server_hello(extension(51, bytes(36)), extension(43, numbers(0x0304)), cipher=0x1301)
    seen = read_server_hello(body)
    assert seen.fields == {"tls.version": "1.3", "tls.cipher": "1301"}
    assert seen.encrypts_the_rest


@pytest.mark.parametrize("version", [0x7F1C, 0xFEFC])
def test_drafts_and_dtls_encrypt_the_rest_too(version: int) -> None:
    assert read_server_hello(server_hello(extension(43, numbers(version)))).encrypts_the_rest


def test_hello_without_extensions_is_whole() -> None:
    assert read_server_hello(server_hello(version=0x0300)[:-2]).fields["tls.version"] == "SSL 3.0"


def test_cut_hello_is_malformed() -> None:
    with pytest.raises(Malformed):
        read_server_hello(server_hello()[:36])


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=120))
def test_any_bytes_are_read_or_malformed(body: bytes) -> None:
    with contextlib.suppress(Malformed):
        read_server_hello(body)
