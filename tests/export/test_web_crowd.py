import socket
import threading

import pytest

from monitor.export._web_counts import Given, WebCounts
from monitor.export._web_crowd import Connection, Crowd


def crowd(capacity: int) -> tuple[Crowd, WebCounts]:
    counts = WebCounts(lambda: 0.0, lambda: False)
    return Crowd(capacity, counts), counts


def connection(client: str, since: float, *, is_answering: bool = False) -> Connection:
    one, other = socket.socketpair()
    other.close()
    return Connection(one, client, is_answering=is_answering, since=since)


def enter(crowd: Crowd, *connections: Connection) -> list[bool]:
    entered = [crowd.enter(one) for one in connections]
    for one in connections:
        one.socket.close()
    return entered


def test_who_idles_longest_gives_way() -> None:
    full, counts = crowd(2)
    old, new, newest = connection("a", 1.0), connection("b", 2.0), connection("c", 3.0)
    assert enter(full, old, new, newest) == [True, True, True]
    assert (old.was_crowded_out, new.was_crowded_out, len(full)) == (True, False, 2)
    assert counts.given_up(Given.CROWDED_OUT) == 1


def test_a_client_with_many_connections_gives_way_before_one_with_few() -> None:
    full, _ = crowd(4)
    few, *many = connection("scraper", 0.0), *(connection("crowd", float(since)) for since in range(1, 4))
    assert all(enter(full, few, *many, connection("new", 9.0)))
    assert not few.was_crowded_out
    assert many[0].was_crowded_out


def test_who_is_being_answered_is_left_in_peace() -> None:
    full, counts = crowd(1)
    busy = connection("a", 1.0, is_answering=True)
    assert enter(full, busy, connection("b", 2.0)) == [True, False]
    assert counts.given_up(Given.REFUSED) == 1


def test_those_who_leave_make_room() -> None:
    full, counts = crowd(1)
    first, second = connection("a", 1.0), connection("b", 2.0)
    enter(full, first)
    full.leave(first)
    assert enter(full, second) == [True]
    assert (len(full), counts.given_up(Given.CROWDED_OUT)) == (1, 0)


def test_threads_that_have_not_noticed_yet_are_bounded_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.export._web_crowd.LEAVING_SECONDS", 0.01)
    full, _ = crowd(1)
    entered = enter(full, *(connection("a", float(since)) for since in range(4)))
    assert entered == [True, True, False, False]


def test_a_new_one_waits_until_one_who_was_cut_has_noticed() -> None:
    full, counts = crowd(1)
    first, second, third = (connection("a", float(since)) for since in range(3))
    assert enter(full, first, second) == [True, True]
    threading.Timer(0.05, full.leave, [first]).start()
    assert enter(full, third) == [True]
    assert (counts.given_up(Given.CROWDED_OUT), counts.given_up(Given.REFUSED)) == (2, 0)


def test_stopping_cuts_everybody() -> None:
    full, _ = crowd(1)
    one, other = socket.socketpair()
    full.enter(Connection(one, "a"))
    full.cut_all()
    assert other.recv(1) == b""
    one.close()
    other.close()
