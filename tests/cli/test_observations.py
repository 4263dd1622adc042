from collections.abc import Callable
from pathlib import Path

from tests.cli.command import Done
from tests.cli.conftest import contact_pcap

Command = Callable[..., Done]


def test_observations_are_lines_in_order_of_time(umbilical: Command, contact: Path) -> None:
    done = umbilical("observations", str(contact))
    assert (0, "") == (done.status, done.err)
    assert [(1, "dns_query"), (2, "dns_answer")] == [(one["frame"], one["type"]) for one in done.records]


def test_a_type_leaves_the_others_out(umbilical: Command, contact: Path) -> None:
    done = umbilical("observations", "--type", "dns_answer", "--type", "ntp", str(contact))
    assert ["dns_answer"] == [one["type"] for one in done.records]


def test_an_unknown_type_is_told_with_the_known_ones(umbilical: Command, contact: Path) -> None:
    done = umbilical("observations", "--type", "flow_end", str(contact))
    assert (2, "", 1) == (done.status, done.out, done.err.count("\n"))
    assert "dns_query, dns_answer" in done.err


def test_damage_is_told_beside_the_lines(umbilical: Command, tmp_path: Path) -> None:
    path = tmp_path / "cut.pcap"
    path.write_bytes(contact_pcap()[:-10])
    done = umbilical("observations", str(path))
    assert (3, 2) == (done.status, len(done.records))
    assert "cut short" in done.err
