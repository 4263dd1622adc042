import ssl
from pathlib import Path

import bcrypt
import pytest

from monitor.export.web_config import RateLimit, WebConfig, load
from monitor.model.errors import ConfigError
from tests.export._web_client import client_certificate
from tests.kit.https_server import new_authority

HASH = bcrypt.hashpw(b"secret", b"$2b$04$abcdefghijklmnopqrstuu").decode()
TLS = "tls_server_config:\n  cert_file: server.pem\n  key_file: server.pem\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("web")
    new_authority(folder)
    return folder


def config(folder: Path, text: str) -> WebConfig:
    path = folder / "web.yml"
    path.write_text(text)
    return load(path)


def test_an_empty_file_asks_for_nothing(folder: Path) -> None:
    assert config(folder, "") == WebConfig(files=(folder / "web.yml",))


def test_everything_together_is_understood(folder: Path) -> None:
    text = (
        TLS + "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.pem\n"
        "  client_allowed_sans: [scraper.example]\n  min_version: TLS13\n  max_version: TLS13\n"
        "  cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS_AES_128_GCM_SHA256]\n"
        "  prefer_server_cipher_suites: false\n  curve_preferences: [X25519]\n"
        "http_server_config:\n  http2: false\n  headers:\n    X-Frame-Options: sameorigin\n"
        "    Strict-Transport-Security: max-age=31536000\n    Content-Security-Policy:\n"
        f"basic_auth_users:\n  alice: {HASH}\nrate_limit: {{interval: 100ms, burst: 5}}\n"
    )
    told = config(folder, text)
    assert told.tls is not None
    assert (told.tls.minimum_version, told.tls.verify_mode) == (ssl.TLSVersion.TLSv1_3, ssl.CERT_REQUIRED)
    assert told.allowed_sans == ("scraper.example",)
    assert told.headers == {
        "X-Frame-Options": "sameorigin",
        "Strict-Transport-Security": "max-age=31536000",
        "Content-Security-Policy": "",
    }
    assert told.users == {"alice": HASH}
    assert told.rate_limit == RateLimit(0.1, 5)
    assert [path.name for path in told.files] == ["web.yml", "server.pem", "server.pem", "ca.pem"]
    assert told.notices == ()


def test_by_default_nothing_older_than_tls_1_2_is_spoken(folder: Path) -> None:
    tls = config(folder, TLS).tls
    assert tls is not None
    assert (tls.minimum_version, tls.maximum_version) == (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)
    assert tls.verify_mode is ssl.CERT_NONE


def test_certificates_may_stand_in_the_file_itself(folder: Path) -> None:
    pem = "".join(f"    {line}\n" for line in (folder / "server.pem").read_text().splitlines())
    assert config(folder, f"tls_server_config:\n  cert: |\n{pem}  key: |\n{pem}").tls is not None


def test_http_2_is_said_to_be_absent(folder: Path) -> None:
    [notice] = config(folder, "http_server_config:\n  http2: true\n").notices
    assert notice.endswith("web.yml:2: HTTP/2 is asked for and not there; answers are HTTP/1.1")


@pytest.mark.parametrize("interval", ["0", "0s"])
def test_an_interval_of_nothing_is_no_limit(interval: str, folder: Path) -> None:
    assert config(folder, f"rate_limit:\n  interval: {interval}\n  burst: 3\n").rate_limit is None


CLIENTS = TLS + "  client_ca_file: ca.pem\n"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("tls_server_confg: {}\n", ":1: unknown field 'tls_server_confg'; did you mean 'tls_server_config'?"),
        ("tls_server_config:\n  cert_file: server.pem\n", ":1: tls_server_config: 'key_file' is missing"),
        (TLS + "  cert: x\n", ":4: tls_server_config.cert: give either 'cert' or 'cert_file', not both"),
        (TLS.replace("key_file: server.pem", "key_file: ca.pem"), ": certificate"),
        (
            TLS.replace("cert_file: server.pem", "cert_file: absent.pem"),
            "cannot be read: no such file or directory",
        ),
        (TLS + "  min_version: TLS10\n", ":4: tls_server_config.min_version: 'TLS10' is not known here"),
        (TLS + "  min_version: TLS13\n  max_version: TLS12\n", "min_version is above max_version"),
        (
            TLS + "  cipher_suites: [TLS_NULL]\n",
            ":4: tls_server_config.cipher_suites: 'TLS_NULL' is not known here",
        ),
        (TLS + "  curve_preferences: [X25519, CurveP256]\n", "one curve only"),
        (TLS + "  client_auth_type: RequireAnyClientCert\n", "write RequireAndVerifyClientCert"),
        (TLS + "  client_auth_type: Please\n", "expected one of NoClientCert"),
        (TLS + "  client_auth_type: RequireAndVerifyClientCert\n", "needs 'client_ca_file'"),
        (CLIENTS, "there is a client CA and nobody is asked"),
        (
            CLIENTS + "  client_auth_type: VerifyClientCertIfGiven\n  client_allowed_sans: [x]\n",
            "needs client_auth_type: RequireAndVerifyClientCert",
        ),
        (
            CLIENTS.replace("ca.pem", "web.yml") + "  client_auth_type: RequireAndVerifyClientCert\n",
            "client CA",
        ),
        ("http_server_config:\n  headers: {X-Powered-By: us}\n", ":2: headers: 'X-Powered-By' cannot be set"),
        (
            "http_server_config:\n  headers: {X-Frame-Options: allow}\n",
            "X-Frame-Options is deny or sameorigin",
        ),
        (
            'http_server_config:\n  headers: {Content-Security-Policy: "a\\r\\nb"}\n',
            "letters that a header cannot have",
        ),
        (
            "basic_auth_users:\n  alice: secret\n",
            "what 'alice' has is no bcrypt hash; see htpasswd -nBC 10 alice",
        ),
        (f"basic_auth_users:\n  'a:b': {HASH}\n", "has a colon"),
        (f"basic_auth_users:\n  alice: {HASH.replace('$04$', '$31$')}\n", "costs 31"),
        ("rate_limit:\n  interval: soon\n", ":2: rate_limit.interval: not a duration"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_place(text: str, fault: str, folder: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        config(folder, text)
    [line] = str(caught.value).splitlines()
    assert line.startswith(f"{folder}/web.yml:")
    assert fault in line


def test_a_key_with_a_password_is_refused_and_nobody_is_asked_for_it(folder: Path) -> None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    pem = client_certificate(folder, "x.example").read_bytes()
    locked = load_pem_private_key(pem[pem.index(b"-----BEGIN PRIVATE") :], None).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"x"),
    )
    (folder / "locked.pem").write_bytes(locked)
    with pytest.raises(ConfigError, match="cannot be used"):
        config(folder, TLS.replace("key_file: server.pem", "key_file: locked.pem"))
