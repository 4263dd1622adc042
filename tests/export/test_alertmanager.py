import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import orjson
import pytest

from monitor.export import alertmanager
from monitor.export.alertmanager import EXPORTER, LABELS, Settings
from monitor.model.alert import Postponed, Rejected
from monitor.model.instant import SECOND_NS, rfc3339
from tests.kit.receivers import (
    HttpReceiver,
    eventually,
    free_port,
    http_receiver,
    make_origin,
    make_record,
)

HOUR_NS = 3600 * SECOND_NS


@pytest.fixture
def served() -> Iterator[HttpReceiver]:
    with http_receiver() as served:
        yield served


def made(folder: Path, *urls: str, **changes: Any) -> Any:
    return EXPORTER(Settings(urls=urls, **changes), make_origin(folder))


def now_ns() -> int:
    return time.time_ns()


def test_a_firing_alert_has_labels_from_closed_sets_and_the_rest_as_annotations(
    folder: Path, served: HttpReceiver
) -> None:
    output = made(
        folder,
        served.url("/am/"),
        labels={"site": "north"},
        runbook_url="https://wiki.example/{detector}.md",
    )
    output.deliver([make_record(1, remote_name="fota.acme.example", purpose=None)])
    (request,) = served.requests
    (told,) = request.json
    assert request.path == "/am/api/v2/alerts"
    assert told["labels"] == {
        "alertname": "UmbilicalVendorContact",
        "alert_id": "0000000000000001",
        "detector": "vendor_contact",
        "severity": "low",
        "signature": "acme.fota-check",
        "site": "north",
        "vendor": "acme",
    }
    assert told["annotations"]["summary"] == make_record()["title"]
    assert told["annotations"]["remote_name"] == "fota.acme.example"
    assert told["annotations"]["runbook_url"] == "https://wiki.example/vendor_contact.md"
    assert told["startsAt"] == make_record()["first_seen"]


def test_nothing_that_a_packet_chooses_is_a_label() -> None:
    assert not {"device", "device_ip", "remote_ip", "remote_name", "title", "why"} & set(LABELS)


def test_a_firing_alert_is_held_and_a_resolved_one_ends(folder: Path, served: HttpReceiver) -> None:
    output = made(folder, served.url(), hold_for_ns=HOUR_NS)
    began, before = rfc3339(now_ns() - HOUR_NS), now_ns()
    output.deliver([make_record(1, time=began, first_seen=began)])
    ended = rfc3339(before - 60 * SECOND_NS)
    output.deliver([make_record(1, state="resolved", time=ended, first_seen=began)])
    output.deliver([make_record(1, state="resolved", time=rfc3339(before + HOUR_NS), first_seen=began)])
    ends = [request.json[0]["endsAt"] for request in served.requests]
    assert rfc3339(before + HOUR_NS) <= ends[0] <= rfc3339(now_ns() + HOUR_NS)
    assert ends[1] == ended
    assert ends[2] <= rfc3339(now_ns())


def test_an_end_is_never_before_the_beginning(folder: Path, served: HttpReceiver) -> None:
    future = rfc3339(now_ns() + 10 * HOUR_NS)
    made(folder, served.url()).deliver([make_record(1, state="resolved", time=future, first_seen=future)])
    told = served.requests[0].json[0]
    assert told["endsAt"] >= told["startsAt"]


def test_a_story_whose_labels_change_ends_under_the_old_ones(folder: Path, served: HttpReceiver) -> None:
    output, began = made(folder, served.url()), rfc3339(now_ns() - HOUR_NS)
    output.deliver([make_record(1, first_seen=began)])
    later = [make_record(1, severity=one, first_seen=began) for one in ("high", "critical")]
    output.deliver([*later, make_record(2)])
    told = served.requests[1].json
    assert [one["labels"]["severity"] for one in told] == ["low", "high", "high", "critical", "low"]
    now = rfc3339(now_ns())
    assert [one["endsAt"] > now for one in told] == [False, True, False, True, True]


def test_what_fires_is_sent_again_until_it_is_resolved(folder: Path, served: HttpReceiver) -> None:
    output = made(folder, served.url())
    assert output.refresh_every_seconds == 60
    output.deliver([make_record(number) for number in range(450)])
    output.deliver([make_record(7, state="resolved")])
    served.requests.clear()
    output.refresh()
    told = [one["labels"]["alert_id"] for request in served.requests for one in request.json]
    assert len(served.requests) == 3
    assert told == [f"{number:016x}" for number in range(450) if number != 7]


def test_nothing_is_sent_when_nothing_fires(folder: Path, served: HttpReceiver) -> None:
    made(folder, served.url()).refresh()
    assert served.requests == []


def test_what_fired_before_a_restart_is_recalled_and_the_forgotten_is_not(
    folder: Path, served: HttpReceiver
) -> None:
    recent, old = rfc3339(now_ns() - HOUR_NS), rfc3339(now_ns() - 100 * HOUR_NS)
    output = made(folder, served.url(), forget_after_ns=48 * HOUR_NS)
    output.recall([make_record(1, last_seen=old), make_record(2, last_seen=recent)])
    output.recall([make_record(3, last_seen=recent), make_record(3, state="resolved", last_seen=recent)])
    output.refresh()
    assert [one["labels"]["alert_id"] for one in served.requests[0].json] == [f"{2:016x}"]


