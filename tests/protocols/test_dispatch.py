"""The dispatcher finds the parser of a flow and keeps nothing for flows that nobody reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from monitor.model.errors import Malformed
from monitor.model.flow import ConnState, Direction, EndReason, Flow, FlowTotals
from monitor.model.observation import Observation, Seen
from monitor.model.parser import ANOTHER, FOREVER, Parser, Verdict
from monitor.protocols._dispatch import MAX_FAULTS, PROBE_DATAGRAMS, Dispatcher, News
from tests.kit.playbook import make_flow

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pytest


class Lines:
    """Says each line; ``!`` is malformed, ``.`` ends the appetite of its direction."""

    NAME: ClassVar[str] = "lines"
    PROTOCOL: ClassVar[frozenset[int]] = frozenset({6, 17})
    PORTS: ClassVar[frozenset[int]] = frozenset({7})
    ANY_PORT: ClassVar[bool] = True
    PATIENCE: ClassVar[int | None] = 3
    YIELDS: ClassVar[frozenset[str]] = frozenset({"ssdp"})

    def __init__(self, flow: Flow, wanted: frozenset[str]) -> None:
        self.done = [False, False]

    @staticmethod
    def probe(payload: bytes, flow: Flow, direction: Direction) -> Verdict:
        if payload.startswith(b"LINE"):
            return Verdict.CERTAIN
        return Verdict.UNSURE if b"LINE".startswith(payload) else Verdict.NOT_MINE

    def feed(self, direction: Direction, payload: bytes) -> Iterable[Seen]:
        for line in payload.decode().split():
            if line == "!":
                raise Malformed("!")
            if line == ".":
                self.done[direction] = True
            yield Seen("ssdp", {"ssdp.usn": line})

    def gap(self, direction: Direction, missing: int) -> Iterable[Seen]:
        return [Seen("ssdp", {"ssdp.usn": f"gap {missing}"})]

    def end(self, *, closed: bool = True) -> Iterable[Seen]:
        return [Seen("ssdp", {"ssdp.usn": "end" if closed else "cut"})]

    def appetite(self, direction: Direction) -> int:
        return 0 if self.done[direction] else FOREVER


UP, DOWN = Direction.ORIGINATOR, Direction.RESPONDER
MOMENT = (5, 6, 7)


class _Told:
    def __init__(self, sated: list[Direction]) -> None:
        self._sated = sated

    def sated(self, flow: Flow, direction: Direction) -> None:
        self._sated.append(direction)

    def insatiable(self, flow: Flow, direction: Direction) -> None: ...


class Bench:
    """A dispatcher with what it said and whom it called sated."""

    def __init__(
        self,
        *wanted: str,
        flow: Flow | None = None,
        news: News = News(),  # noqa: B008 - frozen
        parser: type[Parser] = Lines,
    ) -> None:
        self.flow = flow or make_flow(6)
        self.sated: list[Direction] = []
        room = Dispatcher({"lines": parser}, frozenset(wanted or {"ssdp"}), _Told(self.sated), news)
        self.reading, self.at_start = room.started(self.flow, UP, MOMENT)
        self.malformed = room.malformed
        self._room = room

    def held(self) -> int:
        return self._room.fills()["readings"][0]

    def send(self, payload: bytes, direction: Direction = UP) -> list[str]:
        return [said(one) for one in self.reading.payload(direction, payload, MOMENT)]

    def gap(self) -> list[str]:
        return [said(one) for one in self.reading.gap(UP, 3, MOMENT)]

    def end(self, state: ConnState = ConnState.SF) -> list[str]:
        totals = FlowTotals(5, 1, 1, 40, 40, 0, state, EndReason.CLOSED, 6)
        return [said(one) for one in self.reading.ended(totals, MOMENT)]


def said(observation: Observation) -> str:
    return str(next(iter(observation.fields.values()), observation.type))


def test_a_parser_sure_of_the_first_bytes_reads_both_directions() -> None:
    bench = Bench()
    assert ["LINE", "a"] == bench.send(b"LINE a")
    assert ["b"] == bench.send(b"b", DOWN)
    assert ["end"] == bench.end()


def test_an_unsure_parser_is_asked_again_with_more() -> None:
    bench = Bench()
    assert [] == bench.send(b"LI")
    assert ["LINE"] == bench.send(b"NE")


def test_what_the_other_side_sent_while_nobody_was_sure_is_not_lost() -> None:
    bench = Bench()
    assert [] == bench.send(b"L", DOWN)
    assert ["LINE", "L"] == bench.send(b"LINE")


def test_a_direction_that_is_nobodys_is_sated_at_once() -> None:
    bench = Bench()
    bench.send(b"something else")
    assert [UP] == bench.sated


def test_a_datagram_flow_gets_a_few_chances() -> None:
    bench = Bench(flow=make_flow(17))
    for _ in range(PROBE_DATAGRAMS):
        assert [] == bench.send(b"noise")
    assert [UP] == bench.sated


def test_what_was_complete_before_a_malformed_byte_is_kept_and_the_parser_dropped() -> None:
    bench = Bench()
    assert ["LINE", "a"] == bench.send(b"LINE a ! b")
    assert [UP, DOWN] == bench.sated
    assert 1 == bench.malformed["lines"]


def test_a_malformed_datagram_does_not_blind_its_flow_but_many_do() -> None:
    bench = Bench(flow=make_flow(17))
    bench.send(b"LINE")
    for _ in range(MAX_FAULTS - 1):
        assert [] == bench.send(b"!")
    assert ["a"] == bench.send(b"a")
    for _ in range(2 * MAX_FAULTS):
        bench.send(b"!")
    assert [UP, DOWN] == bench.sated[:2]


def test_a_parser_that_is_done_sates_its_direction() -> None:
    bench = Bench()
    bench.send(b"LINE .")
    assert [UP] == bench.sated
    assert ["b"] == bench.send(b"b", DOWN)


def test_a_protocol_that_hands_the_connection_over_is_followed_by_another() -> None:
    class Opening(Lines):
        """``>`` hands the connection over."""

        handed = ""

        def feed(self, direction: Direction, payload: bytes) -> Iterable[Seen]:
            before, mark, self.handed = payload.decode().partition(">")
            self.handed += mark
            return super().feed(direction, before.encode())

        def appetite(self, direction: Direction) -> int:
            return ANOTHER if self.handed else FOREVER

        def rest(self) -> bytes:
            return self.handed[:-1].encode()

    bench = Bench("ssdp", "flow_payload", parser=Opening)
    assert ["4c494e452061", "LINE", "a"] == bench.send(b"LINE a")
    assert ["b"] == bench.send(b"b >LI", DOWN)
    assert bench.sated == []
    assert bench.held() == len("LI")
    assert ["LINE", "c"] == bench.send(b"NE c", DOWN)
    assert bench.held() == 0
    assert ["d"] == bench.send(b"d")


def test_what_the_end_completes_carries_the_frame_that_was_read_last() -> None:
    bench = Bench()
    bench.send(b"LINE")
    totals = FlowTotals(5, 1, 1, 40, 40, 0, ConnState.SF, EndReason.CLOSED, 6)
    (told,) = bench.reading.ended(totals, (9, 8, 0))
    assert (told.ts_ns, told.ordinal, told.number) == (9, 8, MOMENT[2])


def test_a_gap_reaches_the_parser_and_ends_probing() -> None:
    bench = Bench()
    bench.send(b"LINE")
    assert ["gap 3"] == bench.gap()
    fresh = Bench()
    fresh.gap()
    assert [UP] == fresh.sated


def test_a_parser_nobody_wants_is_not_even_asked() -> None:
    bench = Bench("flow_start")
    assert ["flow_start"] == [one.type for one in bench.at_start]
    assert not bench.reading.wants(UP)


def test_a_flow_that_was_not_closed_ends_in_the_middle() -> None:
    bench = Bench()
    bench.send(b"LINE")
    assert ["cut"] == bench.end(ConnState.RSTR)


def test_the_first_payload_of_each_direction_is_an_observation_when_wanted() -> None:
    bench = Bench("flow_payload")
    assert ["686921"] == bench.send(b"hi!")
    assert [] == bench.send(b"more")
    assert ["796f"] == bench.send(b"yo", DOWN)


def test_the_end_of_a_flow_is_an_observation_when_wanted() -> None:
    assert ["flow_end"] == Bench("flow_end").end()


def test_what_only_repeats_itself_is_said_once_when_nobody_wants_repeats() -> None:
    bench = Bench(news=News(repeats=False))
    assert ["LINE", "a", "b", "a"] == bench.send(b"LINE a a b b a")
    assert ["a"] == bench.send(b"a", DOWN)


def test_only_first_payload_with_an_interesting_head_is_an_observation() -> None:
    assert [] == Bench("flow_payload", news=News(heads=frozenset({b"x"}))).send(b"hi!")
    assert ["686921"] == Bench("flow_payload", news=News(heads=frozenset({b"h"}))).send(b"hi!")


def test_a_flow_that_only_repeats_itself_is_not_read_for_ever() -> None:
    bench = Bench(news=News(repeats=False))
    bench.send(b"LINE a")
    for _ in range(2):
        assert [] == bench.send(b"a")
    assert [] == bench.sated
    bench.send(b"a")
    assert [UP] == bench.sated


def test_flows_that_wait_for_ever_are_given_up_the_longest_waiting_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("monitor.protocols._dispatch.MAX_HELD_BYTES", 5)
    parser: type[Parser] = Lines
    sated: list[Direction] = []
    room = Dispatcher({"lines": parser}, frozenset({"ssdp"}), _Told(sated), News())
    readings = [room.started(make_flow(6, id=number), UP, MOMENT)[0] for number in range(3)]
    for reading in readings:
        assert [] == list(reading.payload(UP, b"LI", MOMENT))
    assert 1 == room.given_up
    assert [UP, DOWN] == sated
    assert ["LINE"] == [said(one) for one in readings[2].payload(UP, b"NE", MOMENT)]
    assert ["LINE"] == [said(one) for one in readings[1].payload(UP, b"NE", MOMENT)]
