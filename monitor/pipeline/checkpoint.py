"""What a checkpoint holds: the state of the back and of every front at one instant, and where the spool stood then.

It does not hold the alerts that were published after it: those are in the spool, behind ``spool_sequence``, and are
adopted into the alert book by who begins again.

Counters go on after a clean stop. After any other they begin at 0: what was counted since the checkpoint is lost, and a
counter that came back a little lower would be read as one that was set to 0 and had counted all of that anew. What is
no counter (memories, gauges, times) goes on in both cases.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from monitor.model.state import (
    State,
    is_count,
    is_flag,
    is_list,
    is_number,
    is_texts,
    part,
    value,
    without_counts,
    without_flows,
)
from monitor.pipeline.back import Back

FORMAT = 1
"""Of the parts and what they mean; the file has a number of its own."""


class Part(Protocol):
    """What remembers."""

    def state(self) -> State: ...

    def restore(self, state: State) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What a checkpoint says besides the state of the rooms."""

    spool_sequence: int
    """Of the last alert that was published before."""
    clock_ns: int
    """Event time."""
    is_clean: bool
    """The run ended with it."""
    captures: tuple[str, ...] = ()
    """What was listened to, in the order of the flows' ``interface``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """A checkpoint that was read, ready to be given to a fresh back and fresh fronts."""

    moment: Moment
    back: State
    fronts: tuple[State, ...]
    """One for each worker, as they were; none when they are of no use any more."""


def checkpoint(back: State, fronts: Sequence[State], moment: Moment) -> State:
    """Return everything as one state."""
    return {
        "format": FORMAT,
        "back": back,
        "front": list(fronts),
        "spool_sequence": moment.spool_sequence,
        "clock_ns": moment.clock_ns,
        "clean": moment.is_clean,
        "captures": list(moment.captures),
    }


def remembered(state: Any, *, workers: int, captures: Sequence[str]) -> Remembered:
    """Return what a checkpoint holds, as far as it fits to what is listened to now; raises ValueError.

    Flows belong to a worker and to an interface. With another number of workers or other interfaces they are left out,
    and with them what the back remembers of single flows.
    """
    if value(state, "format", is_number) != FORMAT:
        raise ValueError(f"format: {state['format']} is not {FORMAT}")
    moment = Moment(
        spool_sequence=value(state, "spool_sequence", is_count),
        clock_ns=value(state, "clock_ns", is_number),
        is_clean=value(state, "clean", is_flag),
        captures=tuple(value(state, "captures", is_texts)),
    )
    back, fronts = part(state, "back"), value(state, "front", is_list)
    if not moment.is_clean:
        back, fronts = without_counts(back), [without_counts(one) for one in fronts]
    if len(fronts) != workers or moment.captures != tuple(captures):
        back, fronts = without_flows(back), []
    if not all(isinstance(one, dict) for one in fronts):
        raise ValueError("front: not what a front remembers")
    return Remembered(moment=moment, back=back, fronts=tuple(fronts))


def take_back(back: Back, fronts: Sequence[Part], memory: Remembered) -> None:
    """Let a fresh back and fresh fronts go on; raises ValueError, and then all of them are to be made anew."""
    for front, state in zip(fronts, memory.fronts, strict=False):
        restored_front(front, state)
    back.restore(memory.back)


def restored_front(front: Part, state: State) -> None:
    """Let a fresh front go on; whatever it stumbles over in a state of a wrong shape is a ValueError."""
    try:
        front.restore(state)
    except (KeyError, IndexError, TypeError, AttributeError, OverflowError) as error:
        raise ValueError(f"front: {type(error).__name__}: {error}") from error
