"""The health check of the container says what the sensor says, and never hangs on what it cannot reach."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from tests.kit.prometheus import free_port
from tests.kit.script import script

if TYPE_CHECKING:
    from collections.abc import Iterator

health = script("docker/health.py")


@contextmanager
def answering(status: int) -> Iterator[str]:
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/-/healthy"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(("status", "expected"), [(200, 0), (401, 0), (503, 1), (404, 1)])
def test_status_of_the_answer_decides(status: int, expected: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(status) as url:
        monkeypatch.setenv("UMBILICAL_HEALTH_URL", url)
        assert health.main() == expected


def test_nobody_there_is_not_healthy(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("UMBILICAL_HEALTH_URL", f"http://127.0.0.1:{free_port()}/")
    assert health.main() == 1
    assert capsys.readouterr().out.count("\n") == 1


def test_proxy_of_the_surroundings_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
    with answering(200) as url:
        monkeypatch.setenv("UMBILICAL_HEALTH_URL", url)
        assert health.main() == 0


def test_what_is_no_http_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UMBILICAL_HEALTH_URL", "file:///etc/passwd")
    assert health.main() == 1