def test_the_table_of_what_fires_is_bounded(
    folder: Path, served: HttpReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alertmanager, "MAX_FIRING", 3)
    output = made(folder, served.url())
    output.deliver([make_record(number) for number in range(5)])
    output.refresh()
    assert [one["labels"]["alert_id"][-1] for one in served.requests[1].json] == ["2", "3", "4"]
    assert output.evicted == 2


def test_every_alertmanager_is_told_and_one_is_enough(folder: Path, served: HttpReceiver) -> None:
    with http_receiver() as other:
        output = made(folder, served.url(), other.url(), f"http://127.0.0.1:{free_port()}")
        output.deliver([make_record(1)])
        assert (len(served.requests), len(other.requests), output.failures) == (1, 1, 1)
        served.otherwise, other.otherwise = 500, 400
        with pytest.raises((Postponed, OSError)):
            output.deliver([make_record(2)])
    served.otherwise = 400
    with pytest.raises(Rejected):
        made(folder, served.url()).deliver([make_record(3)])


def test_a_secret_header_is_read_from_its_file(folder: Path, served: HttpReceiver) -> None:
    (folder / "token").write_text("Bearer t0ken")
    made(folder, served.url(), header_files={"Authorization": "token"}).deliver([make_record()])
    assert served.requests[0].headers["authorization"] == "Bearer t0ken"


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"urls": ()}, "urls: give at least one"),
        ({"urls": ("localhost:9093",)}, "urls: give an address"),
        ({"urls": ("http://a/?x",)}, "urls: give an address without a query"),
        ({"labels": {"a-b": "c"}}, "labels: 'a-b'"),
        ({"labels": {"severity": "c"}}, "labels: 'severity'"),
        ({"resend_every_ns": HOUR_NS}, "resend_every: "),
        ({"timeout_ns": 0}, "timeout: "),
        ({"key_file": "a"}, "key_file: "),
    ],
)
def test_settings_that_make_no_sense_are_refused(changes: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        Settings(**changes)


class TestAgainstAlertmanager:
    """The real one."""

    @pytest.fixture
    def url(self, tmp_path: Path) -> Iterator[str]:
        program = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
        if program is None:
            pytest.skip("alertmanager is not here: apt-get install prometheus-alertmanager")
        port = free_port()
        (tmp_path / "am.yml").write_text(
            "global:\n  resolve_timeout: 1s\nroute:\n  receiver: none\nreceivers:\n- name: none\n"
        )
        server = subprocess.Popen(
            [
                program,
                f"--config.file={tmp_path}/am.yml",
                f"--storage.path={tmp_path}/am",
                f"--web.listen-address=127.0.0.1:{port}",
                "--cluster.listen-address=",
            ],
            stderr=subprocess.DEVNULL,
        )
        try:
            eventually(lambda: self._answers(f"http://127.0.0.1:{port}/-/ready"))
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait()

    def _answers(self, url: str) -> bytes:
        try:
            with urlopen(url, timeout=5) as answer:  # noqa: S310 - on this machine
                told: bytes = answer.read()
                return told
        except OSError:
            return b""

    def firing(self, url: str) -> dict[str, dict[str, Any]]:
        told = orjson.loads(self._answers(f"{url}/api/v2/alerts?active=true") or b"[]")
        return {one["labels"]["alert_id"][-1]: one for one in told if one["status"]["state"] == "active"}

    def test_alerts_fire_beyond_resolve_timeout_and_resolve_when_told(self, folder: Path, url: str) -> None:
        began = rfc3339(now_ns() - HOUR_NS)
        output = made(folder, url, labels={"site": "north"}, runbook_url="https://wiki.example/{detector}")
        story = {"time": began, "first_seen": began}
        output.deliver([make_record(number, **story) for number in range(3)])
        eventually(lambda: self.firing(url).keys() == {"0", "1", "2"})
        told = self.firing(url)["1"]
        assert told["labels"]["site"] == "north"
        assert told["annotations"]["description"] == make_record()["why"]
        time.sleep(1.5)
        assert self.firing(url).keys() == {"0", "1", "2"}
        ended = rfc3339(now_ns() - 60 * SECOND_NS)
        output.deliver([make_record(1, state="resolved", time=ended, first_seen=began)])
        output.deliver([make_record(2, severity="critical", **story)])
        eventually(lambda: self.firing(url).keys() == {"0", "2"})
        eventually(lambda: self.firing(url)["2"]["labels"]["severity"] == "critical")
        output.refresh()
        assert self.firing(url).keys() == {"0", "2"}

    def test_what_alertmanager_refuses_is_told_apart(self, folder: Path, url: str) -> None:
        with pytest.raises(Rejected, match="answered 400"):
            made(folder, url).deliver([make_record(1, first_seen="no time")])
