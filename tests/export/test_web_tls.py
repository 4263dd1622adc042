import ssl

import pytest

from monitor.export._web_tls import CIPHERS, CURVES, VERSIONS, has_allowed_san

CERTIFICATE = {
    "subjectAltName": (
        ("DNS", "scraper.example"),
        ("IP Address", "2001:DB8:0:0:0:0:0:1"),
        ("email", "ops@example.org"),
        ("URI", "spiffe://example/scraper"),
    )
}


@pytest.mark.parametrize(
    "name", ["scraper.example", "2001:db8::1", "ops@example.org", "spiffe://example/scraper"]
)
def test_any_kind_of_name_may_be_the_welcome_one(name: str) -> None:
    assert has_allowed_san(CERTIFICATE, ["other", name])


@pytest.mark.parametrize("name", ["example", "Scraper.example", "2001:db8::2", ""])
def test_only_the_exact_name_counts(name: str) -> None:
    assert not has_allowed_san(CERTIFICATE, [name])


@pytest.mark.parametrize("certificate", [None, {}, {"subjectAltName": ()}])
def test_no_certificate_has_no_name(certificate: dict[str, object] | None) -> None:
    assert not has_allowed_san(certificate, ["scraper.example"])


def test_openssl_knows_every_cipher_suite_and_curve_by_the_name_that_it_is_given() -> None:
    for name in filter(None, CIPHERS.values()):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_ciphers(name)
        assert name in {cipher["name"] for cipher in context.get_ciphers()}
    for curve in CURVES.values():
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).set_ecdh_curve(curve)


def test_nothing_old_is_offered() -> None:
    assert set(VERSIONS) == {"TLS12", "TLS13"}
