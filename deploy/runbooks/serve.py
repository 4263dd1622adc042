"""Serves this folder, so that the links in alerts lead somewhere: ``python3 deploy/runbooks/serve.py [PORT] [ADDRESS]``.

Nothing but the standard library, nothing but files that end in .md, and as plain text: every browser shows it.
"""

import argparse
import sys
from collections.abc import Sequence
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
PORT, MAX_PORT = 9778, 65535
ADDRESS = "127.0.0.1"


class Pages(SimpleHTTPRequestHandler):
    """Pages by their name; the list of them at the root."""

    extensions_map = {".md": "text/plain; charset=utf-8"}  # noqa: RUF012 - as the base class has it
    timeout = 10

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments, directory=str(FOLDER))  # type: ignore[arg-type]  # as the server makes it

    def do_GET(self) -> None:
        """Answer with a page."""
        if self._is_page():
            super().do_GET()

    def do_HEAD(self) -> None:
        """Say what a page would be."""
        if self._is_page():
            super().do_HEAD()

    def _is_page(self) -> bool:
        if self.path in {"", "/"}:
            self.path = "/README.md"
        name = self.path.partition("?")[0].removeprefix("/")
        if name in {page.name for page in FOLDER.glob("*.md")}:
            return True
        self.send_error(404, "There is no such runbook")
        return False

    def log_message(self, *_: object) -> None:
        """Say nothing: who reads a runbook is nobody's business."""


def server(port: int = PORT, address: str = ADDRESS) -> ThreadingHTTPServer:
    """Return a server that listens and does not answer yet."""
    return ThreadingHTTPServer((address, port), Pages)


def main(words: Sequence[str]) -> None:
    """Serve for ever."""
    parser = argparse.ArgumentParser(
        description="Serve the runbooks beside this file over HTTP, as plain text."
    )
    parser.add_argument("port", nargs="?", type=_port, default=PORT, help=f"{PORT} by default")
    parser.add_argument("address", nargs="?", default=ADDRESS, help=f"to listen on; {ADDRESS} by default")
    chosen = parser.parse_args(words)
    try:
        pages = server(chosen.port, chosen.address)
    except OSError as error:
        parser.error(f"cannot listen on {chosen.address}, port {chosen.port}: {error.strerror}")
    with pages:
        pages.serve_forever()


def _port(text: str) -> int:
    if text.isdecimal() and int(text) <= MAX_PORT:
        return int(text)
    raise argparse.ArgumentTypeError(f"'{text}' is no port: a number up to {MAX_PORT}")


if __name__ == "__main__":
    main(sys.argv[1:])
