"""Makes what modules speak to their platforms: MQTT in three versions, and LwM2M over CoAP."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from wire import Host, Wire  # noqa: E402 - the folder of scripts is no package
from wire_say import coap, mqtt_connect, mqtt_publish, mqtt_subscribe  # noqa: E402

START = 1_792_350_000.0
METER = Host("10.20.0.17", "02:51:00:00:00:17")
BROKER, SERVER = "198.51.100.31", "198.51.100.32"
URI_HOST, URI_PATH, CONTENT_FORMAT, URI_QUERY = 3, 11, 12, 15  # RFC 7252 section 5.10
GET, POST, CREATED, CONTENT, CHANGED = 1, 2, 0x41, 0x45, 0x44
ACKNOWLEDGEMENT = 2


def main(folder: Path = HERE) -> None:
    """Write capture.pcap, beside this file if nothing else is said."""
    wire = Wire(START, gateway_mac="02:00:5e:00:00:01", resolver="10.20.0.1", seed=6)
    wire.connection(0, METER, BROKER, 1883, *session("old-meter", 3, "MQIsdp"))
    wire.connection(10, METER, BROKER, 1883, *session("meter", 4, "MQTT"))
    wire.connection(20, METER, BROKER, 1883, *session("new-meter", 5, "MQTT"))
    wire.connection(30, METER, BROKER, 17501, *session("meter-elsewhere", 4, "MQTT"))
    wire.datagrams(40, METER, SERVER, 5683, *registration("urn:imei:861234050000017", 86400), source=56830)
    wire.datagrams(
        50,
        METER,
        SERVER,
        5683,
        ("up", coap(GET, 9, (URI_HOST, b"coap.example"), (URI_PATH, b"fw"), (URI_PATH, b"image.bin"))),
        source=56831,
    )
    wire.write(folder / "capture.pcap")


def session(client: str, version: int, name: str) -> list[tuple[str, bytes]]:
    """Return CONNECT to DISCONNECT."""
    properties = b"\0" if version == 5 else b""
    return [
        ("up", mqtt_connect(client, version=version, name=name, user=f"user-of-{client}")),
        ("down", bytes([0x20, 2 + len(properties)]) + b"\0\0" + properties),
        ("up", mqtt_subscribe(f"{client}/down/#", version=version)),
        ("down", bytes([0x90, 3 + len(properties)]) + b"\0\1" + properties + b"\0"),
        ("up", mqtt_publish(f"{client}/up", b'{"kwh":1742.3}', version=version)),
        ("down", mqtt_publish(f"{client}/down/cfg", b"{}", version=version)),
        ("up", b"\xe0\x00"),
    ]


def registration(endpoint: str, lifetime: int) -> list[tuple[str, bytes]]:
    """Return a registration, its answer, and an update (OMA LwM2M Core section 6.2)."""
    queries = [
        (URI_QUERY, text.encode()) for text in (f"ep={endpoint}", f"lt={lifetime}", "lwm2m=1.1", "b=U")
    ]
    links = b"</1/0>,</3/0>,</5/0>"
    return [
        ("up", coap(POST, 1, (URI_PATH, b"rd"), (CONTENT_FORMAT, b"\x28"), *queries, payload=links)),
        ("down", coap(CREATED, 1, (8, b"rd"), (8, b"4711"), kind=ACKNOWLEDGEMENT)),
        ("up", coap(POST, 2, (URI_PATH, b"rd"), (URI_PATH, b"4711"))),
        ("down", coap(CHANGED, 2, kind=ACKNOWLEDGEMENT)),
    ]


if __name__ == "__main__":
    main()
