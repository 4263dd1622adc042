import socket
import ssl
import threading
from typing import Any

import pytest

from monitor.export._wire import Deadline, TimedSocket, connected
from tests.kit.https_server import Authority
from tests.kit.receivers import free_port, never_accepting, server_context, stay_silent, stream_receiver


def test_a_deadline_is_over_when_it_is_over() -> None:
    assert 0 < Deadline(5).left() <= 5
    with pytest.raises(TimeoutError):
        Deadline(0).left()


def test_nobody_there_is_an_error_at_once() -> None:
    with pytest.raises(ConnectionRefusedError):
        connected("127.0.0.1", free_port(), Deadline(5))


def test_a_connection_that_is_never_answered_is_given_up() -> None:
    with never_accepting() as port, pytest.raises(TimeoutError):
        connected("127.0.0.1", port, Deadline(0.1))


def test_a_handshake_that_is_never_answered_is_given_up(authority: Authority) -> None:
    with stream_receiver(stay_silent) as served, pytest.raises(TimeoutError):
        connected("127.0.0.1", served.port, Deadline(0.1), authority.trusted())


def test_the_name_of_the_server_is_checked(authority: Authority) -> None:
    with stream_receiver(context=server_context(authority.server_file)) as served:
        for name in ("localhost", "127.0.0.1"):
            connected("127.0.0.1", served.port, Deadline(5), authority.trusted(), name).close()
        with pytest.raises(ssl.SSLCertVerificationError):
            connected("127.0.0.1", served.port, Deadline(5), authority.trusted(), "other.example")


def test_a_far_end_that_drips_gets_no_more_time_than_a_silent_one() -> None:
    def drip(connection: socket.socket, _: Any, over: threading.Event) -> None:
        while not over.wait(0.02):
            connection.send(b"x")

    with stream_receiver(drip) as served:
        deadline = Deadline(0.3)
        link = connected("127.0.0.1", served.port, deadline)
        with link, pytest.raises(TimeoutError):
            TimedSocket(link, deadline).makefile("rb").readline()


def test_a_far_end_that_reads_nothing_is_given_up() -> None:
    with stream_receiver(stay_silent) as served:
        deadline = Deadline(0.3)
        link = connected("127.0.0.1", served.port, deadline)
        with link, pytest.raises(TimeoutError):
            TimedSocket(link, deadline).sendall(b"x" * (64 << 20))
