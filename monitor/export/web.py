"""The web server: metrics, health, alerts and a start page, in threads beside the main loop.

Rule 1: the main loop is never waited upon without an end, and never held up by who asks.
Rule 2: connections, threads, bytes and waits are bounded, and what is given up is counted.
"""

import errno
import logging
import os
import selectors
import socket
import stat
import time
from contextlib import suppress
from pathlib import Path
from threading import Thread

from monitor.export._web_config_file import Say, WebConfigFile
from monitor.export._web_connection import serve
from monitor.export._web_counts import WebCounts
from monitor.export._web_crowd import Connection, Crowd
from monitor.export._web_gate import Gate
from monitor.export._web_http import Answer, Request
from monitor.export._web_routes import Reload, Routes
from monitor.export.board import Board
from monitor.export.prometheus import UNIX, Listen, Settings, parsed
from monitor.export.web_config import WebConfig
from monitor.model.errors import ConfigError

BACKLOG = 128
SHORT_OF_FILES_SECONDS = 0.2
"""Pause when the process may open no more: whoever waits is still there afterwards."""
STOP_SECONDS = 2.0
_SOCKET_MODE = 0o660
_LOG = logging.getLogger("umbilical.web")


class WebServer:
    """Listens from the moment it is made, so that ports and files are opened before rights are dropped; ``start`` serves.

    Raises ConfigError, one line for each fault, when the address or the web configuration cannot be used.
    """

    def __init__(
        self,
        settings: Settings,
        board: Board,
        reload: Reload | None = None,
        folder: Path | None = None,
        say: Say = _LOG.warning,
    ) -> None:
        """``folder`` is where relative paths in the settings start: that of the configuration."""
        named = settings.web_config
        self._config = WebConfigFile((folder or Path()) / named if named else None, say)
        self._counts = WebCounts(lambda: board.silent_seconds, lambda: self._config.fault is not None)
        self._crowd = Crowd(settings.max_connections, self._counts)
        self._gate = Gate(settings)
        self._routes = Routes(settings, board, self._counts, reload)
        self._listen = parsed(settings.listen)
        self._listener = _bound(self._listen)
        self._waker, self._woken = socket.socketpair()
        self._thread: Thread | None = None

    @property
    def address(self) -> str:
        """Where it listens, as a URL without a path, or as ``unix:/path``."""
        if self._listen.path is not None:
            return f"{UNIX}{self._listen.path}"
        scheme = "http" if self._config.current().tls is None else "https"
        host, port = self._listener.getsockname()[:2]
        return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"

    def start(self) -> None:
        """Serve from now on."""
        self._thread = Thread(target=self._accept_all, name="web", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop; connections are cut."""
        with suppress(OSError):
            self._waker.send(b"\0")
        if self._thread is not None:
            self._thread.join(STOP_SECONDS)
        self._crowd.cut_all()
        for one in (self._listener, self._waker, self._woken):
            one.close()
        if self._listen.path is not None:
            self._listen.path.unlink(missing_ok=True)

    def _accept_all(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._listener, selectors.EVENT_READ)
            selector.register(self._woken, selectors.EVENT_READ)
            while True:
                ready = [key.fileobj for key, _ in selector.select()]
                if self._woken in ready:
                    return
                self._accept()

    def _accept(self) -> None:
        try:
            client, address = self._listener.accept()
        except OSError as error:
            if error.errno in {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}:
                time.sleep(SHORT_OF_FILES_SECONDS)
            return  # else it was gone before it was taken
        connection = Connection(client, address[0] if isinstance(address, tuple) else "")
        if not self._crowd.enter(connection):
            client.close()
            return
        try:
            Thread(target=self._serve, args=(connection,), name="web-client", daemon=True).start()
        except RuntimeError:  # the system has no more threads
            self._crowd.leave(connection)
            client.close()

    def _serve(self, connection: Connection) -> None:
        try:
            serve(connection, self._config.current(), self._answer, self._counts)
        finally:
            self._crowd.leave(connection)

    def _answer(self, request: Request, config: WebConfig) -> Answer:
        return self._gate.refusal(request, config) or self._routes.answer(request)


def _bound(listen: Listen) -> socket.socket:
    try:
        return _unix(listen.path) if listen.path is not None else _tcp(listen)
    except (OSError, UnicodeError) as error:
        raise ConfigError(f"[export.prometheus] listen: {_reason(listen, error)}") from error


def _tcp(listen: Listen) -> socket.socket:
    if not listen.host:
        is_dual = socket.has_dualstack_ipv6()
        family = socket.AF_INET6 if is_dual else socket.AF_INET
        return socket.create_server(("", listen.port), family=family, backlog=BACKLOG, dualstack_ipv6=is_dual)
    family, *_, address = socket.getaddrinfo(listen.host, listen.port, type=socket.SOCK_STREAM)[0]
    return socket.create_server(address[:2], family=family, backlog=BACKLOG)


def _unix(path: Path) -> socket.socket:
    _remove_dead(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(str(path))
        path.chmod(_SOCKET_MODE)
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def _remove_dead(path: Path) -> None:
    """Remove a socket that nobody listens on any more; one that is in use, or no socket, stays."""
    with suppress(FileNotFoundError):
        if not stat.S_ISSOCK(path.stat().st_mode):
            raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            try:
                probe.connect(str(path))
            except ConnectionRefusedError:
                path.unlink()


def _reason(listen: Listen, error: Exception) -> str:
    where = str(listen.path) if listen.path is not None else f"{listen.host or '*'}:{listen.port}"
    match getattr(error, "errno", None):
        case errno.EADDRINUSE:
            return f"{where} is in use; stop what listens there, or choose another"
        case errno.EACCES | errno.EPERM:
            return f"{where} is not allowed; ports below 1024 need CAP_NET_BIND_SERVICE, sockets a folder to write to"
        case errno.EADDRNOTAVAIL:
            return f"{where} is no address of this machine"
        case _:
            words = getattr(error, "strerror", None) or str(error)
            return f"{where} cannot be used: {words.lower()}"
