import errno
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import orjson
import pytest

from monitor.export._disk_store import DiskStore
from monitor.export.alertmanager import Settings as AlertmanagerSettings
from monitor.export.delivery import Pace
from monitor.export.jsonl import Settings as JsonlSettings
from monitor.export.jsonl import alert_record
from monitor.export.outbox import MEMORY_LIMIT_BYTES, Outbox, OutboxPlan, prepare
from monitor.export.spool import Settings as SpoolSettings
from monitor.export.syslog import Settings as SyslogSettings
from monitor.export.webhook import Settings as WebhookSettings
from monitor.model.errors import ConfigError
from tests.kit.receivers import (
    PATIENCE_SECONDS,
    HttpReceiver,
    eventually,
    free_port,
    http_receiver,
    make_alert,
    stay_silent,
    stream_receiver,
)

QUICK = Pace(first_seconds=0.01, longest_seconds=0.05, longest_asked_seconds=0.1)
HASTY_NS = 200_000_000
Open = Callable[..., Outbox]


def plan_of(folder: Path, sections: dict[str, Any], **changes: Any) -> OutboxPlan:
    values: dict[str, Any] = {
        "sections": MappingProxyType({f"export.{name}": one for name, one in sections.items()}),
        "folder": folder,
        "state_folder": folder / "state",
        "host": "sensor-1",
        "version": "1.2.3",
        "pace": QUICK,
        **changes,
    }
    return OutboxPlan(**values)


@pytest.fixture
def opened(folder: Path) -> Iterator[Open]:
    """Return what opens an outbox, which is closed at the end."""
    boxes = []

    def make(sections: dict[str, Any] | None = None, **changes: Any) -> Outbox:
        boxes.append(Outbox(plan_of(folder, sections or {}, **changes)))
        return boxes[-1]

    yield make
    for one in boxes:
        one.close(PATIENCE_SECONDS)


@pytest.fixture
def served() -> Iterator[HttpReceiver]:
    with http_receiver() as served:
        yield served


def put(outbox: Outbox, *numbers: int) -> None:
    for number in numbers:
        outbox.put(make_alert(number))
    assert outbox.flush(PATIENCE_SECONDS)


def got(served: HttpReceiver) -> list[int]:
    return [int(request.json["alert_id"], 16) for request in served.requests]


def file_ids(path: Path) -> list[int]:
    whole_lines = path.read_bytes().split(b"\n")[:-1]
    return [int(orjson.loads(one)["alert_id"], 16) for one in whole_lines]


def test_every_output_that_is_configured_gets_every_alert(
    opened: Open, folder: Path, served: HttpReceiver
) -> None:
    outbox = opened({"jsonl": JsonlSettings(), "webhook": WebhookSettings(url=served.url())})
    assert outbox.outputs == ("jsonl", "webhook")
    put(outbox, 1, 2, 3)
    eventually(lambda: got(served) == [1, 2, 3])
    eventually(lambda: (folder / "alerts.jsonl").exists() and file_ids(folder / "alerts.jsonl") == [1, 2, 3])
    eventually(lambda: outbox.counts().deliveries["webhook"].pending == 0)
    counts = outbox.counts()
    assert counts.deliveries["jsonl"].delivered == 3
    assert counts.spool.bytes > 0
    assert counts.spool.limit_bytes == SpoolSettings().limit_bytes
    assert (counts.errors, counts.damaged, counts.spool.write_failures) == (0, 0, 0)
    assert [counts.deliveries[name].rejected for name in ("jsonl", "webhook")] == [0, 0]


def test_without_an_output_alerts_are_kept_for_the_next_start(opened: Open, folder: Path) -> None:
    outbox = opened()
    first = outbox.last_sequence
    put(outbox, 1, 2)
    assert outbox.counts().deliveries.keys() == {"spool"}
    told = [one.record for one in outbox.records_after(first)]
    assert told == [orjson.loads(orjson.dumps(alert_record(make_alert(number)))) for number in (1, 2)]
    last = outbox.last_sequence
    assert outbox.close(PATIENCE_SECONDS)
    again = opened()
    assert again.last_sequence == last
    assert [one.sequence for one in again.records_after(last - 1)] == [last]
    assert list(again.records_after(last)) == []


def test_without_a_folder_alerts_are_kept_in_memory(opened: Open, folder: Path, served: HttpReceiver) -> None:
    outbox = opened({"webhook": WebhookSettings(url=served.url())}, state_folder=None)
    put(outbox, 1, 2)
    eventually(lambda: got(served) == [1, 2])
    assert [one.record["alert_id"][-1] for one in outbox.records_after(0)] == ["1", "2"]
    assert outbox.counts().spool.limit_bytes == MEMORY_LIMIT_BYTES
    assert not (folder / "state").exists()


