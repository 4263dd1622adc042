"""Whether the sensor in this container is healthy: exit status 0 or 1, and one line that says so.

It asks /-/healthy, where UMBILICAL_HEALTH_URL says or on the usual port. The answer's certificate is not judged: it is
this very container, by an address that no certificate names.
"""

import os
import ssl
import sys
from urllib.error import HTTPError
from urllib.request import HTTPSHandler, ProxyHandler, build_opener

URL = "http://127.0.0.1:9777/-/healthy"
PATIENCE_SECONDS = 5.0
ASKS_FOR_PASSWORD = 401
"""Somebody answers who knows a password from none: the server lives, and that is what is asked."""


def main() -> int:
    """Ask and tell."""
    url = os.environ.get("UMBILICAL_HEALTH_URL", URL)
    if not url.startswith(("http://", "https://")):
        print(f"UMBILICAL_HEALTH_URL: {url!r} is not an http address")
        return 1
    try:
        status = ask(url)
    except (OSError, ValueError) as error:
        print(f"{url}: {getattr(error, 'reason', error)}")
        return 1
    print(f"{url}: {status}")
    return 0 if status in {200, ASKS_FOR_PASSWORD} else 1


def ask(url: str) -> int:
    """Return the status of the answer."""
    unjudged = ssl.create_default_context()
    unjudged.check_hostname, unjudged.verify_mode = False, ssl.CERT_NONE
    opener = build_opener(ProxyHandler({}), HTTPSHandler(context=unjudged))
    try:
        with opener.open(url, timeout=PATIENCE_SECONDS) as answer:
            return int(answer.status)
    except HTTPError as error:
        return error.code


if __name__ == "__main__":
    sys.exit(main())
