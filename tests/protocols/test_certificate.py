import datetime as dt
import hashlib
import ipaddress

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.protocols import _certificate
from monitor.protocols._certificate import (
    CACHED_BYTES,
    MAX_CERTIFICATES,
    MAX_NAMES,
    certificate_fields,
    read_certificate,
    split_chain,
)
from tests.kit.tls_bytes import certificates, vector

DAY = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)


def make_certificate(subject: str, *names: x509.GeneralName, organisation: str = "Acme, Inc.") -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name(
        [
            x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, organisation),
            x509.NameAttribute(x509.NameOID.COMMON_NAME, subject),
        ]
    )
    builder = x509.CertificateBuilder(name, name, key.public_key(), 7, DAY, DAY + dt.timedelta(days=9))
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(key, SHA256()).public_bytes(Encoding.DER)


LEAF = make_certificate(
    "fota.example",
    x509.DNSName("*.Fota.Example"),
    x509.RFC822Name("a@b.example"),
    x509.IPAddress(ipaddress.ip_address("192.0.2.9")),
    x509.IPAddress(ipaddress.ip_address("2001:db8::9")),
)
ABOVE = make_certificate("Acme Root")


def test_leaf_and_the_certificates_above_it_are_read() -> None:
    assert certificate_fields(certificates(LEAF, ABOVE)) == {
        "tls.certificate_subject": "CN=fota.example,O=Acme\\, Inc.",
        "tls.certificate_issuer": "CN=fota.example,O=Acme\\, Inc.",
        "tls.certificate_names": ["*.fota.example", "192.0.2.9", "2001:db8::9"],
        "tls.certificate_sha256": hashlib.sha256(LEAF).hexdigest(),
        "tls.certificate_chain": [
            {
                "subject": "CN=Acme Root,O=Acme\\, Inc.",
                "issuer": "CN=Acme Root,O=Acme\\, Inc.",
                "sha256": hashlib.sha256(ABOVE).hexdigest(),
            }
        ],
    }


def test_certificate_that_cannot_be_read_still_has_its_hash() -> None:
    assert certificate_fields(certificates(b"not DER")) == {
        "tls.certificate_sha256": hashlib.sha256(b"not DER").hexdigest()
    }


def test_message_without_certificates_says_nothing() -> None:
    assert certificate_fields(certificates()) == {}


def test_chain_is_bounded() -> None:
    many = certificates(*[bytes((number,)) for number in range(MAX_CERTIFICATES + 5)])
    assert len(split_chain(many)) == MAX_CERTIFICATES


def test_certificate_that_is_cut_off_ends_the_chain() -> None:
    assert split_chain(certificates(LEAF, ABOVE)[:-1]) == [LEAF]


def test_length_that_lies_does_not_run_away() -> None:
    assert split_chain(b"\xff\xff\xff" + vector(b"a", 3) + b"\xff\xff\xffb") == [b"a"]


def test_names_are_bounded() -> None:
    names = [x509.DNSName(f"n{number}.example") for number in range(MAX_NAMES + 10)]
    assert len(read_certificate(make_certificate("many", *names)).names) == MAX_NAMES


def test_subject_cannot_steer_a_terminal() -> None:
    assert "\x1b" not in str(read_certificate(make_certificate("a\x1b[2Jb")).subject)


def test_the_same_certificate_is_parsed_once_and_a_huge_one_not_remembered() -> None:
    assert read_certificate(LEAF) is read_certificate(bytes(LEAF))
    before = _certificate._remembered.cache_info().currsize
    read_certificate(bytes(CACHED_BYTES + 1))
    assert before == _certificate._remembered.cache_info().currsize


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(LEAF) - 1), st.integers(0, 255)), min_size=1, max_size=3))
def test_any_changed_bytes_leave_the_hash(changes: list[tuple[int, int]]) -> None:
    der = bytearray(LEAF)
    for at, value in changes:
        der[at] = value
    assert certificate_fields(certificates(bytes(der)))["tls.certificate_sha256"]


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_are_read(body: bytes) -> None:
    certificate_fields(body)
