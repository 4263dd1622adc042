"""Alerts to an MQTT broker, QoS 1 and not retained: the broker has acknowledged an alert before the next ones go.

Needs ``pip install 'umbilical[mqtt]'`` (paho-mqtt 2). In the topic, ``{detector}``, ``{severity}`` and ``{vendor}`` stand
for those of the alert: names from closed sets, so nothing on the wire can choose a topic.
"""

import re
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Literal

from monitor.export._format import FormatName, rendered
from monitor.export._origin import Origin
from monitor.export._tls import TlsFiles, check_files, client_context
from monitor.export._wire import Deadline
from monitor.model.alert import Rejected
from monitor.model.errors import ConfigError
from monitor.model.instant import SECOND_NS

NO_MQTT = "[export.mqtt] needs paho-mqtt 2: pip install 'umbilical[mqtt]'"
PORT, TLS_PORT = 1883, 8883
QOS = 1
MAX_TOPIC = 1024
KEEP_ALIVE_SECONDS = 60
FINAL = frozenset({0x95, 0x99})
"""MQTT 5 section 2.4: packet too large, payload format invalid."""
_PLACES = {"detector", "severity", "vendor"}
_PLACE = re.compile(r"\{([^{}]*)\}")
_STEP_SECONDS = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Section ``[export.mqtt]``: alerts to an MQTT broker; needs umbilical[mqtt]."""

    host: str = "127.0.0.1"
    """Name or address of the broker."""
    port: int | None = None
    """By default 1883, with tls 8883."""
    topic: str = "umbilical/alerts"
    """Where alerts go; {detector}, {severity} and {vendor} stand for those of the alert."""
    version: Literal["3.1.1", "5"] = "3.1.1"
    """Of the protocol; only 5 says why an alert is refused."""
    client_id: str = ""
    """By default "umbilical-" and the name of the host."""
    format: FormatName = "json"
    """"json" is Umbilical's own; "ecs", "ocsf" and "cef" are those of others."""
    timeout_ns: int = 10 * SECOND_NS
    """How long connecting, or the acknowledgement of what was sent, may take."""
    tls: bool = False
    """Speak TLS to the broker."""
    ca_file: str | None = None
    """Authorities to trust, PEM; by default those of the system."""
    certificate_file: str | None = None
    """Certificate to show to the broker, PEM."""
    key_file: str | None = None
    """Its key, where it is not in the same file."""
    username: str | None = None
    """Account, where the broker wants one."""
    password_file: str | None = None
    """File with its password; it is sent as it is, so use tls."""

    def __post_init__(self) -> None:
        if not self.host:
            raise ValueError("host: missing; write the name or address of the broker")
        if self.port is not None and not 0 < self.port < 1 << 16:
            raise ValueError("port: give a number from 1 to 65535")
        unknown = sorted(set(_PLACE.findall(self.topic)) - _PLACES)
        if unknown:
            raise ValueError(f"topic: {{{unknown[0]}}} is unknown; known are {', '.join(sorted(_PLACES))}")
        if not 0 < len(self.topic) <= MAX_TOPIC or re.search(r"[#+\x00]", self.topic):
            raise ValueError("topic: give a name without # and +")
        if self.password_file is not None and self.username is None:
            raise ValueError("password_file: a password needs its username")
        if self.timeout_ns <= 0:
            raise ValueError("timeout: give a duration above 0")
        check_files(TlsFiles(self.ca_file, self.certificate_file, self.key_file))


