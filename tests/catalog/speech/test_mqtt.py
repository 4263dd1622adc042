from scapy.contrib.mqtt import MQTT

from tests.catalog.speech._heard import heard


def test_connect_says_who_it_is() -> None:
    packet = MQTT(heard({"mqtt.client_id": "dev:1", "mqtt.username": "u", "mqtt.keep_alive": 120})[0].payload)
    assert (b"dev:1", b"u", 120) == (packet.clientId, packet.username, packet.klive)


def test_publish_says_its_topic_however_long() -> None:
    topic = "a/" * 100 + "b"
    packet = MQTT(heard({"mqtt.topic": topic})[2].payload)
    assert topic.encode() == packet.topic
