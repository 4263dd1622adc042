import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest

from monitor.export.mqtt import EXPORTER, Settings
from monitor.model.alert import Rejected
from monitor.model.errors import ConfigError
from tests.kit.https_server import Authority
from tests.kit.receivers import (
    eventually,
    free_port,
    hang_up,
    make_origin,
    make_record,
    stay_silent,
    stream_receiver,
)

client = pytest.importorskip("paho.mqtt.client", reason="needs umbilical[mqtt]")
BROKER = shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin")
needs_broker = pytest.mark.skipif(BROKER is None, reason="mosquitto is not here: apt-get install mosquitto")
HASTY_NS = 300_000_000
Make = Callable[..., Any]


class Heard:
    """A subscriber to everything."""

    def __init__(self, port: int) -> None:
        from paho.mqtt.enums import CallbackAPIVersion

        self.messages: list[Any] = []
        self.is_ready = False
        self._client = client.Client(CallbackAPIVersion.VERSION2)
        self._client.on_message = lambda _client, _data, message: self.messages.append(message)
        self._client.on_subscribe = self._ready
        self._client.connect("127.0.0.1", port)
        self._client.subscribe("#", qos=1)
        self._client.loop_start()
        eventually(lambda: self.is_ready)

    def _ready(self, *_: Any) -> None:
        self.is_ready = True

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def ids(self) -> list[int]:
        return [int(orjson.loads(one.payload)["alert_id"], 16) for one in self.messages]


@contextmanager
def broker(folder: Path, port: int, more: str = "allow_anonymous true\n") -> Iterator[None]:
    """Run mosquitto until the end of the block."""
    config = folder / f"mosquitto-{port}.conf"
    config.write_text(f"listener {port} 127.0.0.1\n{more}")
    server = subprocess.Popen([BROKER, "-c", config], stderr=subprocess.DEVNULL)  # type: ignore[list-item]
    try:
        eventually(lambda: _is_open(port))
        yield
    finally:
        server.terminate()
        server.wait()


@pytest.fixture
def made(folder: Path) -> Iterator[Make]:
    """Return what makes an output, which is closed at the end."""
    outputs = []

    def make(**changes: Any) -> Any:
        outputs.append(EXPORTER(Settings(**changes), make_origin(folder)))
        return outputs[-1]

    yield make
    for one in outputs:
        one.close()


@needs_broker
@pytest.mark.parametrize("version", ["3.1.1", "5"])
def test_alerts_are_published_and_acknowledged(made: Make, folder: Path, version: Any) -> None:
    port = free_port()
    with broker(folder, port):
        heard = Heard(port)
        output = made(port=port, version=version, topic="site/{vendor}/{detector}/{severity}")
        output.deliver([make_record(number) for number in range(50)])
        output.refresh()
        output.deliver([make_record(50, vendor=None)])
        eventually(lambda: heard.ids() == list(range(51)))
        heard.close()
    assert heard.messages[0].topic == "site/acme/vendor_contact/low"
    assert heard.messages[50].topic == "site/unknown/vendor_contact/low"
    assert (heard.messages[0].qos, heard.messages[0].retain) == (1, False)


@needs_broker
def test_a_broker_that_went_away_is_found_again(made: Make, folder: Path) -> None:
    port = free_port()
    output = made(port=port)
    with pytest.raises(OSError, match=f"127.0.0.1:{port}: Connection refused"):
        output.deliver([make_record(0)])
    with broker(folder, port):
        output.deliver([make_record(1)])
    with pytest.raises(OSError, match=f"127.0.0.1:{port}: "):
        output.deliver([make_record(2)])
    with broker(folder, port):
        heard = Heard(port)
        output.deliver([make_record(3)])
        eventually(lambda: heard.ids() == [3])
        heard.close()


@needs_broker
def test_a_refresh_notices_that_the_broker_went_away(made: Make, folder: Path) -> None:
    port = free_port()
    output = made(port=port)
    output.refresh()
    with broker(folder, port):
        output.deliver([make_record(1)])
    with broker(folder, port):
        output.refresh()
        output.deliver([make_record(2)])


@needs_broker
@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # paho leaves a refused socket to gc
def test_a_password_is_asked_for_and_shown_over_tls(made: Make, folder: Path, authority: Authority) -> None:
    port, password = free_port(), folder / "passwords"
    subprocess.run(["mosquitto_passwd", "-b", "-c", password, "umbilical", "s3cret"], check=True)
    password.chmod(0o644)
    for path in (folder, folder.parent, authority.server_file.parent, authority.server_file.parent.parent):
        path.chmod(0o755)
    for path in (authority.server_file, authority.ca_file):
        path.chmod(0o644)
    (folder / "secret").write_text("s3cret\n")
    tls = f"certfile {authority.server_file}\nkeyfile {authority.server_file}\n"
    ours = {"host": "localhost", "port": port, "tls": True, "ca_file": str(authority.ca_file)}
    with broker(folder, port, f"allow_anonymous false\npassword_file {password}\nuser root\n{tls}"):
        with pytest.raises(OSError, match="refused the connection: Not authorized"):
            made(**ours).deliver([make_record()])
        made(**ours, username="umbilical", password_file="secret").deliver([make_record()])
        with pytest.raises(OSError, match="its certificate is not trusted"):
            made(host="localhost", port=port, tls=True).deliver([make_record()])


@needs_broker
def test_what_the_broker_will_not_take_is_told_apart(made: Make, folder: Path) -> None:
    port = free_port()
    (folder / "acl").write_text("topic write allowed\n")
    (folder / "acl").chmod(0o644)
    with broker(folder, port, f"allow_anonymous true\nacl_file {folder}/acl\nuser root\n"):
        made(port=port, version="5", topic="allowed").deliver([make_record()])
        with pytest.raises(OSError, match="refused: Not authorized") as caught:
            made(port=port, version="5", topic="forbidden").deliver([make_record()])
        assert not isinstance(caught.value, Rejected)


def test_brokers_that_misbehave_cost_the_timeout_at_most(made: Make) -> None:
    with stream_receiver(stay_silent) as served, pytest.raises(OSError, match="timed out"):
        made(port=served.port, timeout_ns=HASTY_NS).deliver([make_record()])
    with stream_receiver(hang_up) as served, pytest.raises(OSError, match=str(served.port)):
        made(port=served.port, timeout_ns=HASTY_NS).deliver([make_record()])
    with stream_receiver(answering(b"\xff" * 1000)) as served, pytest.raises(OSError, match=str(served.port)):
        made(port=served.port, timeout_ns=HASTY_NS).deliver([make_record()])


def answering(said: bytes) -> Any:
    def behave(connection: Any, _got: Any, over: Any) -> None:
        connection.sendall(said)
        over.wait(5)

    return behave


def test_without_the_extra_one_line_says_what_to_install(made: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "paho.mqtt", None)
    monkeypatch.setitem(sys.modules, "paho.mqtt.client", None)
    with pytest.raises(ConfigError, match=r"pip install 'umbilical\[mqtt\]'"):
        made()


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"host": ""}, "host: "),
        ({"port": 0}, "port: "),
        ({"topic": "a/#"}, "topic: "),
        ({"topic": "{device}"}, "topic: {device} is unknown"),
        ({"password_file": "a"}, "password_file: "),
        ({"timeout_ns": 0}, "timeout: "),
        ({"key_file": "a"}, "key_file: "),
    ],
)
def test_settings_that_make_no_sense_are_refused(changes: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        Settings(**changes)


def _is_open(port: int) -> bool:
    import socket

    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
