from __future__ import annotations

from typing import TYPE_CHECKING

from scapy.contrib.coap import CoAP

from tests.catalog.speech._heard import heard

if TYPE_CHECKING:
    from monitor.model.observation import Value


def test_a_request_says_host_path_and_query() -> None:
    fields: dict[str, Value] = {
        "coap.uri_host": "a.example",
        "coap.uri_path": "/fw/check",
        "coap.uri_query": ["v=1"],
        "coap.method": "POST",
    }
    message = CoAP(heard(fields)[0].payload)
    expected = [
        ("Uri-Host", b"a.example"),
        ("Uri-Path", b"fw"),
        ("Uri-Path", b"check"),
        ("Uri-Query", b"v=1"),
    ]
    assert (2, expected) == (message.code, message.options)


def test_a_registration_says_endpoint_and_lifetime_with_long_values() -> None:
    endpoint = "urn:imei-msisdn:350000000000006-" + "1" * 300
    message = CoAP(heard({"lwm2m.endpoint": endpoint, "lwm2m.lifetime": 86400})[0].payload)
    assert [
        ("Uri-Path", b"rd"),
        ("Uri-Query", f"ep={endpoint}".encode()),
        ("Uri-Query", b"lt=86400"),
    ] == message.options
