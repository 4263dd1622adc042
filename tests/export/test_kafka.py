import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from monitor.export.kafka import EXPORTER, Settings
from monitor.model.alert import Rejected
from monitor.model.errors import ConfigError
from monitor.model.instant import SECOND_NS
from tests.kit.receivers import free_port, make_origin, make_record

library = pytest.importorskip("confluent_kafka", reason="needs umbilical[kafka]")


@pytest.fixture(scope="module")
def brokers() -> Iterator[tuple[str, ...]]:
    """Three brokers that librdkafka plays itself, over real connections."""
    cluster = library.Producer({"test.mock.num.brokers": 3, "bootstrap.servers": "none", "log_level": 0})
    found = cluster.list_topics(timeout=10).brokers.values()
    yield tuple(f"{one.host}:{one.port}" for one in found)
    cluster.flush(1)


def made(folder: Path, brokers: tuple[str, ...], **changes: Any) -> Any:
    return EXPORTER(Settings(brokers=brokers, **changes), make_origin(folder))


def consumed(brokers: tuple[str, ...], topic: str, count: int) -> list[Any]:
    consumer = library.Consumer(
        {"bootstrap.servers": ",".join(brokers), "group.id": topic, "auto.offset.reset": "earliest"}
    )
    partitions = consumer.list_topics(topic, timeout=10).topics[topic].partitions
    consumer.assign([library.TopicPartition(topic, one, library.OFFSET_BEGINNING) for one in partitions])
    told: list[Any] = []
    try:
        while len(told) < count:
            message = consumer.poll(20)
            assert message is not None
            assert message.error() is None
            told.append(message)
    finally:
        consumer.close()
    return told


def test_alerts_arrive_in_order_within_their_story(folder: Path, brokers: tuple[str, ...]) -> None:
    output = made(folder, brokers, topic="stories")
    for count in range(5):
        output.deliver([make_record(number, count=count) for number in range(4)])
    output.close()
    told = consumed(brokers, "stories", 20)
    for number in range(4):
        story = [one for one in told if one.key() == f"{number:016x}".encode()]
        assert [orjson.loads(one.value())["count"] for one in story] == list(range(5))
        assert len({one.partition() for one in story}) == 1
    assert dict(told[0].headers()) == {"detector": b"vendor_contact", "state": b"firing", "format": b"json"}


def test_another_format_is_sent_as_well(folder: Path, brokers: tuple[str, ...]) -> None:
    made(folder, brokers, topic="cef", format="cef").deliver([make_record()])
    (told,) = consumed(brokers, "cef", 1)
    assert told.value().startswith(b"CEF:0|")


def test_no_acknowledgement_is_tried_again(folder: Path) -> None:
    output = made(folder, (f"127.0.0.1:{free_port()}",), timeout_ns=SECOND_NS)
    with pytest.raises(OSError, match="timed out"):
        output.deliver([make_record()])


def test_what_no_broker_takes_is_rejected_and_the_next_is_not(folder: Path, brokers: tuple[str, ...]) -> None:
    output = made(folder, brokers, topic="large")
    with pytest.raises(Rejected, match="too large"):
        output.deliver([make_record(1, why="x" * 2_000_000)])
    output.deliver([make_record(2)])
    (told,) = consumed(brokers, "large", 1)
    assert told.key() == b"0000000000000002"


def test_a_property_that_librdkafka_does_not_know_is_a_fault_of_the_configuration(folder: Path) -> None:
    with pytest.raises(ConfigError, match=r"\[export.kafka\] .*no.such.thing"):
        made(folder, ("127.0.0.1:1",), properties={"no.such.thing": "1"})


def test_a_password_is_read_from_its_file_and_never_shown(folder: Path) -> None:
    (folder / "password").write_text("s3cret\n")
    output = made(folder, ("127.0.0.1:1",), username="umbilical", password_file="password")
    assert output._properties["sasl.password"] == "s3cret"
    assert "s3cret" not in repr(output._settings)
    with pytest.raises(ConfigError, match="password_file: "):
        made(folder, ("127.0.0.1:1",), username="umbilical", password_file="none")


def test_without_the_extra_one_line_says_what_to_install(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "confluent_kafka", None)
    with pytest.raises(ConfigError, match=r"pip install 'umbilical\[kafka\]'"):
        made(folder, ("127.0.0.1:1",))


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"brokers": ()}, "brokers: "),
        ({"topic": ""}, "topic: "),
        ({"username": "a"}, "username and password_file"),
        (
            {"username": "a", "password_file": "b", "mechanism": "PLAIN"},
            "mechanism: PLAIN shows the password",
        ),
        ({"timeout_ns": 1}, "timeout: "),
        ({"key_file": "a"}, "key_file: "),
        ({"properties": {"acks": "0"}}, "properties: acks is set by umbilical itself"),
    ],
)
def test_settings_that_make_no_sense_are_refused(changes: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        Settings(**changes)
