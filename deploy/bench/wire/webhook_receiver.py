"""A web service that takes alerts and keeps them in a file: ``webhook_receiver.py HOST:PORT FILE``."""

import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path


def main() -> None:
    """Serve until killed."""
    host, _, port = sys.argv[1].rpartition(":")
    path = Path(sys.argv[2])

    class Taker(BaseHTTPRequestHandler):
        """Keeps what is posted, a line for each."""

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            with path.open("ab") as stream:
                stream.write(body.strip() + b"\n")
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    HTTPServer((host, int(port)), Taker).serve_forever()


if __name__ == "__main__":
    main()
