"""Alerts to a syslog server: RFC 5424 messages over UDP (RFC 5426), TCP (RFC 6587, octet counting) or TLS (RFC 5425).

Syslog acknowledges nothing. Over TCP and TLS an alert counts as delivered when the far end's system has acknowledged its
bytes; over UDP when it has left, so alerts may be lost: use TCP or TLS where that matters.
"""

import errno
import fcntl
import os
import socket
import ssl
import struct
import termios
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

from monitor.export._format import FormatName
from monitor.export._origin import Origin
from monitor.export._syslog_message import FACILITIES, Style, message
from monitor.export._tls import TlsFiles, check_files, client_context
from monitor.export._wire import Deadline, connected
from monitor.model.alert import Rejected
from monitor.model.instant import SECOND_NS

PORTS = {"udp": 514, "tcp": 601, "tls": 6514}
"""RFC 5426 section 3.3, RFC 6587's usual one, RFC 5425 section 4.1."""
MAX_BYTES = {"udp": 2048, "tcp": 8192, "tls": 8192}
"""What a receiver should accept: RFC 5426 section 3.2, RFC 5425 section 4.3.1."""
MIN_MESSAGE_BYTES = 480
"""RFC 5424 section 6.1: what every receiver must accept."""
MAX_DATAGRAM_BYTES = 65_507
EXAMPLE_ENTERPRISE = 32473
"""RFC 5612: the number for examples; a site with one of its own from IANA sets that."""
ALERT_SECONDS = 0.3
"""How long a server may take to refuse our certificate: in TLS 1.3 we have shaken hands before it does."""
_POLL_SECONDS = 0.005


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Section ``[export.syslog]``: alerts as RFC 5424 messages."""

    host: str = "127.0.0.1"
    """Name or address of the server."""
    port: int | None = None
    """By default 514 for udp, 601 for tcp, 6514 for tls."""
    transport: Literal["udp", "tcp", "tls"] = "udp"
    """"udp" may lose alerts; "tcp" counts octets (RFC 6587)."""
    format: FormatName = "json"
    """"json" is Umbilical's own; "cef", "ecs" and "ocsf" are those of others."""
    facility: Literal[
        "user", "daemon", "auth", "authpriv",
        "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
    ] = "local0"  # fmt: skip
    """Severities are info 6, low 5, medium 4, high 3, critical 2."""
    app_name: str = "umbilical"
    """APP-NAME of the messages."""
    enterprise_number: int = EXAMPLE_ENTERPRISE
    """Private enterprise number in the name of the structured data, [umbilical@32473 ...]; 32473 is the one for
    examples (RFC 5612)."""
    max_message_bytes: int | None = None
    """Longer messages are shortened and say so; by default 2KiB for udp and 8KiB for tcp and tls."""
    timeout_ns: int = 10 * SECOND_NS
    """How long connecting, or sending what is ready, may take."""
    ca_file: str | None = None
    """Authorities to trust, PEM; by default those of the system."""
    certificate_file: str | None = None
    """Certificate to show to the server, PEM."""
    key_file: str | None = None
    """Its key, where it is not in the same file."""
    server_name: str | None = None
    """Name that the server's certificate must have; by default ``host``."""

    def __post_init__(self) -> None:
        if not self.host:
            raise ValueError("host: missing; write the name or address of the server")
        if self.port is not None and not 0 < self.port < 1 << 16:
            raise ValueError("port: give a number from 1 to 65535")
        if self.max_message_bytes is not None and self.max_message_bytes < MIN_MESSAGE_BYTES:
            raise ValueError(f"max_message: give at least {MIN_MESSAGE_BYTES}B, which every receiver accepts")
        if self.timeout_ns <= 0:
            raise ValueError("timeout: give a duration above 0")
        check_files(TlsFiles(self.ca_file, self.certificate_file, self.key_file))


