import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from monitor.export import syslog
from monitor.export.syslog import EXPORTER, Settings
from monitor.model.alert import Rejected
from tests.kit.https_server import Authority
from tests.kit.receivers import (
    eventually,
    free_port,
    hang_up,
    make_origin,
    make_record,
    never_accepting,
    read_all,
    server_context,
    stay_silent,
    stream_receiver,
)

HASTY_NS = 300_000_000
Make = Callable[..., Any]


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


def messages(stream: bytes) -> list[bytes]:
    """Take a stream of octet-counted messages apart (RFC 6587 section 3.4.1)."""
    told = []
    while stream:
        count, _, rest = stream.partition(b" ")
        told.append(rest[: int(count)])
        assert len(told[-1]) == int(count)
        stream = rest[int(count) :]
    return told


def ids(stream: bytes | bytearray) -> list[int]:
    told = messages(bytes(stream))
    return [int(orjson.loads(one[one.index(b"] ") + 2 :])["alert_id"], 16) for one in told]


def test_datagrams_hold_one_message_each(made: Make) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(5)
        output = made(port=receiver.getsockname()[1])
        output.deliver([make_record(1), make_record(2)])
        told = [receiver.recv(65536) for _ in range(2)]
        output.close()
    assert all(one.startswith(b"<133>1 ") and len(one) <= 2048 for one in told)


def test_a_closed_port_is_noticed_where_the_system_tells(made: Make) -> None:
    output = made(port=free_port())
    output.deliver([make_record(1)])
    with pytest.raises(OSError, match="Connection refused"):
        deliver_often(output)


def deliver_often(output: Any) -> None:
    for number in range(100):
        output.deliver([make_record(number)])


def test_a_datagram_that_cannot_be_is_rejected(made: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(syslog, "message", lambda *_: b"x" * 70_000)
    with pytest.raises(Rejected, match="more than a datagram holds"):
        made(host="127.0.0.1", port=free_port()).deliver([make_record(1)])


def test_a_stream_is_kept_open_and_counts_octets(made: Make) -> None:
    with stream_receiver() as served:
        output = made(transport="tcp", port=served.port)
        output.deliver([make_record(1), make_record(2)])
        output.deliver([make_record(3, why="line\nbreak")])
        output.close()
        eventually(lambda: ids(served.everything()) == [1, 2, 3])
        assert len(served.streams) == 1


def test_a_connection_that_was_closed_is_made_anew(made: Make) -> None:
    def read_once(connection: socket.socket, got: bytearray, _: threading.Event) -> None:
        got += connection.recv(1 << 16)

    with stream_receiver(read_once) as served:
        output = made(transport="tcp", port=served.port)
        for number in range(4):
            output.deliver([make_record(number)])
            eventually(lambda: len(served.streams) == number + 1 and served.streams[-1])  # noqa: B023 - at once
        assert [ids(one) for one in served.streams] == [[0], [1], [2], [3]]


def test_a_server_that_resets_does_not_have_the_alert(made: Make) -> None:
    huge = [make_record(number, why="x" * 3_000_000) for number in range(4)]
    with stream_receiver(hang_up) as served:
        output = made(transport="tcp", port=served.port, max_message_bytes=1 << 24)
        with pytest.raises(OSError, match=f"127.0.0.1:{served.port}: "):
            output.deliver(huge)


def test_a_server_that_does_not_read_is_given_up(made: Make) -> None:
    huge = [make_record(number, why="x" * 3_000_000) for number in range(4)]
    with stream_receiver(stay_silent) as served:
        output = made(transport="tcp", port=served.port, timeout_ns=HASTY_NS, max_message_bytes=1 << 24)
        with pytest.raises(TimeoutError, match=r"no answer within 0\.3 s"):
            output.deliver(huge)
    with never_accepting() as port, pytest.raises(TimeoutError):
        made(transport="tcp", port=port, timeout_ns=HASTY_NS).deliver([make_record()])


def test_tls_is_spoken_and_verified(made: Make, authority: Authority, stranger: Authority) -> None:
    ca = str(authority.ca_file)
    with stream_receiver(context=server_context(authority.server_file)) as served:
        output = made(transport="tls", host="localhost", port=served.port, ca_file=ca)
        output.deliver([make_record(1)])
        output.deliver([make_record(2)])
        output.close()
        eventually(lambda: ids(served.everything()) == [1, 2])
        wrong = made(transport="tls", port=served.port, ca_file=ca, server_name="other.example")
        with pytest.raises(OSError, match="its certificate is not trusted: Hostname mismatch"):
            wrong.deliver([make_record()])
        wrong = made(transport="tls", port=served.port, ca_file=str(stranger.ca_file))
        with pytest.raises(OSError, match="its certificate is not trusted"):
            wrong.deliver([make_record()])


def test_a_server_that_wants_our_certificate_refuses_before_an_alert_counts_as_delivered(
    made: Make, authority: Authority, stranger: Authority
) -> None:
    context = server_context(authority.server_file, client_ca=stranger.ca_file)
    with stream_receiver(read_all, context) as served:
        files = {"transport": "tls", "host": "localhost", "ca_file": str(authority.ca_file)}
        with pytest.raises(OSError, match="localhost"):
            made(port=served.port, **files).deliver([make_record(1)])
        output = made(port=served.port, certificate_file=str(stranger.server_file), **files)
        output.deliver([make_record(2)])
        eventually(lambda: ids(served.everything()) == [2])


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"host": ""}, "host: missing"),
        ({"port": 0}, "port: "),
        ({"port": 65536}, "port: "),
        ({"max_message_bytes": 100}, "max_message: give at least 480B"),
        ({"timeout_ns": 0}, "timeout: "),
        ({"key_file": "a"}, "key_file: "),
    ],
)
def test_settings_that_make_no_sense_are_refused(changes: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        Settings(**changes)


RSYSLOG = """
global(workDirectory="{folder}" maxMessageSize="16k" processInternalMessages="off")
module(load="imudp") module(load="imtcp")
input(type="imudp" address="127.0.0.1" port="{udp}")
input(type="imtcp" address="127.0.0.1" port="{tcp}")
template(name="what" type="string" string="%pri% %hostname% %app-name% %msgid% %structured-data% %msg%\\n")
*.* action(type="omfile" file="{folder}/got" template="what" fileCreateMode="0644")
"""


@pytest.mark.skipif(shutil.which("rsyslogd") is None, reason="rsyslogd is not here: apt-get install rsyslog")
def test_rsyslog_understands(made: Make, tmp_path: Path) -> None:
    ports = {"udp": free_port(), "tcp": free_port()}
    (tmp_path / "conf").write_text(RSYSLOG.format(folder=tmp_path, **ports))
    command = ["rsyslogd", "-n", "-f", str(tmp_path / "conf"), "-i", str(tmp_path / "pid")]
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        eventually(lambda: _is_open(ports["tcp"]))
        made(transport="tcp", port=ports["tcp"]).deliver([make_record(1), make_record(2, why='a ] \\ " é')])
        made(transport="udp", port=ports["udp"]).deliver([make_record(3)])
        got = tmp_path / "got"
        eventually(lambda: got.exists() and got.read_bytes().count(b"\n") == 3)
        lines = sorted(got.read_text().splitlines())
    finally:
        server.terminate()
        server.wait()
    head, body = lines[1].split("] ", 1)
    assert head.startswith("133 sensor-1 umbilical vendor_contact [umbilical@32473 alert_id=")
    assert orjson.loads(body)["why"] == 'a ] \\ " é'
    assert "0000000000000003" in lines[2]


def _is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
