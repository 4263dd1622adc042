"""Finds the parser of each flow and hands it payload; what it says becomes observations.

It holds a state only for flows that somebody reads: nobody's payload is not even copied out of the batch, because the
flow table is told that the direction is sated.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from monitor.model.errors import Malformed
from monitor.model.flow import Appetites, BySide, ConnState, Direction, Flow, FlowTotals, Moment
from monitor.model.observation import Observation, Seen, Value
from monitor.model.packet import IpProtocol
from monitor.model.parser import ANOTHER, FOREVER, Opener, Parser, Swallower, Verdict
from monitor.model.tally import Tally

PROBE_BYTES = 4096
"""Start of a TCP stream that is kept while parsers are unsure."""
PROBE_DATAGRAMS = 4
"""Datagrams of one direction of a UDP flow that are shown to the parsers."""
MAX_FAULTS = 8
"""Malformed datagrams in a row after which a UDP flow's parser is dropped; one must not blind a resolver's flow."""
MAX_HELD_BYTES = 1 << 26
"""Payload that all parsers together may be waiting over; then the flow that has waited longest is given up."""
MAX_HELD_OF_FLOW = 1 << 17
"""What one flow counts for at most: parsers are bounded by themselves."""
MAX_REMEMBERED = 1024
"""Characters of a field that is kept to tell a repetition."""
PREFIX_BYTES = 32
"""Length of ``payload.prefix``."""

Parsers = tuple[type[Parser], ...]
_Fields = dict[str, dict[str, Value]]
_tuple = tuple.__new__
"""Makes a named tuple of all its values in half the time."""
# An enumeration's member costs a look-up each time.
_CERTAIN, _UNSURE = Verdict.CERTAIN, Verdict.UNSURE
_UP, _DOWN = Direction.ORIGINATOR, Direction.RESPONDER
_OTHER = (_DOWN, _UP)
_BITS = (1, 2)
_BOTH = 3
_TCP = int(IpProtocol.TCP)
_CLOSED = frozenset({ConnState.SF, ConnState.S3, ConnState.SHR})
"""States of a connection that the responder closed with a FIN."""


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What of the same is worth saying again."""

    repeats: bool = True
    """False: an observation that repeats the one before it, of its type and flow, is not said again."""
    heads: frozenset[bytes] | None = None
    """First bytes of which ``flow_payload`` is worth saying; None for all."""


LEARNT_FROM = frozenset({"dns_answer", "dhcp"})
"""Said again all the same: what they teach has a life time."""


class Dispatcher:
    """Opens a reader for each flow; holds what all of them share."""

    def __init__(
        self, parsers: Mapping[str, type[Parser]], wanted: frozenset[str], appetites: Appetites, news: News
    ) -> None:
        self.appetites = appetites
        self.malformed = Tally()
        self.given_up = 0
        """Flows that were read no further to make room for others."""
        self._holding: dict[int, Reading] = {}
        """Flows whose payload has said nothing yet, the longest waiting first."""
        self._held_bytes = 0
        self.most_held_bytes = MAX_HELD_BYTES
        self.listen_for(parsers, wanted, news)

    def started(
        self, flow: Flow, direction: Direction, moment: Moment
    ) -> tuple["Reading", Sequence[Observation]]:
        """Open the reader of a new flow."""
        reading = Reading(self, flow, self._candidates(flow))
        if not self._wants_start or _is_only_a_look_up(flow):
            return reading, ()
        told: tuple[Any, ...] = ("flow_start", {}, flow, direction, *moment, None, None, None)
        return reading, (_tuple(Observation, told),)

    def resumed(self, flow: Flow, heard: BySide, wanted: BySide) -> "Reading":
        """Open the reader of a flow that began before a restart: its next payload is asked about like a first one."""
        return Reading(self, flow, self._candidates(flow), heard, wanted)

    def listen_for(self, parsers: Mapping[str, type[Parser]], wanted: frozenset[str], news: News) -> None:
        """Go on for other listeners; flows that are read already are read on as they were."""
        self.wanted = wanted
        self.news = news
        self.repeats = news.repeats
        useful = [parser for parser in parsers.values() if parser.YIELDS & wanted]
        for parser in useful:
            self.malformed.add(parser.NAME, 0)
        self.swallowers = frozenset(parser for parser in useful if hasattr(parser, "swallow"))
        self._by_port, self._any_port = _tables(useful)
        self._wants_prefix = "flow_payload" in wanted
        self._wants_start = "flow_start" in wanted

    def prefix(self, flow: Flow, direction: Direction, payload: bytes, moment: Moment) -> list[Observation]:
        """Return the first payload of a direction, if anybody cares."""
        heads = self.news.heads
        if not self._wants_prefix or (heads is not None and payload[:1] not in heads):
            return []
        fields: dict[str, Value] = {"payload.prefix": payload[:PREFIX_BYTES].hex()}
        return [Observation("flow_payload", fields, flow, direction, *moment)]

    def hold(self, reading: "Reading", size: int) -> None:
        """Note that a parser may keep so many bytes more; give up the flows that wait longest when it is too much."""
        self._holding[reading.flow.id] = reading
        self._held_bytes += size
        while self._held_bytes > self.most_held_bytes:
            self.given_up += 1
            next(iter(self._holding.values())).give_up()

    def release(self, reading: "Reading", size: int) -> None:
        """Note that a parser keeps nothing any more."""
        self._holding.pop(reading.flow.id, None)
        self._held_bytes -= size

    def fills(self) -> dict[str, tuple[int, int]]:
        """Return the bytes that parsers keep for what may still come, and their limit."""
        return {"readings": (self._held_bytes, self.most_held_bytes)}

    def _candidates(self, flow: Flow) -> Parsers:
        by_port = self._by_port
        return (
            by_port.get((flow.protocol, flow.resp_port))
            or by_port.get((flow.protocol, flow.orig_port))
            or self._any_port.get(flow.protocol, ())
        )