def test_an_output_that_cannot_be_is_refused_by_its_section(opened: Open, folder: Path) -> None:
    wrong = {
        "webhook": WebhookSettings(url="http://a/", secret_file="none"),
        "syslog": SyslogSettings(transport="tls", ca_file="none"),
        "jsonl": JsonlSettings(),
    }
    with pytest.raises(ConfigError) as caught:
        opened(wrong)
    assert str(caught.value).splitlines() == [
        f"[export.webhook] secret_file: {folder}/none: cannot be read: No such file or directory",
        f"[export.syslog] ca_file: {folder}/none: No such file or directory",
    ]
    assert not (folder / "state").exists()


def test_outputs_that_are_down_or_slow_hold_up_neither_the_sensor_nor_the_others(
    opened: Open, folder: Path
) -> None:
    with stream_receiver(stay_silent) as silent:
        outbox = opened(
            {
                "jsonl": JsonlSettings(),
                "webhook": WebhookSettings(url=f"http://127.0.0.1:{silent.port}/", timeout_ns=HASTY_NS),
                "syslog": SyslogSettings(transport="tcp", port=free_port()),
                "alertmanager": AlertmanagerSettings(urls=(f"http://127.0.0.1:{free_port()}",)),
            }
        )
        put(outbox, *range(20))
        eventually(lambda: outbox.counts().deliveries["jsonl"].delivered == 20)
        eventually(lambda: outbox.counts().deliveries["webhook"].failures > 0)
        counts = outbox.counts().deliveries
        assert [counts[name].pending for name in ("webhook", "syslog", "alertmanager")] == [20] * 3
        assert outbox.close(PATIENCE_SECONDS)


def test_what_waited_is_delivered_in_order_when_the_output_is_back(
    opened: Open, served: HttpReceiver
) -> None:
    served.script.extend([503] * 3)
    outbox = opened({"webhook": WebhookSettings(url=served.url())})
    put(outbox, 1, 2, 3)
    eventually(lambda: outbox.counts().deliveries["webhook"].delivered == 3)
    assert got(served) == [1, 1, 1, 1, 2, 3]


def test_a_restart_delivers_what_was_left(opened: Open, served: HttpReceiver) -> None:
    sections = {"webhook": WebhookSettings(url=served.url())}
    served.otherwise = 503
    outbox = opened(sections)
    put(outbox, 1, 2)
    assert outbox.close(PATIENCE_SECONDS)
    served.requests.clear()
    served.otherwise = 200
    opened(sections)
    eventually(lambda: got(served) == [1, 2])


def test_a_reload_adds_changes_and_takes_away_outputs(
    opened: Open, folder: Path, served: HttpReceiver
) -> None:
    with http_receiver() as other:
        first = {"webhook": WebhookSettings(url=served.url())}
        outbox = opened(first)
        put(outbox, 1)
        eventually(lambda: got(served) == [1])
        both = {"webhook": WebhookSettings(url=other.url()), "jsonl": JsonlSettings()}
        outbox.reload(prepare(plan_of(folder, both)))
        put(outbox, 2)
        eventually(lambda: got(other) == [2])
        eventually(lambda: (folder / "alerts.jsonl").exists() and file_ids(folder / "alerts.jsonl") == [2])
        outbox.reload(plan_of(folder, {"jsonl": JsonlSettings()}))
        assert outbox.outputs == ("jsonl",)
        put(outbox, 3)
        outbox.reload(prepare(plan_of(folder, both)))
        eventually(lambda: list(dict.fromkeys(got(other))) == [2, 3])
        assert got(served) == [1]


def test_a_reload_that_is_wrong_changes_nothing(opened: Open, folder: Path, served: HttpReceiver) -> None:
    outbox = opened({"webhook": WebhookSettings(url=served.url())})
    wrong = {
        "jsonl": JsonlSettings(),
        "webhook": WebhookSettings(url=served.url(), secret_file="none"),
        "spool": SpoolSettings(limit_bytes=1 << 20),
    }
    with pytest.raises(ConfigError, match="secret_file"):
        prepare(plan_of(folder, wrong))
    assert outbox.outputs == ("webhook",)
    assert outbox.counts().spool.limit_bytes == SpoolSettings().limit_bytes
    put(outbox, 1)
    eventually(lambda: got(served) == [1])


def test_a_reload_changes_the_spool_as_well(opened: Open, folder: Path) -> None:
    outbox = opened()
    outbox.reload(prepare(plan_of(folder, {"spool": SpoolSettings(limit_bytes=1 << 20, queue=5)})))
    assert outbox.counts().spool.limit_bytes == 1 << 20


def test_reloads_under_load_lose_nothing(opened: Open, folder: Path, served: HttpReceiver) -> None:
    sections = {"webhook": WebhookSettings(url=served.url(), timeout_ns=5_000_000_000)}
    outbox = opened(sections)
    for number in range(100):
        outbox.put(make_alert(number))
        if number % 20 == 0:
            outbox.reload(prepare(plan_of(folder, sections)))
        if number == 50:
            outbox.reload(prepare(plan_of(folder, {})))
            outbox.reload(prepare(plan_of(folder, sections)))
    eventually(lambda: set(got(served)) == set(range(100)))
    firsts = list(dict.fromkeys(got(served)))
    assert firsts == sorted(firsts)


