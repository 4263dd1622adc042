"""A parser test reads like the wire: ``>>`` payload goes in, ``<<`` what must be seen comes out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.model.flow import Direction, Flow

if TYPE_CHECKING:
    from monitor.model.observation import Seen, Value
    from monitor.model.parser import Parser


def make_flow(protocol: int = 6, resp_port: int = 443, orig_port: int = 40000, **changes: object) -> Flow:
    """Return a flow between documentation addresses."""
    ends: dict[str, object] = {
        "id": 1,
        "start_ns": 0,
        "orig_ip": "10.0.0.7",
        "orig_port": orig_port,
        "resp_ip": "198.51.100.7",
        "resp_port": resp_port,
        "protocol": protocol,
        **changes,
    }
    return Flow(**ends)  # type: ignore[arg-type]  # a test may set any field


class Sent:
    """Payload with its direction."""

    def __init__(self, direction: Direction, payload: bytes) -> None:
        self.direction = direction
        self.payload = payload


def up(payload: bytes) -> Sent:
    """Payload from the originator."""
    return Sent(Direction.ORIGINATOR, payload)


def down(payload: bytes) -> Sent:
    """Payload from the responder."""
    return Sent(Direction.RESPONDER, payload)


class Playbook:
    """Feeds one parser; ``seen`` holds what it said and has not been expected yet."""

    def __init__(
        self, parser: type[Parser], flow: Flow | None = None, wanted: frozenset[str] | None = None
    ) -> None:
        self.parser = parser(flow or make_flow(), parser.YIELDS if wanted is None else wanted)
        self.seen: list[Seen] = []

    def __rshift__(self, sent: Sent) -> Playbook:
        self.seen += self.parser.feed(sent.direction, sent.payload)
        return self

    def __lshift__(self, expected: tuple[str, dict[str, Value]]) -> Playbook:
        """The next thing seen has this type and at least these fields."""
        kind, fields = expected
        assert self.seen, f"nothing was seen, expected {kind}"
        seen = self.seen.pop(0)
        assert kind == seen.type
        assert fields == {name: seen.fields.get(name) for name in fields}
        return self

    def end(self) -> Playbook:
        """End the flow."""
        self.seen += self.parser.end()
        return self

    def nothing(self) -> Playbook:
        """Nothing more was seen."""
        assert self.seen == []
        return self
