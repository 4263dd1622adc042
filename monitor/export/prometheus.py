"""Section ``[export.prometheus]``: where metrics, health and the start page are served, and within which limits."""

from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple

UNIX = "unix:"
_EXAMPLES = '"127.0.0.1:9777", "[::1]:9777", ":9777" for every address, or "unix:/run/umbilical/web.sock"'
_MAX_PORT = 65535
_MAX_UNIX_PATH_BYTES = 107  # unix(7): 108 with the closing zero
_FEWEST_CONNECTIONS = 4


class Listen(NamedTuple):
    """Where to listen: a host and a port, or a path."""

    host: str = ""
    """Empty for every address of this machine."""
    port: int = 0
    path: Path | None = None

    @property
    def is_local(self) -> bool:
        """Whether only this machine can connect over the network."""
        return self.path is None and (self.host == "localhost" or _is_loopback(self.host))


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Section ``[export.prometheus]`` of the configuration."""

    listen: str = "127.0.0.1:9777"
    """Address and port, "[::1]:9777", ":9777" for every address, "unix:/path"; "" serves nothing."""
    web_config: str = ""
    """File with certificates and passwords, as Prometheus's exporters have it; relative to this file."""
    enable_reload: bool = False
    """Whether a POST to /-/reload reads the configuration anew, as SIGHUP does."""
    host_names: tuple[str, ...] = ()
    """Names, besides addresses and localhost, under which a server on a local address may be asked: those that a
    proxy in front passes on. A web page of somebody else's could use another name to read what is shown here."""
    max_connections: int = 64
    """At once; when there are more, the one that has idled longest gives way."""
    healthy_within_ns: int = 30_000_000_000
    """/-/healthy and /metrics say 503 when the main loop has been silent for longer."""
    created_series: bool = True
    """Whether OpenMetrics has a ``_created`` series for each counter; without them there are a third fewer series."""

    def __post_init__(self) -> None:
        if self.listen:
            parsed(self.listen)
        if self.max_connections < _FEWEST_CONNECTIONS:
            raise ValueError(f"max_connections: at least {_FEWEST_CONNECTIONS}")


def parsed(text: str) -> Listen:
    """Return where to listen; raises ValueError that begins with the key."""
    if text.startswith(UNIX):
        return _unix(text.removeprefix(UNIX))
    host, colon, port = text.rpartition(":")
    is_bracketed = host.startswith("[") and host.endswith("]")
    if not colon or (":" in host and not is_bracketed) or not _is_port(port):
        raise ValueError(f"listen: '{text}' is not an address and a port; write {_EXAMPLES}")
    return Listen(host=host[1:-1] if is_bracketed else host, port=int(port))


def _unix(path: str) -> Listen:
    if not path.startswith("/"):
        raise ValueError(f"listen: a socket needs a whole path; write {_EXAMPLES}")
    if len(path.encode()) > _MAX_UNIX_PATH_BYTES:
        raise ValueError(f"listen: the path of a socket has at most {_MAX_UNIX_PATH_BYTES} bytes")
    return Listen(path=Path(path))


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and int(text) <= _MAX_PORT


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
