"""Asks a sensor on this host for its metrics, the way Prometheus would; nothing else is asked, and nobody else."""

import http.client
import socket
from pathlib import Path

from monitor.export.prometheus import Listen, parsed

Samples = dict[str, list[tuple[dict[str, str], float]]]
"""By name: labels and value."""
PATIENCE_SECONDS = 3.0
MAX_BYTES = 64 << 20
_PATH = "/metrics"


def samples_at(listen: str) -> Samples | None:
    """Return what a sensor says of itself; None when none answers, or asks for a password or a certificate."""
    if not listen:
        return None
    where = parsed(listen)
    connection = _Unix(where.path) if where.path is not None else _tcp(where)
    try:
        connection.request("GET", _PATH)
        answer = connection.getresponse()
        text = answer.read(MAX_BYTES)
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    return samples_of(text.decode(errors="replace")) if answer.status == http.client.OK else None


def samples_of(text: str) -> Samples | None:
    """Return the samples of an exposition; None for what is none."""
    from prometheus_client.parser import text_string_to_metric_families

    samples: Samples = {}
    try:
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                samples.setdefault(sample.name, []).append((dict(sample.labels), float(sample.value)))
    except ValueError:
        return None
    return samples


def _tcp(where: Listen) -> http.client.HTTPConnection:
    host = where.host if where.host not in {"", "0.0.0.0", "::"} else "localhost"  # noqa: S104 - asked, not bound
    return http.client.HTTPConnection(host, where.port, timeout=PATIENCE_SECONDS)


class _Unix(http.client.HTTPConnection):
    """HTTP over a socket with a path."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=PATIENCE_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))
