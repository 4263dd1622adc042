"""A real Prometheus on loopback, for as long as a test needs it: scrapes what it is told, and answers queries."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

import yaml

from tests.kit.programs import program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

PATIENCE_SECONDS = 60.0
SCRAPE_SECONDS = 1


@dataclass(frozen=True, slots=True)
class Prometheus:
    """One that runs."""

    address: str

    def query(self, expression: str) -> list[dict[str, Any]]:
        """Return the series of an instant query; raises ValueError with Prometheus's words when it is wrong."""
        result: list[dict[str, Any]] = self._ask("query", query=expression)["result"]
        return result

    def alerts(self) -> list[dict[str, Any]]:
        """Return what fires or is about to."""
        result: list[dict[str, Any]] = self._ask("alerts")["alerts"]
        return result

    def targets(self) -> list[dict[str, Any]]:
        """Return every target that is scraped, with its health."""
        result: list[dict[str, Any]] = self._ask("targets", state="active")["activeTargets"]
        return result

    def wait(self, is_so: Callable[[], bool], what: str) -> None:
        """Wait until something is so."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not is_so():
            if time.monotonic() > deadline:
                raise TimeoutError(f"after {PATIENCE_SECONDS} s there is still not: {what}")
            time.sleep(0.2)

    def _ask(self, what: str, **parameters: str) -> Any:
        url = f"{self.address}/api/v1/{what}?{urlencode(parameters)}"
        try:
            with urlopen(url, timeout=PATIENCE_SECONDS) as answer:  # noqa: S310 - our own loopback address
                return json.load(answer)["data"]
        except URLError as error:
            said = error.read().decode() if hasattr(error, "read") else str(error)
            raise ValueError(f"{parameters}: {said}") from None


@contextmanager
def prometheus(
    folder: Path,
    scrape_configs: Sequence[dict[str, Any]],
    *,
    rules: Sequence[Path] = (),
    alertmanagers: Sequence[str] = (),
) -> Iterator[Prometheus]:
    """Start one that scrapes and evaluates every second; rules lose their own pace, and keep everything else."""
    binary = program("prometheus", "prometheus")
    config = {
        "global": {"scrape_interval": f"{SCRAPE_SECONDS}s", "evaluation_interval": f"{SCRAPE_SECONDS}s"},
        "rule_files": [str(_hurried(rule, folder)) for rule in rules],
        "scrape_configs": list(scrape_configs),
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": list(alertmanagers)}]}]},
    }
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config), "utf-8")
    port = free_port()
    with (folder / "prometheus.log").open("wb") as log:
        process = subprocess.Popen(
            [
                binary,
                f"--config.file={folder / 'prometheus.yml'}",
                f"--storage.tsdb.path={folder / 'tsdb'}",
                f"--web.listen-address=127.0.0.1:{port}",
            ],
            stdout=log,
            stderr=log,
        )
    one = Prometheus(f"http://127.0.0.1:{port}")
    try:
        one.wait(lambda: process.poll() is not None or _is_ready(one.address), "a Prometheus that is ready")
        assert process.poll() is None, (folder / "prometheus.log").read_text()
        yield one
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)


def free_port() -> int:
    """Return a port of loopback on which nobody listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def _is_ready(address: str) -> bool:
    try:
        with urlopen(f"{address}/-/ready", timeout=5) as answer:  # noqa: S310 - our own loopback address
            return bool(answer.status == 200)
    except OSError:
        return False


def _hurried(rule: Path, folder: Path) -> Path:
    """Return a copy of a rule file whose groups are evaluated as often as everything else."""
    told = yaml.safe_load(rule.read_text("utf-8"))
    for group in told["groups"]:
        group.pop("interval", None)
    copy = folder / f"hurried-{rule.name}"
    copy.write_text(yaml.safe_dump(told, width=10_000), "utf-8")
    return copy
