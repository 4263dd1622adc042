"""A sensor's metrics, asked for over real sockets."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from socketserver import UnixStreamServer

import pytest

from monitor.cli.metrics_client import samples_at, samples_of

TEXT = """\
# HELP umbilical_capture_up x
# TYPE umbilical_capture_up gauge
umbilical_capture_up{interface="eth1"} 1.0
# TYPE umbilical_frames_total counter
umbilical_frames_total{interface="eth1"} 5
"""


class _Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        is_known = self.path == "/metrics" and not self.server.refuses  # type: ignore[attr-defined]  # set below
        self.send_response(200 if is_known else 401)
        self.end_headers()
        self.wfile.write(TEXT.encode())

    def address_string(self) -> str:
        return "here"

    def log_message(self, *_: object) -> None:
        return


class _UnixServer(UnixStreamServer):
    refuses = False


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    with HTTPServer(("127.0.0.1", 0), _Answer) as serving:
        serving.refuses = False  # type: ignore[attr-defined]  # for this test
        thread = threading.Thread(target=serving.serve_forever)
        thread.start()
        yield serving
        serving.shutdown()
        thread.join()


def test_samples_come_by_name_with_labels(server: HTTPServer) -> None:
    samples = samples_at(f"127.0.0.1:{server.server_port}")
    assert samples == {
        "umbilical_capture_up": [({"interface": "eth1"}, 1.0)],
        "umbilical_frames_total": [({"interface": "eth1"}, 5.0)],
    }
    assert samples == samples_at(f":{server.server_port}")


def test_a_socket_with_a_path_is_asked_as_well(tmp_path: Path) -> None:
    path = tmp_path / "web.sock"
    with _UnixServer(str(path), _Answer) as serving:
        thread = threading.Thread(target=serving.serve_forever)
        thread.start()
        try:
            assert samples_at(f"unix:{path}")
        finally:
            serving.shutdown()
            thread.join()


def test_nobody_who_answers_is_none(server: HTTPServer, tmp_path: Path) -> None:
    server.refuses = True  # type: ignore[attr-defined]  # for this test
    assert samples_at(f"127.0.0.1:{server.server_port}") is None
    assert samples_at("127.0.0.1:1") is None
    assert samples_at(f"unix:{tmp_path}/none") is None
    assert samples_at("") is None


def test_what_is_no_exposition_is_none() -> None:
    assert samples_of("<html>") is None
