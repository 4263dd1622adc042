import json
from collections.abc import Callable

import pytest

from monitor.cli.checks._subject import Level
from monitor.cli.doctor import Health, health_of
from tests.cli.command import Done
from tests.kit.netns import cable, needs_namespaces

Command = Callable[..., Done]


@pytest.mark.parametrize(
    ("levels", "health"),
    [
        ([], Health.WELL),
        ([Level.OK, Level.NOTE], Health.WELL),
        ([Level.WARNING, Level.NOTE], Health.WARNINGS),
        ([Level.WARNING, Level.FAULT], Health.FAULTS),
    ],
)
def test_the_worst_remark_decides_how_it_ends(levels: list[Level], health: Health) -> None:
    assert health == health_of(levels)


def test_the_host_is_told_without_an_interface(umbilical: Command) -> None:
    done = umbilical("doctor")
    assert "" == done.err
    assert "this host" == done.out.splitlines()[0]
    assert "no interface was named" in done.out


def test_an_interface_that_is_not_there_is_a_fault_with_its_remedy(umbilical: Command) -> None:
    done = umbilical("doctor", "nosuch0")
    assert 3 == done.status
    lines = done.out.splitlines()
    assert "nosuch0" == lines[0]
    assert lines[1].split()[:2] == ["fault", "interface"]
    assert "mend: ip -brief link" == lines[2].strip()
    assert "1 fault" in lines[-1]


def test_json_says_the_same(umbilical: Command) -> None:
    done = umbilical("doctor", "nosuch0", "--json")
    record = json.loads(done.out)
    assert (3, 3, "") == (done.status, record["status"], done.err)
    first = record["remarks"][0]
    assert ("fault", "interface", "nosuch0") == (first["level"], first["topic"], first["interface"])
    assert {"level", "topic", "interface", "what", "remedy"} == set(first)


def test_wrong_use_is_told_apart_from_what_is_wrong(umbilical: Command) -> None:
    assert 2 == umbilical("doctor", "--seconds", "-1").status
    assert 2 == umbilical("doctor", "--config", "/nonexistent.toml").status


@needs_namespaces()
def test_a_quiet_cable_is_listened_to(umbilical: Command) -> None:
    with cable() as link:
        done = link.watched.call(umbilical, "doctor", link.watched.interface, "--seconds", "0.3")
    assert done.status in {1, 3}  # the host may have faults of its own
    assert "nothing was heard in 0 s" in done.out
