"""What is kept of the flow table over a restart: its living flows as columns, and how they come back.

They come back under a new hash seed and in their old order of last use, so what was due first is due first again.
Payload that waited beyond a hole is not kept: it is lost as on the wire.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitor.compiling import kernel
from monitor.flow._kernel import MASK32, Record, Rows, Slots, append, hash_of
from monitor.flow._layout import FLOW, HUNGRY, INSATIABLE, NOBODY, TOLD, TOLD_ENDS

_TCP = 6
_REMADE = frozenset({"run", "unread", "expected", "absorb", "tag", "previous", "next"})
"""Columns that say where a row stands in this table, and nothing of its flow."""
KEPT = tuple(name for name in FLOW.names or () if name not in _REMADE)
_KEY = np.dtype(
    [
        ("src_high", np.uint64),
        ("src_low", np.uint64),
        ("dst_high", np.uint64),
        ("dst_low", np.uint64),
        ("key_id", np.int64),
        ("src_port", np.int32),
        ("dst_port", np.int32),
        ("protocol", np.uint8),
    ],
    align=True,
)
"""A packet as far as its hash needs it; the hash is the same for both directions."""
_KEY_COLUMNS = {
    "src_high": "low_high",
    "src_low": "low_low",
    "dst_high": "high_high",
    "dst_low": "high_low",
    "src_port": "low_port",
    "dst_port": "high_port",
    "key_id": "key_id",
    "protocol": "protocol",
}
Columns = dict[str, NDArray[Any]]


def columns_of(flows: NDArray[np.void], used: int) -> Columns:
    """Return the living among the rows that were ever used, the longest silent first."""
    alive = np.flatnonzero(flows["id"][:used] != NOBODY)
    rows = flows[alive[np.argsort(flows["last_ordinal"][alive], kind="stable")]]
    return {name: np.ascontiguousarray(rows[name]) for name in KEPT}


def rows_of(columns: Columns, capacity: int) -> NDArray[np.void]:
    """Return flows as rows again; of more than there is room for, those that were used last."""
    amount = len(columns["id"])
    rows = np.zeros(min(amount, capacity), FLOW)
    for name in KEPT:
        rows[name] = columns[name][amount - len(rows) :]
    rows["hungry"][rows["hungry"] == INSATIABLE] = HUNGRY
    # A stream that was read goes on with its next segment, as one that is joined midstream.
    rows["base"][rows["reached"] > 0] = NOBODY
    rows["reached"] = 0
    return rows


def heard(columns: Columns, capacity: int) -> NDArray[np.bool_]:
    """Return by direction whether payload was seen; of datagrams, whether there were any."""
    is_stream = (columns["protocol"] == _TCP)[:, np.newaxis]
    spoke: NDArray[np.bool_] = np.where(is_stream, columns["reached"] > 0, columns["packets"] > 0)
    return spoke[len(spoke) - capacity :]


def ends_of(rows: NDArray[np.void]) -> list[list[int]]:
    """Return what names each flow, in the columns of TOLD."""
    ends = np.zeros(len(rows), TOLD)
    for name in TOLD_ENDS:
        ends[name] = rows[name].view(np.int64) if rows[name].dtype == np.uint64 else rows[name]
    numbers: list[list[int]] = ends.view(np.int64).reshape(len(rows), len(TOLD.names or ())).tolist()
    return numbers


def settle(rows: NDArray[np.void], flows: Any, slots: Any, state: Any, limits: Any) -> None:
    """Put flows into an empty table."""
    keys = np.zeros(len(rows), _KEY)
    for name, column in _KEY_COLUMNS.items():
        keys[name] = rows[column]
    flows[: len(rows)] = rows
    _settle(keys, flows, slots, state, limits)


@kernel
def _settle(keys: Rows, flows: Rows, slots: Slots, state: Record, limits: Record) -> None:
    mask = np.int64(slots.shape[0] - 1)
    for row in range(keys.shape[0]):
        tag = np.uint32(hash_of(keys[row], limits.seed) & np.uint64(MASK32))
        at = np.int64(tag) & mask
        while slots[at] != 0:
            at = (at + 1) & mask
        slots[at] = (np.int64(tag) << 32) | (row + 1)
        flows[row].tag = tag
        append(flows, state, limits, row, np.int64(flows[row].timeout_class))
    state.fresh = state.flows = keys.shape[0]
