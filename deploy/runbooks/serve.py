"""Serves this folder, so that the links in alerts lead somewhere: ``python3 deploy/runbooks/serve.py [PORT] [ADDRESS]``.

Nothing but the standard library, nothing but files that end in .md, and as plain text: every browser shows it.
"""

import sys
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
PORT = 9778


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


def server(port: int = PORT, address: str = "127.0.0.1") -> ThreadingHTTPServer:
    """Return a server that listens and does not answer yet."""
    return ThreadingHTTPServer((address, port), Pages)


def main(words: list[str]) -> None:
    """Serve for ever."""
    with server(int(words[0]) if words else PORT, *words[1:2]) as pages:
        pages.serve_forever()


if __name__ == "__main__":
    main(sys.argv[1:])
