"""Asks for metrics again and again and prints, for each answer, when it came and the sum of one family.

poller.py URL FAMILY    nanoseconds since the epoch and the sum, on each line
"""

import http.client
import sys
import time
from urllib.parse import urlsplit

PAUSE_SECONDS = 0.005


def main() -> None:
    """Ask until killed."""
    place, family = urlsplit(sys.argv[1]), sys.argv[2]
    while True:
        try:
            connection = http.client.HTTPConnection(place.netloc, timeout=5)
            connection.request("GET", place.path)
            text = connection.getresponse().read().decode()
            connection.close()
        except OSError:
            continue
        lines = (line for line in text.splitlines() if line.startswith(f"{family}{{"))
        print(time.time_ns(), sum(float(line.rpartition(" ")[2]) for line in lines), flush=True)
        time.sleep(PAUSE_SECONDS)


if __name__ == "__main__":
    main()
