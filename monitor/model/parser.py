"""The contract of a protocol parser; a parser is one file in ``protocols/`` that declares ``PARSER``."""

from collections.abc import Iterable
from enum import Enum
from typing import ClassVar, Protocol

from monitor.model.flow import Direction, Flow
from monitor.model.observation import Seen

UNREAD = "-"
"""Before the name of a field in what is wanted: nobody looks at it, and a parser to which it is costly leaves it out."""
FOREVER = 1 << 62
"""Appetite of a parser that wants every byte as long as the flow lives."""
ANOTHER = -1
"""Appetite of a parser whose protocol handed the connection over to another one; it then has ``rest``."""
FOR_NOW = 1
"""Appetite of a parser that may soon do without: it is asked after every few payloads."""


class Verdict(Enum):
    """A parser's answer when asked whether a payload is its own."""

    CERTAIN = 1
    UNSURE = 2
    """It may be; ask again with more bytes."""
    NOT_MINE = 3


class Parser(Protocol):
    """Reads one application protocol in one flow, both directions.

    It says what was seen and judges nothing; it holds a bounded state whatever the peers send.
    """

    NAME: ClassVar[str]
    """Lower case; the module's name."""
    PROTOCOL: ClassVar[frozenset[int]]
    """IANA numbers of the transports it reads: 6, 17."""
    PORTS: ClassVar[frozenset[int]]
    """Ports where it is asked first; on a UDP flow without such a port it is asked only if ANY_PORT."""
    ANY_PORT: ClassVar[bool]
    """Whether its probe is strict enough to ask on any port."""
    PATIENCE: ClassVar[int | None]
    """Payloads of one direction in a row that may bring nothing new before a flow is read no further, where repeats are
    not wanted (telemetry goes on for months under the same topic); None for protocols whose silence means nothing."""
    YIELDS: ClassVar[frozenset[str]]
    """Observation types; when nobody wants any of them the parser is not even asked."""

    def __init__(self, flow: Flow, wanted: frozenset[str]) -> None:
        """``wanted``: observation types that somebody listens to, and fields that are UNREAD."""
        ...

    @staticmethod
    def probe(payload: bytes, flow: Flow, direction: Direction) -> Verdict:
        """Judge the first payload of one direction: the first datagram, or the first bytes of a TCP stream."""
        ...

    def feed(self, direction: Direction, payload: bytes) -> Iterable[Seen]:
        """Yield what is complete and keep what is not; raises ``Malformed``.

        UDP: one datagram. TCP: the next bytes of the stream, split anywhere.
        """
        ...

    def gap(self, direction: Direction, missing: int) -> Iterable[Seen]:
        """``missing`` bytes of a TCP stream will never come; go on after them or lose appetite."""
        ...

    def end(self, *, closed: bool = True) -> Iterable[Seen]:
        """Yield what the end of the flow completes.

        ``closed`` says that the responder closed the connection, so that a body that ends with it is whole; a reset, a
        time-out or the capture's end says nothing of the kind.
        """
        ...

    def appetite(self, direction: Direction) -> int:
        """How many more payload bytes of this direction it wants now: 0 when done, FOREVER for all."""
        ...


class Opener(Protocol):
    """What a parser offers besides when its protocol can hand the connection over: then the other one is looked for."""

    def rest(self) -> bytes:
        """Return what came in the direction fed last after its own last byte."""
        ...


class Swallower(Protocol):
    """What a parser of bulk transfers may offer besides: a short way for bytes that bring nothing to say."""

    def swallow(self, direction: Direction, payload: memoryview) -> bool:
        """Take bytes from the middle of a body; False when they must go through ``feed``. Nothing is seen either way."""
        ...

    def span(self, direction: Direction) -> int:
        """Return how many of the next bytes it would swallow whatever they are; 0 when it looks at them."""
        ...

    def absorbed(self, direction: Direction, count: int) -> None:
        """So many of these bytes came, in order; they are counted and gone."""
        ...