class _Probing:
    """What is kept of a flow until its parser is found."""

    __slots__ = ("candidates", "heads", "times")

    def __init__(self, candidates: Parsers, heard: BySide = (False, False)) -> None:
        self.candidates = [candidates, candidates]
        self.heads = [b"", b""]
        self.times = [int(heard[0]), int(heard[1])]
        """Payloads that were shown; 1 where the flow began before a restart, so that none is taken for its first."""


class Reading:
    """The reader of one flow: asks the parsers, then feeds the one that is sure."""

    __slots__ = (
        "_candidates",
        "_done",
        "_faults",
        "_frame",
        "_held",
        "_insatiable",
        "_parser",
        "_probing",
        "_room",
        "_said",
        "_stale",
        "flow",
        "swallow",
    )

    def __init__(
        self,
        room: Dispatcher,
        flow: Flow,
        candidates: Parsers,
        heard: BySide = (False, False),
        wanted: BySide = (True, True),
    ) -> None:
        self.flow = flow
        self._room = room
        self._candidates = candidates
        self.swallow: Callable[[Direction, memoryview], bool] | None = None
        self._parser: Parser | None = None
        self._probing = _Probing(candidates, heard) if heard[0] or heard[1] else None
        self._said: tuple[_Fields, _Fields] | None = None
        """The last fields said, by direction and type."""
        self._done = (not wanted[0]) * _BITS[0] | (not wanted[1]) * _BITS[1]
        """A bit for each direction; likewise the next."""
        self._insatiable = 0
        self._faults = 0
        self._frame = 0
        """That of the last payload that was read: what the end of the flow completes began there or before."""
        self._held = 0
        """Bytes since something was said: at least what the parser keeps."""
        self._stale = [0, 0]
        """Payloads of each direction in a row that brought nothing new."""

    def wants(self, direction: Direction) -> bool:  # noqa: ARG002 - nothing is known yet of either
        return bool(self._candidates) or "flow_payload" in self._room.wanted

    def payload(self, direction: Direction, payload: bytes, moment: Moment) -> Sequence[Observation]:
        parser = self._parser
        if parser is None:
            return self._first(direction, payload, moment)
        self._frame = moment[2]
        said: list[Observation] = []
        try:
            self._say(parser.feed(direction, payload), direction, moment, said)
        except Malformed:
            self._fault(parser)
        else:
            self._see_appetite(parser, direction, bool(said))
        if not said:
            self._keep(len(payload))
        elif (
            self._held and self._parser is not None
        ):  # else what is held is the beginning of another protocol
            self._let_go()
        return said

    def span(self, direction: Direction) -> int:
        parser = self._parser
        return 0 if parser is None or self.swallow is None else cast("Swallower", parser).span(direction)

    def absorbed(self, direction: Direction, count: int) -> None:
        if self._parser is not None:
            cast("Swallower", self._parser).absorbed(direction, count)

    def gap(self, direction: Direction, missing: int, moment: Moment) -> Sequence[Observation]:
        parser = self._parser
        if parser is None:
            self._stop(direction)
            return ()
        said: list[Observation] = []
        try:
            self._say(parser.gap(direction, missing), direction, moment, said)
        except Malformed:
            self._fault(parser)
        else:
            self._see_appetite(parser, direction, bool(said))
        return said

    def give_up(self) -> None:
        """Read no further, to make room for others."""
        self._stop(_UP)
        self._stop(_DOWN)

    def active(self, totals: FlowTotals, direction: Direction, moment: Moment) -> Sequence[Observation]:
        if "flow_active" not in self._room.wanted or _is_only_a_look_up(self.flow):
            return ()
        return (Observation("flow_active", {}, self.flow, direction, *moment, totals=totals),)

    def ended(self, totals: FlowTotals, moment: Moment) -> Sequence[Observation]:
        said: list[Observation] = []
        self._let_go()
        if self._parser is not None and self._done != _BOTH:
            ts_ns, ordinal, _ = moment
            try:
                for kind, fields in self._parser.end(closed=totals.state in _CLOSED):
                    said.append(
                        Observation(kind, fields, self.flow, _UP, ts_ns, ordinal, self._frame, totals=totals)
                    )
            except Malformed:
                self._room.malformed.add(self._parser.NAME)
        if "flow_end" in self._room.wanted and not _is_only_a_look_up(self.flow):
            told: tuple[Any, ...] = ("flow_end", {}, self.flow, _UP, *moment, None, None, totals)
            said.append(_tuple(Observation, told))
        return said

    def _first(self, direction: Direction, payload: bytes, moment: Moment) -> list[Observation]:
        """Find a parser; feed it what was kept of both directions."""
        room, probing = self._room, self._probing
        if probing is None or probing.times[direction] == 0:
            said = room.prefix(self.flow, direction, payload, moment)
        else:
            said = []
        if probing is None:
            for candidate in self._candidates:
                verdict = candidate.probe(payload, self.flow, direction)
                if verdict is _CERTAIN:
                    self._settle_on(candidate, direction)
                    said += self.payload(direction, payload, moment)
                    return said
                if verdict is _UNSURE:
                    break
            probing = self._probing = _Probing(self._candidates)
        found = self._probe(probing, direction, payload)
        if found is None:
            self._keep(len(payload))
            return said
        self._probing = None
        self._settle_on(found, None)
        for side in (_UP, _DOWN):
            head = probing.heads[side]
            if head and not self._done & _BITS[side]:
                said += self.payload(side, head, moment)
            elif self._parser is not None and self._parser.appetite(side) == 0:
                self._stop(side)
        return said

    def _settle_on(self, candidate: type[Parser], direction: Direction | None) -> None:
        """Read with a parser from now on; the other direction than that which is fed next may be none of its business."""
        parser = self._parser = candidate(self.flow, self._room.wanted)
        if candidate in self._room.swallowers:
            self.swallow = cast("Swallower", parser).swallow
        if direction is not None and parser.appetite(_OTHER[direction]) == 0:
            self._stop(_OTHER[direction])

    def _probe(self, probing: _Probing, direction: Direction, payload: bytes) -> type[Parser] | None:
        """Ask the candidates; return the parser, or end the direction when none is left."""
        flow = self.flow
        head = probing.heads[direction] + payload
        probing.times[direction] += 1
        unsure = []
        for parser in probing.candidates[direction]:
            verdict = parser.probe(head, flow, direction)
            if verdict is _CERTAIN:
                probing.heads[direction] = head
                return parser
            if verdict is _UNSURE:
                unsure.append(parser)
        if flow.protocol == _TCP:
            probing.candidates[direction] = tuple(unsure)
            probing.heads[direction] = head
            if unsure and len(head) < PROBE_BYTES:
                return None
        elif probing.candidates[direction] and probing.times[direction] < PROBE_DATAGRAMS:
            return None
        probing.heads[direction] = b""
        self._stop(direction)
        return None

    def _say(
        self, seen: Iterable[Seen], direction: Direction, moment: Moment, said: list[Observation]
    ) -> None:
        """Turn what a parser saw into observations, one by one: what was complete before a malformed byte is kept."""
        ts_ns, ordinal, number = moment
        for kind, fields in seen:
            if self._room.repeats or self._is_news(kind, direction, fields):
                told = (kind, fields, self.flow, direction, ts_ns, ordinal, number, None, None, None)
                said.append(_tuple(Observation, told))

    def _see_appetite(self, parser: Parser, direction: Direction, said: bool) -> None:  # noqa: FBT001 - hot
        """See what the parser still wants, now that it has said something or nothing."""
        appetite = parser.appetite(direction)
        if appetite == 0 or (
            parser.PATIENCE is not None and self._is_tired(parser.PATIENCE, direction, said)
        ):
            self._stop(direction)
        elif appetite == ANOTHER:
            self._begin_again(cast("Opener", parser).rest(), direction)
        elif appetite == FOREVER and not self._insatiable & _BITS[direction]:
            self._insatiable |= _BITS[direction]
            self._room.appetites.insatiable(self.flow, direction)

    def _begin_again(self, rest: bytes, direction: Direction) -> None:
        """Look for the protocol that follows, such as TLS through a proxy."""
        self._parser = self.swallow = None
        self._probing = _Probing(self._candidates, (True, True))
        head = self._probing.heads[direction] = rest[:PROBE_BYTES]
        if head:
            self._keep(len(head))

    def _is_news(self, kind: str, direction: Direction, fields: dict[str, Value]) -> bool:
        if kind in LEARNT_FROM:
            return True
        if self._said is None:
            self._said = ({}, {})
        said = self._said[direction]
        if said.get(kind) == fields:
            return False
        # What is long is forgotten, and so may be heard again: many flows must not keep many long paths.
        said[kind] = fields
        for value in fields.values():
            if isinstance(value, str) and len(value) > MAX_REMEMBERED:
                said[kind] = {}
        return True

    def _is_tired(self, patience: int, direction: Direction, said: bool) -> bool:  # noqa: FBT001 - hot
        """Whether a direction has only repeated itself for long."""
        if self._room.repeats:
            return False
        self._stale[direction] = 0 if said else self._stale[direction] + 1
        return self._stale[direction] >= patience

    def _keep(self, size: int) -> None:
        """Count payload that may be waiting for more; datagrams that are read do not wait."""
        if self._done == _BOTH or self._held >= MAX_HELD_OF_FLOW:
            return
        self._held += size
        self._room.hold(self, size)

    def _let_go(self) -> None:
        if self._held:
            self._room.release(self, self._held)
            self._held = 0

    def _fault(self, parser: Parser) -> None:
        """Count what was malformed; a stream is lost by it, a datagram is only itself."""
        self._room.malformed.add(parser.NAME)
        self._faults += 1
        if self.flow.protocol == _TCP or self._faults == MAX_FAULTS:
            self._stop(_UP)
            self._stop(_DOWN)

    def _stop(self, direction: Direction) -> None:
        self._done |= _BITS[direction]
        self._room.appetites.sated(self.flow, direction)
        if self._done == _BOTH:
            self._let_go()
            self._parser = self._probing = self._said = self.swallow = None


def _is_only_a_look_up(flow: Flow) -> bool:
    """Whether a flow is told for its messages alone: datagrams inside the site (DNS, DHCP) are no contact."""
    return flow.internal and flow.protocol != _TCP


def _tables(parsers: Iterable[type[Parser]]) -> tuple[dict[tuple[int, int], Parsers], dict[int, Parsers]]:
    """Return the parsers to ask by transport and port, the port's own first, and those to ask on any other port."""
    any_port: dict[int, Parsers] = {}
    own: dict[tuple[int, int], Parsers] = {}
    for parser in parsers:
        for protocol in parser.PROTOCOL:
            if parser.ANY_PORT:
                any_port[protocol] = (*any_port.get(protocol, ()), parser)
            for port in parser.PORTS:
                own[protocol, port] = (*own.get((protocol, port), ()), parser)
    by_port = {
        (protocol, port): first + tuple(p for p in any_port.get(protocol, ()) if p not in first)
        for (protocol, port), first in own.items()
    }
    return by_port, any_port