class Mqtt:
    """Keeps a connection open; after any trouble it makes a new one and sends again what was not acknowledged."""

    batch_size = 64
    refresh_every_seconds = KEEP_ALIVE_SECONDS / 3

    def __init__(self, settings: Settings, origin: Origin) -> None:
        try:
            from paho.mqtt import client as library  # noqa: PLC0415 - optional
            from paho.mqtt.enums import CallbackAPIVersion  # noqa: PLC0415
        except ImportError:
            raise ConfigError(NO_MQTT) from None
        self._library = library
        self._callbacks = CallbackAPIVersion.VERSION2
        self._settings = settings
        self._origin = origin
        self._port = settings.port or (TLS_PORT if settings.tls else PORT)
        self._name = f"{settings.host}:{self._port}"
        self._timeout_seconds = settings.timeout_ns / SECOND_NS
        files = TlsFiles(settings.ca_file, settings.certificate_file, settings.key_file)
        self._context = client_context(files, origin) if settings.tls else None
        self._password = (
            None
            if settings.password_file is None
            else origin.secret(settings.password_file, "password_file").decode("utf-8")
        )
        self._client: Any = None
        self._answers: dict[int, Any] = {}
        """Reason codes of what was acknowledged, by message id."""
        self._greeting: Any = None

    def deliver(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Raises OSError when the broker did not acknowledge, Rejected when it never will."""
        deadline = Deadline(self._timeout_seconds)
        with self._trouble():
            if self._client is None:
                self._connect(deadline)
            self._answers.clear()
            sent = [self._publish(record) for record in records]
            self._turn(deadline, lambda: all(one in self._answers for one in sent))
            refusals = [self._answers[one] for one in sent if self._answers[one].is_failure]
        for reason in refusals:
            said = f"{self._name}: refused: {reason}"
            raise Rejected(said) if reason.value in FINAL else OSError(said)

    def refresh(self) -> None:
        """Keep the connection alive, and notice early when it broke: the next alert makes another."""
        if self._client is not None:
            code = self._client.loop(0.01)
            if code != self._library.MQTT_ERR_SUCCESS:
                self._client = None

    def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with suppress(OSError):
                client.disconnect()
                client.loop(_STEP_SECONDS)

    def _connect(self, deadline: Deadline) -> None:
        settings, library = self._settings, self._library
        versions = {"3.1.1": library.MQTTv311, "5": library.MQTTv5}
        client = library.Client(
            self._callbacks,
            client_id=settings.client_id or f"umbilical-{self._origin.host}",
            protocol=versions[settings.version],
        )
        if self._context is not None:
            client.tls_set_context(self._context)
        if settings.username is not None:
            client.username_pw_set(settings.username, self._password)
        client.on_connect = self._greeted
        client.on_publish = self._acknowledged
        client.connect_timeout = deadline.left()
        self._greeting = None
        self._client = client
        client.connect(settings.host, self._port, keepalive=KEEP_ALIVE_SECONDS)
        self._turn(deadline, lambda: self._greeting is not None)
        if self._greeting.is_failure:
            raise OSError(f"refused the connection: {self._greeting}")

    def _publish(self, record: Mapping[str, Any]) -> int:
        topic = _PLACE.sub(lambda place: str(record[place[1]] or "unknown"), self._settings.topic)
        payload = rendered(self._settings.format, record, self._origin)
        sent = self._client.publish(topic, payload, qos=QOS, retain=False)
        if sent.rc != self._library.MQTT_ERR_SUCCESS:
            raise OSError(self._library.error_string(sent.rc))
        return int(sent.mid)

    def _turn(self, deadline: Deadline, is_done: Callable[[], bool]) -> None:
        """Let the library work until something happened."""
        while not is_done():
            code = self._client.loop(min(_STEP_SECONDS, deadline.left()))
            if code != self._library.MQTT_ERR_SUCCESS and not is_done():
                raise OSError(self._library.error_string(code))

    @contextmanager
    def _trouble(self) -> Iterator[None]:
        """Name the broker in what is raised, and use another connection next time."""
        try:
            yield
        except OSError as error:
            client, self._client = self._client, None
            link = None if client is None else client.socket()
            if link is not None:
                link.close()
            raise OSError(f"{self._name}: {_said(error)}") from None

    def _greeted(self, _client: Any, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        self._greeting = reason

    def _acknowledged(self, _client: Any, _data: Any, message: int, reason: Any, _properties: Any) -> None:
        self._answers[message] = reason


EXPORTER = Mqtt


def _said(error: OSError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}"
    return str(error.strerror or error)
