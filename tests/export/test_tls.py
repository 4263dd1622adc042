import ssl
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from monitor.export._tls import TlsFiles, check_files, client_context
from monitor.model.errors import ConfigError
from tests.kit.https_server import Authority
from tests.kit.receivers import make_origin

SYSTEM = TlsFiles(None, None, None)


def test_the_far_end_is_always_verified(tmp_path: Path) -> None:
    context = client_context(SYSTEM, make_origin(tmp_path))
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


def test_files_that_cannot_be_used_are_told_by_key_and_place(tmp_path: Path, authority: Authority) -> None:
    origin = make_origin(tmp_path)
    (tmp_path / "text.pem").write_text("no certificate")
    cases = {
        "ca_file: .*none.pem: No such file": TlsFiles("none.pem", None, None),
        "ca_file: .*text.pem: ": TlsFiles("text.pem", None, None),
        "certificate_file: .*none.pem: No such file": TlsFiles(None, "none.pem", None),
        "certificate_file: .*ca.pem: ": TlsFiles(None, str(authority.ca_file), None),
    }
    for message, files in cases.items():
        with pytest.raises(ConfigError, match=message):
            client_context(files, origin)


def test_a_certificate_and_its_key_are_taken_from_one_file_or_two(
    tmp_path: Path, authority: Authority
) -> None:
    origin, both = make_origin(tmp_path), authority.server_file
    client_context(TlsFiles(None, str(both), None), origin)
    client_context(TlsFiles(None, str(both), str(both)), origin)


def test_an_encrypted_key_is_refused_and_nobody_is_asked(tmp_path: Path, authority: Authority) -> None:
    key = serialization.load_pem_private_key(authority.server_file.read_bytes(), None)
    sealed = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"x"),
    )
    (tmp_path / "key.pem").write_bytes(sealed)
    with pytest.raises(ConfigError, match="the key is encrypted"):
        client_context(TlsFiles(None, str(authority.server_file), "key.pem"), make_origin(tmp_path))


def test_a_key_needs_its_certificate() -> None:
    check_files(TlsFiles(None, "a", "b"))
    with pytest.raises(ValueError, match="key_file: a key needs its certificate_file"):
        check_files(TlsFiles(None, None, "b"))
