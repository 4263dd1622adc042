"""The list of sensors is read by a real Prometheus, from the file and over HTTP, and every sensor has a site."""

from __future__ import annotations

import json
import shutil
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import yaml

from tests.kit.prometheus import prometheus
from tests.kit.soc import DEPLOY

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = DEPLOY / "prometheus/prometheus.yml"
SENSORS = DEPLOY / "prometheus/sensors.json"
NAMELESS = {"targets": ["127.0.0.1:9", "[::1]:9"]}


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def job() -> dict[str, Any]:
    [found] = [
        one
        for one in yaml.safe_load(CONFIG.read_text("utf-8"))["scrape_configs"]
        if one["job_name"] == "umbilical"
    ]
    return dict(found)


def sites(folder: Path, scrape: dict[str, Any]) -> set[str]:
    scrape["scrape_timeout"] = "1s"
    with prometheus(folder, [scrape]) as one:
        one.wait(lambda: len(one.targets()) == 3, "three targets")
        return {target["labels"]["site"] for target in one.targets()}


def test_sensors_come_from_the_file(tmp_path: Path) -> None:
    (tmp_path / "sensors.json").write_text(json.dumps([*json.loads(SENSORS.read_text("utf-8")), NAMELESS]))
    assert sites(tmp_path, job()) == {"here", "127.0.0.1", "[::1]"}


def test_sensors_come_over_http(tmp_path: Path) -> None:
    served = tmp_path / "served"
    served.mkdir()
    shutil.copy(SENSORS, served / "sensors.json")
    told = [*json.loads(SENSORS.read_text("utf-8")), NAMELESS]
    (served / "sensors.json").write_text(json.dumps(told))
    scrape = job()
    del scrape["file_sd_configs"]
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(served))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        url = f"http://127.0.0.1:{server.server_address[1]}/sensors.json"
        try:
            assert sites(tmp_path, scrape | {"http_sd_configs": [{"url": url}]}) == {
                "here",
                "127.0.0.1",
                "[::1]",
            }
        finally:
            server.shutdown()
            thread.join()