class Syslog:
    """Keeps a connection open between alerts, and makes another when it was closed."""

    batch_size = 64

    def __init__(self, settings: Settings, origin: Origin) -> None:
        transport = settings.transport
        self._settings = settings
        self._origin = origin
        self._port = settings.port or PORTS[transport]
        self._name = f"{settings.host}:{self._port}"
        self._timeout_seconds = settings.timeout_ns / SECOND_NS
        longest = settings.max_message_bytes or MAX_BYTES[transport]
        self._style = Style(
            facility=FACILITIES[settings.facility],
            app_name=settings.app_name,
            enterprise_number=settings.enterprise_number,
            format=settings.format,
            max_bytes=min(longest, MAX_DATAGRAM_BYTES) if transport == "udp" else longest,
        )
        files = TlsFiles(settings.ca_file, settings.certificate_file, settings.key_file)
        self._context = client_context(files, origin) if transport == "tls" else None
        self._connection: socket.socket | None = None

    def deliver(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Send one message for each; raises OSError."""
        messages = [message(one, self._style, self._origin) for one in records]
        deadline = Deadline(self._timeout_seconds)
        try:
            if self._settings.transport == "udp":
                self._send_datagrams(messages, deadline)
            else:
                self._send_stream(b"".join(b"%d %s" % (len(one), one) for one in messages), deadline)
        except ssl.SSLCertVerificationError as error:
            self.close()
            raise OSError(f"{self._name}: its certificate is not trusted: {error.verify_message}") from None
        except TimeoutError:
            self.close()
            raise TimeoutError(f"{self._name}: no answer within {self._timeout_seconds:g} s") from None
        except OSError as error:
            self.close()
            raise OSError(f"{self._name}: {error.strerror or error}") from None

    def close(self) -> None:
        """End the connection; over TLS with a farewell (RFC 5425 section 4.4)."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        with suppress(OSError, ValueError):
            connection.settimeout(1.0)
            if isinstance(connection, ssl.SSLSocket):
                connection.unwrap()
        connection.close()

    def _send_datagrams(self, messages: Sequence[bytes], deadline: Deadline) -> None:
        if self._connection is None:
            self._connection = _datagrams_to(self._settings.host, self._port)
        self._connection.settimeout(deadline.left())
        for one in messages:
            try:
                self._connection.send(one)
            except OSError as error:
                if error.errno == errno.EMSGSIZE:
                    raise Rejected(
                        f"{len(one)} bytes are more than a datagram holds; lower max_message"
                    ) from None
                raise

    def _send_stream(self, data: bytes, deadline: Deadline) -> None:
        if self._connection is not None and _is_over(self._connection):
            self.close()
        if self._connection is None:
            settings = self._settings
            self._connection = connected(
                settings.host, self._port, deadline, self._context, settings.server_name
            )
            if self._context is not None and _has_closed(self._connection, ALERT_SECONDS):
                raise ConnectionResetError(errno.ECONNRESET, "closed the connection after the handshake")
        self._connection.settimeout(deadline.left())
        self._connection.sendall(data)
        _wait_until_taken(self._connection, deadline)
        if _has_closed(self._connection, 0):
            self.close()


EXPORTER = Syslog


def _datagrams_to(host: str, port: int) -> socket.socket:
    """Return a socket that hears when nobody listens there."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
    datagrams = socket.socket(family, kind, protocol)
    try:
        datagrams.connect(address)
    except OSError:
        datagrams.close()
        raise
    return datagrams


def _is_over(connection: socket.socket) -> bool:
    """Whether the far end has closed, or the connection broke, since it was last used."""
    try:
        return _has_closed(connection, 0)
    except OSError:
        return True


def _has_closed(connection: socket.socket, seconds: float) -> bool:
    """Whether the far end has closed; a syslog server says nothing else. Raises OSError when it broke."""
    connection.settimeout(seconds)
    try:
        return not connection.recv(4096)
    except (BlockingIOError, TimeoutError, ssl.SSLWantReadError):
        return False


def _wait_until_taken(connection: socket.socket, deadline: Deadline) -> None:
    """Wait until the far end's system has acknowledged every byte; raises OSError when it will not."""
    while _unacknowledged_bytes(connection):
        _raise_if_broken(connection)
        deadline.left()
        time.sleep(_POLL_SECONDS)
    _raise_if_broken(connection)


def _raise_if_broken(connection: socket.socket) -> None:
    code = connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if code:
        raise OSError(code, os.strerror(code))


def _unacknowledged_bytes(connection: socket.socket) -> int:
    """Linux: SIOCOUTQ, which is TIOCOUTQ (tcp(7)); elsewhere nobody can say."""
    try:
        answer = fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, struct.pack("i", 0))
    except OSError:
        return 0
    left: int = struct.unpack("i", answer)[0]
    return left
