"""Section ``[sensor]``: what ``umbilical watch`` needs besides what a replay needs; nothing here judges traffic."""

import re
from dataclasses import dataclass
from typing import Annotated

from monitor.config.shape import Text, Whole
from monitor.model.instant import SECOND_NS
from monitor.model.size import size_bytes

MAX_WORKERS = 64
MIN_BUDGET_BYTES = 440 << 20
"""One interface, one worker, checkpoints and the usual ring, with all tables at their least; ``pipeline.budget`` has the sum."""
MIN_CHECKPOINT_NS = SECOND_NS
MIN_RECORD_BYTES = 1 << 20
_INTERFACE = re.compile(r"[^/\s:\x00-\x1f]{1,15}")
"""Linux: IFNAMSIZ (16 with the final zero) and ``dev_valid_name``."""
_ACCOUNT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,31}\$?")


def _check_interface(text: str) -> None:
    if not _INTERFACE.fullmatch(text) or text in {".", "..", "-"}:
        raise ValueError


def _check_account(text: str) -> None:
    if not _ACCOUNT.fullmatch(text):
        raise ValueError


def _check_name(text: str) -> None:
    if not text.isprintable() or not 0 < len(text.strip()) <= 64:
        raise ValueError


InterfaceText = Annotated[str, Text('names of interfaces such as "eth1"', _check_interface)]
AccountText = Annotated[str, Text('the name or number of an account, such as "umbilical"', _check_account)]
NameText = Annotated[str, Text("a name of at most 64 letters", _check_name)]
WorkersCount = Annotated[
    int, Whole(minimum=1, maximum=MAX_WORKERS, says=f"a whole number from 1 to {MAX_WORKERS}")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensor:
    """Section ``[sensor]``: for umbilical watch."""

    interfaces: tuple[InterfaceText, ...] = ()
    """Interfaces to watch when the command line names none."""
    name: NameText | None = None
    """What the start page calls this sensor; by default the name of the host."""
    workers: WorkersCount = 1
    """Processes that capture and decode; each has its own ring, and both directions of a flow meet in one of them."""
    user: AccountText | None = None
    """The account to become once the sockets are open, when started as root; by default "umbilical" where there
    is such an account, else the one that called sudo, else "nobody"."""
    group: AccountText | None = None
    """Its group; by default the account's own."""
    state_folder: str | None = None
    """Where checkpoints and the alert spool are kept, relative to this file; by default what systemd gives
    ($STATE_DIRECTORY), else nowhere: then a restart begins anew."""
    checkpoint_every_ns: int = 60 * SECOND_NS
    """How often what was learnt is saved; a crash loses at most this much learning, and no alert."""
    memory_budget_bytes: int = size_bytes("1GiB")
    """Memory that all processes of the sensor together should stay under, capture rings and recording included; tables are
    sized to what is left. With one interface, one worker and a state folder they hold their least at 440MiB, over a third of
    what they could hold at 1GiB, and nearly all of it at 2GiB."""
    record_folder: str | None = None
    """Where packets of flows with findings are kept, relative to this file; by default nothing is recorded."""
    record_size_bytes: int = size_bytes("256MiB")
    """Of all recorded files together; the oldest are removed."""

    def __post_init__(self) -> None:
        if len(set(self.interfaces)) < len(self.interfaces):
            raise ValueError("interfaces: an interface is named twice")
        for key, given, least, says in self._limits():
            if given < least:
                raise ValueError(f"{key}: too little; give {says} or more")

    def _limits(self) -> tuple[tuple[str, int, int, str], ...]:
        return (
            ("checkpoint_every", self.checkpoint_every_ns, MIN_CHECKPOINT_NS, '"1s"'),
            ("memory_budget", self.memory_budget_bytes, MIN_BUDGET_BYTES, '"440MiB"'),
            ("record_size", self.record_size_bytes, MIN_RECORD_BYTES, '"1MiB"'),
        )
