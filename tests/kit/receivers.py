"""Where outputs send to: real servers on this machine, which behave as badly as they are told to."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections import deque
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from monitor.export._origin import Origin
from monitor.export.jsonl import alert_record
from tests.kit.facts import make_finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from monitor.model.alert import Alert

PATIENCE_SECONDS = 20.0
"""How long a test waits for what must happen; it never takes that long."""


def make_alert(number: int = 0, **changes: Any) -> Alert:
    """Return an alert whose id tells its number."""
    from dataclasses import replace

    from monitor.alert.book import AlertBook

    told = AlertBook(capture_of=lambda _: "eth1").tell(make_finding())
    assert told is not None
    return replace(told, **{"alert_id": f"{number:016x}", **changes})


def make_record(number: int = 0, **changes: Any) -> dict[str, Any]:
    """Return the published record of an alert, as an output gets it."""
    return {**orjson.loads(orjson.dumps(alert_record(make_alert(number)))), **changes}


def make_origin(folder: Path) -> Origin:
    """Return a sensor."""
    return Origin(folder=folder, host="sensor-1", version="1.2.3")


def eventually(happened: Callable[[], Any]) -> None:
    """Wait until something is true."""
    until = time.monotonic() + PATIENCE_SECONDS
    while not happened():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.005)


class Request(NamedTuple):
    """What an HTTP server was asked."""

    path: str
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)


class HttpReceiver:
    """Answers 200, or what its script says: a status, or a function that gets the handler."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.requests: list[Request] = []
        self.script: deque[int | Callable[[Any], object]] = deque()
        self.otherwise: int | Callable[[Any], object] = 200
        self.over = threading.Event()

    def url(self, path: str = "/", scheme: str = "http", host: str = "127.0.0.1") -> str:
        return f"{scheme}://{host}:{self.port}{path}"


@contextmanager
def http_receiver(context: ssl.SSLContext | None = None) -> Iterator[HttpReceiver]:
    """Serve until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = self.rfile.read(length)
            if len(body) < length:
                return
            headers = {name.lower(): value for name, value in self.headers.items()}
            served.requests.append(Request(self.path, headers, body))
            answer = served.script.popleft() if served.script else served.otherwise
            self.close_connection = True
            if callable(answer):
                answer(self)
            else:
                self.send_response(answer)
                self.send_header("Content-Length", "0")
                self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            pass

        def finish_request(self, request: Any, client_address: Any) -> None:
            if context is None:
                return super().finish_request(request, client_address)
            with context.wrap_socket(request, server_side=True) as secured:
                return super().finish_request(secured, client_address)

    server = Quiet(("127.0.0.1", 0), Handler)
    served = HttpReceiver(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield served
    finally:
        served.over.set()
        server.shutdown()
        thread.join()
        server.server_close()


class StreamReceiver:
    """What a TCP server got, one entry for each connection."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.streams: list[bytearray] = []
        self.over = threading.Event()

    def everything(self) -> bytes:
        return b"".join(self.streams)


Behaviour = "Callable[[socket.socket, bytearray, threading.Event], object]"


def read_all(connection: socket.socket, got: bytearray, over: threading.Event) -> None:
    """Read until the other end closes."""
    connection.settimeout(0.05)
    while not over.is_set():
        try:
            piece = connection.recv(1 << 16)
        except (TimeoutError, ssl.SSLWantReadError):
            continue
        if not piece:
            return
        got += piece


def stay_silent(_connection: socket.socket, _got: bytearray, over: threading.Event) -> None:
    """Accept, and neither read nor answer."""
    over.wait(PATIENCE_SECONDS)


def hang_up(connection: socket.socket, _got: bytearray, _over: threading.Event) -> None:
    """Reset the connection at once."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")


@contextmanager
def stream_receiver(
    behave: Any = read_all, context: ssl.SSLContext | None = None, port: int = 0
) -> Iterator[StreamReceiver]:
    """Accept connections until the end of the block; ``behave`` may be changed by a list of behaviours."""
    listener = socket.create_server(("127.0.0.1", port), backlog=16)
    listener.settimeout(0.05)
    served = StreamReceiver(listener.getsockname()[1])
    behaviours = deque(behave) if isinstance(behave, list) else deque([behave])
    threads: list[threading.Thread] = []

    def serve(connection: socket.socket, how: Any) -> None:
        got = bytearray()
        served.streams.append(got)
        try:
            with connection:
                if context is None:
                    how(connection, got, served.over)
                else:
                    with context.wrap_socket(connection, server_side=True) as secured:
                        how(secured, got, served.over)
        except OSError:
            pass

    def accept() -> None:
        while not served.over.is_set():
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            how = behaviours.popleft() if len(behaviours) > 1 else behaviours[0]
            threads.append(threading.Thread(target=serve, args=(connection, how), daemon=True))
            threads[-1].start()

    thread = threading.Thread(target=accept)
    thread.start()
    try:
        yield served
    finally:
        served.over.set()
        thread.join()
        listener.close()
        for one in threads:
            one.join(PATIENCE_SECONDS)


@contextmanager
def never_accepting() -> Iterator[int]:
    """Yield a port on which connections are never accepted and soon not even answered: its queue is full."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        try:
            yield port
        finally:
            for one in waiting:
                one.close()


def free_port() -> int:
    """Return a port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def server_context(server_file: Path, client_ca: Path | None = None) -> ssl.SSLContext:
    """Return the TLS of a server; with an authority for clients it wants their certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(server_file)
    if client_ca is not None:
        context.load_verify_locations(client_ca)
        context.verify_mode = ssl.CERT_REQUIRED
    return context
