"""The little server shows runbooks and nothing else."""

from __future__ import annotations

import importlib.util
import threading
from contextlib import contextmanager
from http.client import HTTPConnection
from typing import TYPE_CHECKING

import pytest

from tests.kit.script import script
from tests.kit.soc import RUNBOOKS

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def serving() -> Iterator[HTTPConnection]:
    spec = importlib.util.spec_from_file_location("serve", RUNBOOKS / "serve.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with module.server(0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield HTTPConnection("127.0.0.1", server.server_address[1], timeout=10)
        server.shutdown()
        thread.join()


def ask(connection: HTTPConnection, path: str) -> tuple[int, str | None, str]:
    connection.request("GET", path)
    answer = connection.getresponse()
    return answer.status, answer.getheader("Content-Type"), answer.read().decode()


def test_page_is_shown_as_text() -> None:
    with serving() as connection:
        status, kind, text = ask(connection, "/UmbilicalSensorDown.md")
    assert (status, kind) == (200, "text/plain; charset=utf-8")
    assert text.startswith("# UmbilicalSensorDown")


def test_root_is_the_list_of_pages() -> None:
    with serving() as connection:
        assert ask(connection, "/")[2] == (RUNBOOKS / "README.md").read_text("utf-8")


def test_nothing_else_is_shown() -> None:
    with serving() as connection:
        for path in ("/serve.py", "/../preflight.py", "/%2e%2e/preflight.py", "//etc/passwd", "/x.md"):
            assert ask(connection, path)[0] == 404, path


@pytest.mark.parametrize(
    ("words", "status", "told"),
    [
        (["--help"], 0, "usage:"),
        (["nine"], 2, "is no port"),
        (["70000"], 2, "is no port"),
        (["0", "192.0.2.1"], 2, "cannot listen on 192.0.2.1, port 0"),
    ],
)
def test_wrong_words_are_told_in_place_of_a_trace(
    words: list[str], status: int, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        script("runbooks/serve.py").main(words)
    said = capsys.readouterr()
    assert (status, True) == (ended.value.code, told in said.out + said.err)
