"""Plain words for findings that rest on a signature: what the device did, what it means, how sure we are."""

from typing import NamedTuple

from monitor.catalog.catalog import Catalog
from monitor.catalog.records import Signature
from monitor.catalog.vocabulary import meaning
from monitor.model.finding import Confidence
from monitor.model.observation import Observation

_DID = {
    "dns_query": "asked DNS for {dns.query}",
    "dns_answer": "was told the address of {dns.query}",
    "tls_client_hello": "opened an encrypted connection to {tls.sni}",
    "quic_client_hello": "opened a QUIC connection to {tls.sni}",
    "dtls_client_hello": "opened a DTLS connection to {tls.sni}",
    "http_request": "requested {http.host}{http.path}",
    "http_response": "got an answer from {http.host}{http.path}",
    "mqtt_connect": "connected to an MQTT broker as {mqtt.client_id}",
    "mqtt_publish": "published to the MQTT topic {mqtt.topic}",
    "mqtt_subscribe": "subscribed to the MQTT topic {mqtt.topic}",
    "coap_request": "sent a CoAP request to {coap.uri_host}{coap.uri_path}",
    "ntp": "asked {ntp.server} for the time",
    "tls_certificate": "was shown the certificate of {tls.certificate_subject}",
}
"""What a device did, by observation type; a field that is not there is the remote's name or address."""
MAX_VALUE = 200
"""Characters of one value in a sentence."""


class Words(NamedTuple):
    """What does not change from one finding of a signature to the next."""

    title: str
    meaning: str
    details: dict[str, str | None]


def words(catalog: Catalog, signature: Signature) -> Words:
    """Return the words of a signature."""
    vendor = catalog.vendors[signature.vendor_id]
    harmless = (
        f" It may be harmless: {sentence(signature.false_positives[0])}" if signature.false_positives else ""
    )
    means = f"{sentence(signature.description)} {sureness(signature.confidence)}{harmless}"
    details = {
        "vendor_name": vendor.name,
        "vendor_country": vendor.country,
        "signature_status": signature.status.value,
    }
    return Words(f"{vendor.name}: {signature.title}", means, details)


def sureness(confidence: Confidence) -> str:
    """Return how sure we are, as a sentence."""
    said = meaning(confidence)
    return f"Confidence {confidence.value}: {said[0].lower()}{said[1:]}"


def did(observation: Observation) -> str:
    """Return what was seen, as the middle of a sentence about the device."""
    contact = observation.contact
    if observation.type not in _DID:
        inward = contact is not None and not contact.device_is_originator
        return f"was contacted by {_far(observation)}" if inward else f"contacted {_far(observation)}"
    return _SENTENCES[observation.type](observation)


def sentence(text: str) -> str:
    """Return the text on one line, with one full stop at its end."""
    return " ".join(text.split()).rstrip(".") + "."


class _Sentence:
    """A line of the table above, taken apart once."""

    __slots__ = ("_parts",)

    def __init__(self, template: str) -> None:
        pieces = template.replace("}", "{").split("{")
        self._parts = tuple(zip(pieces[0::2], [*pieces[1::2], ""], strict=False))

    def __call__(self, observation: Observation) -> str:
        return "".join(text + (_value(observation, field) if field else "") for text, field in self._parts)


_SENTENCES = {kind: _Sentence(template) for kind, template in _DID.items()}


def _value(observation: Observation, field: str) -> str:
    value = observation.fields.get(field)
    if value is not None:
        return str(value)[:MAX_VALUE]
    return "" if field.endswith("path") else _far(observation)


def _far(observation: Observation) -> str:
    contact = observation.contact
    ip = observation.flow.resp_ip if contact is None else contact.remote.ip
    port = observation.flow.resp_port if contact is None else contact.remote.port
    name = observation.remote_name
    return f"{ip} port {port}" if name is None else f"{name[:MAX_VALUE]} ({ip})"
