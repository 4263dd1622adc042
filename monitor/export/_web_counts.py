"""Counts of the web server itself, as metrics: who was answered how, whose connection was given up and why."""

from collections import Counter
from collections.abc import Callable, Iterator
from enum import StrEnum
from http import HTTPStatus
from threading import Lock

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

STATUSES = (200, 400, 401, 403, 404, 405, 421, 429, 431, 500, 503)
"""Every status that the server answers with."""


class Given(StrEnum):
    """Why a connection was given up without an answer."""

    CROWDED_OUT = "crowded_out"
    """The server was full and this one idled longest."""
    REFUSED = "refused"
    """The server was full and everybody was being answered."""
    SLOW = "slow"
    """The request did not come, or the answer was not taken, in time."""
    TLS = "tls"
    """No handshake, or a certificate that is not welcome."""
    LOST = "lost"
    """The other side went away."""


class WebCounts(Collector):
    """Counts; threads share it."""

    def __init__(self, silent_seconds: Callable[[], float], has_config_fault: Callable[[], bool]) -> None:
        self._silent_seconds = silent_seconds
        self._has_config_fault = has_config_fault
        self._lock = Lock()
        self._answers = Counter(dict.fromkeys(STATUSES, 0))
        self._given_up = Counter(dict.fromkeys(Given, 0))

    def answered(self, status: HTTPStatus) -> None:
        """Count an answer."""
        with self._lock:
            self._answers[status.value] += 1

    def gave_up(self, why: Given) -> None:
        """Count a connection without an answer."""
        with self._lock:
            self._given_up[why] += 1

    def answers(self, status: HTTPStatus) -> int:
        """Return how many there were."""
        return self._answers[status.value]

    def given_up(self, why: Given) -> int:
        """Return how many there were."""
        return self._given_up[why]

    def collect(self) -> Iterator[Metric]:
        """Yield the families, in the order of the documentation."""
        with self._lock:
            answers, given_up = dict(self._answers), dict(self._given_up)
        answered = CounterMetricFamily(
            "umbilical_web_requests", "Requests that the web server answered, by status.", labels=("code",)
        )
        for status, amount in answers.items():
            answered.add_metric((str(status),), amount)
        yield answered
        lost = CounterMetricFamily(
            "umbilical_web_connections_dropped",
            "Connections that the web server gave up without an answer, by reason.",
            labels=("reason",),
        )
        for why, amount in given_up.items():
            lost.add_metric((why.value,), amount)
        yield lost
        yield GaugeMetricFamily(
            "umbilical_web_config_last_reload_successful",
            "1 when the web configuration file as it is now is in use.",
            value=int(not self._has_config_fault()),
        )
        yield GaugeMetricFamily(
            "umbilical_main_loop_silent_seconds",
            "Time since the main loop last showed that it lives.",
            value=round(self._silent_seconds(), 3),
        )
