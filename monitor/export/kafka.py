"""Alerts to a Kafka topic, with an idempotent producer: each is there once, in order within its story, on every replica.

Needs ``pip install 'umbilical[kafka]'`` (confluent-kafka). The key of a message is the ``alert_id``, so that all messages
of a story are in one partition; its headers name the detector, the state and the format.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from monitor.export._format import FormatName, rendered
from monitor.export._origin import Origin
from monitor.export._tls import TlsFiles, check_files
from monitor.model.alert import Rejected
from monitor.model.errors import ConfigError
from monitor.model.instant import SECOND_NS

NO_KAFKA = "[export.kafka] needs confluent-kafka: pip install 'umbilical[kafka]'"
MAX_TOPIC = 249
"""Kafka's own limit for a name."""
OURS = frozenset({"bootstrap.servers", "enable.idempotence", "acks", "message.timeout.ms", "client.id"})
"""Properties that this output cannot do without."""
_GRACE_SECONDS = 2.0
_MILLISECOND_NS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Section ``[export.kafka]``: alerts to a Kafka topic; needs umbilical[kafka]."""

    brokers: tuple[str, ...] = ("127.0.0.1:9092",)
    """Some brokers of the cluster, host:port."""
    topic: str = "umbilical.alerts"
    """Where alerts go; the key is the alert_id."""
    format: FormatName = "json"
    """"json" is Umbilical's own; "ecs", "ocsf" and "cef" are those of others."""
    timeout_ns: int = 30 * SECOND_NS
    """How long all replicas may take to acknowledge."""
    tls: bool = False
    """Speak TLS to the brokers."""
    ca_file: str | None = None
    """Authorities to trust, PEM; by default those of the system."""
    certificate_file: str | None = None
    """Certificate to show to the brokers, PEM."""
    key_file: str | None = None
    """Its key, where it is not in the same file."""
    username: str | None = None
    """Account, where the brokers want one (SASL)."""
    password_file: str | None = None
    """File with its password."""
    mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    """How the password is shown; PLAIN only with tls."""
    properties: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Further properties of librdkafka, such as { "compression.type" = "zstd" }."""

    def __post_init__(self) -> None:
        if not self.brokers:
            raise ValueError("brokers: give at least one")
        if not 0 < len(self.topic) <= MAX_TOPIC:
            raise ValueError(f"topic: give a name of 1 to {MAX_TOPIC} letters")
        if (self.username is None) != (self.password_file is None):
            raise ValueError("username and password_file belong together")
        if self.username is not None and self.mechanism == "PLAIN" and not self.tls:
            raise ValueError("mechanism: PLAIN shows the password to everybody; set tls = true")
        if self.timeout_ns < SECOND_NS:
            raise ValueError("timeout: give 1s or more")
        check_files(TlsFiles(self.ca_file, self.certificate_file, self.key_file))
        for name in self.properties:
            if name in OURS:
                raise ValueError(f"properties: {name} is set by umbilical itself")


class Kafka:
    """Hands messages to librdkafka and waits until all of them are acknowledged."""

    batch_size = 500

    def __init__(self, settings: Settings, origin: Origin) -> None:
        try:
            import confluent_kafka  # noqa: PLC0415 - optional, and slow to import
        except ImportError:
            raise ConfigError(NO_KAFKA) from None
        self._library = confluent_kafka
        self._settings = settings
        self._origin = origin
        self._timeout_seconds = settings.timeout_ns / SECOND_NS
        self._properties = _properties(settings, origin)
        try:
            self._producer: Any = self._made()
        except OSError as error:
            raise ConfigError(f"[export.kafka] {error}") from None

    def deliver(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Raises OSError when a message was not acknowledged, Rejected when it never will be."""
        producer = self._producer or self._made()
        self._producer = None
        errors: list[Any] = []
        missing = len(records)

        def arrived(error: Any, _message: Any) -> None:
            nonlocal missing
            missing -= 1
            if error is not None:
                errors.append(error)

        for record in records:
            self._produce(producer, record, arrived)
        producer.flush(self._timeout_seconds + _GRACE_SECONDS)
        if missing or errors:
            producer.purge()
            self._refuse(errors)
        self._producer = producer

    def close(self) -> None:
        self._producer = None

    def _made(self) -> Any:
        try:
            return self._library.Producer(self._properties)
        except self._library.KafkaException as error:
            raise OSError(_said(error)) from None

    def _produce(self, producer: Any, record: Mapping[str, Any], arrived: Any) -> None:
        settings = self._settings
        try:
            producer.produce(
                settings.topic,
                key=record["alert_id"].encode("utf-8"),
                value=rendered(settings.format, record, self._origin),
                headers={
                    "detector": record["detector"],
                    "state": record["state"],
                    "format": settings.format,
                },
                on_delivery=arrived,
            )
        except BufferError:
            raise OSError("librdkafka's queue is full") from None
        except self._library.KafkaException as error:
            self._refuse([error.args[0]])

    def _refuse(self, errors: Sequence[Any]) -> None:
        if not errors:
            raise TimeoutError(
                f"{self._settings.brokers[0]}: no acknowledgement within {self._timeout_seconds:g} s"
            )
        codes = self._library.KafkaError
        final = {codes.MSG_SIZE_TOO_LARGE, codes.INVALID_MSG, codes.INVALID_RECORD, codes.INVALID_MSG_SIZE}
        worst = next((one for one in errors if one.code() not in final), errors[0])
        said = f"{self._settings.brokers[0]}: {worst.str()}"
        if worst.code() in final:
            raise Rejected(said)
        raise OSError(said)


EXPORTER = Kafka


def _properties(settings: Settings, origin: Origin) -> dict[str, Any]:
    protocol = f"{'SASL_' if settings.username else ''}{'SSL' if settings.tls else 'PLAINTEXT'}"
    files = {
        "ssl.ca.location": settings.ca_file,
        "ssl.certificate.location": settings.certificate_file,
        "ssl.key.location": settings.key_file or settings.certificate_file,
    }
    properties: dict[str, Any] = {
        **settings.properties,
        "bootstrap.servers": ",".join(settings.brokers),
        "client.id": "umbilical",
        "enable.idempotence": True,
        "acks": "all",
        "message.timeout.ms": settings.timeout_ns // _MILLISECOND_NS,
        "security.protocol": protocol,
        "logger": _silent(),
    }
    if settings.tls:
        properties |= {name: str(origin.path(file)) for name, file in files.items() if file is not None}
    if settings.username is not None:
        password = origin.secret(settings.password_file or "", "password_file").decode("utf-8")
        properties |= {
            "sasl.mechanism": settings.mechanism,
            "sasl.username": settings.username,
            "sasl.password": password,
        }
    return properties


def _silent() -> logging.Logger:
    """What librdkafka has to say of its retries is said by the delivery, once."""
    logger = logging.getLogger("umbilical.kafka")
    logger.propagate = False
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    return logger


def _said(error: Exception) -> str:
    first = error.args[0] if error.args else error
    return str(first.str() if hasattr(first, "str") else first)
