import dpkt
from cryptography import x509

from tests.catalog.speech._heard import heard


def test_a_hello_says_the_server_name_and_protocols() -> None:
    records, _ = dpkt.ssl.tls_multi_factory(
        heard({"tls.sni": "fota.acme.example", "tls.alpn": ["h2", "mqtt"]})[0].payload
    )
    extensions = dict(dpkt.ssl.TLSHandshake(records[0].data).data.extensions)
    assert extensions[0].endswith(b"fota.acme.example")
    assert b"\x00\x08\x02h2\x04mqtt" == extensions[16]


def test_a_certificate_says_its_subject_and_names() -> None:
    subject = "CN=*.acme.example,O=Acme Inc.,C=NO"
    answer = heard({"tls.certificate_subject": subject, "tls.certificate_names": ["a.example"]})[1].payload
    records, _ = dpkt.ssl.tls_multi_factory(answer)
    handshake = records[1].data
    certificate = x509.load_der_x509_certificate(handshake[4 + 3 + 3 :])
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert subject == certificate.subject.rfc4514_string()
    assert ["a.example"] == names.get_values_for_type(x509.DNSName)
