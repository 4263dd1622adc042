import dpkt

from tests.catalog.speech._heard import heard


def test_a_name_is_asked_and_answered() -> None:
    question, answer = heard({"dns.query": "fota.acme.example"})
    asked, answered = dpkt.dns.DNS(question.payload), dpkt.dns.DNS(answer.payload)
    assert ("10.0.0.53", 53) == (question.target, question.port)
    assert ("fota.acme.example", dpkt.dns.DNS_A) == (asked.qd[0].name, asked.qd[0].type)
    assert "198.51.100.7" == dpkt.utils.inet_to_str(answered.an[0].ip)


def test_another_type_is_asked_and_has_no_answer() -> None:
    question, answer = heard({"dns.query": "acme.example", "dns.qtype": "TXT"})
    assert dpkt.dns.DNS_TXT == dpkt.dns.DNS(question.payload).qd[0].type
    assert [] == dpkt.dns.DNS(answer.payload).an