def test_closing_lets_healthy_outputs_finish(opened: Open, served: HttpReceiver) -> None:
    outbox = opened({"webhook": WebhookSettings(url=served.url())})
    for number in range(30):
        outbox.put(make_alert(number))
    assert outbox.close(PATIENCE_SECONDS)
    assert got(served) == list(range(30))


def test_what_the_disk_does_not_take_is_delivered_counted_and_never_called_safe(
    opened: Open, served: HttpReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    outbox = opened({"webhook": WebhookSettings(url=served.url()), "spool": SpoolSettings(queue=5)})
    put(outbox, 1)
    eventually(lambda: got(served) == [1])
    last = outbox.last_sequence

    def full(_: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(DiskStore, "append", lambda _, lines: full(lines))
        for number in range(2, 10):
            outbox.put(make_alert(number))
        eventually(lambda: got(served) == [1, 2, 3, 4, 5, 6])
        eventually(lambda: outbox.counts().deliveries["webhook"].pending == 0)
        counts = outbox.counts()
        assert not outbox.flush(0)
        assert outbox.last_sequence == last
        assert outbox.problem == counts.spool.problem == "No space left on device"
        assert counts.spool.write_failures > 0
        assert (counts.deliveries["spool"].pending, counts.deliveries["spool"].dropped) == (5, 3)
    assert outbox.flush(PATIENCE_SECONDS)
    counts = outbox.counts()
    assert (outbox.problem, counts.deliveries["spool"].pending) == ("", 0)
    assert [one.record["alert_id"][-1] for one in outbox.records_after(last)] == ["2", "3", "4", "5", "6"]
    put(outbox, 11)
    eventually(lambda: got(served)[-1] == 11)
    assert len(got(served)) == 7


def test_an_output_that_hangs_holds_up_no_end(opened: Open) -> None:
    with stream_receiver(stay_silent) as silent:
        outbox = opened({"webhook": WebhookSettings(url=f"http://127.0.0.1:{silent.port}/")})
        put(outbox, 1)
        eventually(lambda: silent.streams)
        assert not outbox.close(0.2)


def test_alertmanager_is_told_again_what_fires_after_a_restart(opened: Open, served: HttpReceiver) -> None:
    sections = {"alertmanager": AlertmanagerSettings(urls=(served.url(),), forget_after_ns=10**18)}
    outbox = opened(sections)
    put(outbox, 1)
    eventually(lambda: len(served.requests) == 1)
    assert outbox.close(PATIENCE_SECONDS)
    opened(sections)
    eventually(lambda: len(served.requests) == 2)
    assert served.requests[1].json[0]["labels"]["alert_id"] == f"{1:016x}"


SENSOR = """
import sys, itertools
from dataclasses import replace
from pathlib import Path
from monitor.export.outbox import Outbox
from monitor.export.jsonl import Settings as JsonlSettings
from monitor.export.webhook import Settings
from tests.export.test_outbox import plan_of
from tests.kit.receivers import make_alert
folder, url, first = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
outbox = Outbox(plan_of(folder, {"webhook": Settings(url=url), "jsonl": JsonlSettings()}))
alert = make_alert()
print("ready", flush=True)
for number in itertools.count(first):
    outbox.put(replace(alert, alert_id=f"{number:016x}"))
    if outbox.flush(10):
        print(number, flush=True)
"""


def test_kill_at_any_instant_loses_no_alert_that_was_published(
    opened: Open, folder: Path, served: HttpReceiver
) -> None:
    served.script.extend([503, 200, 200, 500, 200] * 20)
    chance, published = random.Random(), -1
    for _ in range(3):
        sensor = subprocess.Popen(
            [sys.executable, "-c", SENSOR, folder, served.url(), str(published + 1)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert sensor.stdout is not None
        assert sensor.stdout.readline() == "ready\n"
        time.sleep(chance.uniform(0.02, 0.08))
        sensor.send_signal(signal.SIGKILL)
        published = max([published, *map(int, sensor.stdout.read().split("\n")[:-1])])
        sensor.stdout.close()
        sensor.wait()
    opened({"webhook": WebhookSettings(url=served.url()), "jsonl": JsonlSettings()})
    has_all = set(range(published + 1)).issubset
    eventually(lambda: has_all(got(served)))
    eventually(lambda: has_all(file_ids(folder / "alerts.jsonl")))
    for numbers in (got(served), file_ids(folder / "alerts.jsonl")):
        firsts = list(dict.fromkeys(numbers))
        assert firsts == sorted(firsts)
    assert published > 0


def test_alerts_are_the_same_wherever_they_arrive(opened: Open, folder: Path, served: HttpReceiver) -> None:
    outbox = opened({"jsonl": JsonlSettings(), "webhook": WebhookSettings(url=served.url())})
    outbox.put(replace(make_alert(5), why="ünï \udc80 ☎"))
    eventually(lambda: served.requests and (folder / "alerts.jsonl").exists())
    eventually(lambda: (folder / "alerts.jsonl").read_bytes().endswith(b"\n"))
    assert orjson.loads((folder / "alerts.jsonl").read_bytes()) == served.requests[0].json
