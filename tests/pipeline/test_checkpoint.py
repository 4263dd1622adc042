from __future__ import annotations

from random import Random
from typing import Any

import pytest

from monitor.pipeline.back import Back, Outputs
from monitor.pipeline.checkpoint import (
    Moment,
    checkpoint,
    remembered,
    restored_front,
    take_back,
)
from tests.kit.house import fresh_site
from tests.kit.states import again, spoiled

FRONT = {"ordinal": 9, "counters": {"frames": 7}, "flow": {"counters": {"started": 3}, "flows": [1]}}
BACK = {"clock_ns": 5, "detect": {"a": {"by_flow": [[1, 2]], "counters": {"evicted": 4}}}}


class FakeFront:
    """Takes what it is given, or stumbles."""

    def __init__(self, error: Exception | None = None) -> None:
        self.given: Any = None
        self._error = error

    def state(self) -> dict[str, Any]:
        return {}

    def restore(self, state: dict[str, Any]) -> None:
        if self._error is not None:
            raise self._error
        self.given = state


def whole(*, fronts: int = 1, is_clean: bool = True, back: dict[str, Any] | None = None) -> Any:
    moment = Moment(spool_sequence=12, clock_ns=5, is_clean=is_clean, captures=("eth1",))
    return again(checkpoint(back or BACK, [FRONT] * fronts, moment))


def test_a_checkpoint_says_where_the_spool_stood() -> None:
    memory = remembered(whole(), workers=1, captures=["eth1"])
    assert (memory.moment.spool_sequence, memory.moment.clock_ns, memory.moment.is_clean) == (12, 5, True)
    assert (memory.back, memory.fronts) == (BACK, (FRONT,))


def test_after_a_clean_stop_counters_go_on_and_after_any_other_they_begin_at_0() -> None:
    memory = remembered(whole(is_clean=False), workers=1, captures=["eth1"])
    assert memory.back["detect"]["a"] == {"by_flow": [[1, 2]], "counters": {"evicted": 0}}
    assert memory.fronts[0] == {
        "ordinal": 9,
        "counters": {"frames": 0},
        "flow": {"counters": {"started": 0}, "flows": [1]},
    }


@pytest.mark.parametrize(
    ("fronts", "workers", "captures"), [(2, 1, ["eth1"]), (1, 2, ["eth1"]), (1, 1, ["eth2"]), (1, 1, [])]
)
def test_flows_go_where_nobody_could_go_on_with_them(fronts: int, workers: int, captures: list[str]) -> None:
    memory = remembered(whole(fronts=fronts), workers=workers, captures=captures)
    assert (memory.fronts, memory.back["detect"]["a"]) == ((), {"by_flow": [], "counters": {"evicted": 4}})


def test_back_and_fronts_take_what_is_theirs() -> None:
    site = fresh_site()
    state = whole(back=Back(site, Outputs(), []).state(), fronts=2)
    fronts = [FakeFront(), FakeFront()]
    back = Back(site, Outputs(), [])
    take_back(back, fronts, remembered(state, workers=2, captures=["eth1"]))
    assert [front.given for front in fronts] == [FRONT, FRONT]


@pytest.mark.parametrize(
    "error",
    [KeyError("flow"), TypeError("x"), IndexError(), AttributeError(), OverflowError(), ValueError("y")],
)
def test_a_front_that_stumbles_over_a_state_makes_it_a_wrong_one(error: Exception) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - in the front's words
        restored_front(FakeFront(error), FRONT)


def test_another_format_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="format: 2 is not 1"):
        remembered({**whole(), "format": 2}, workers=1, captures=[])


def test_a_spoiled_checkpoint_is_refused_or_understood() -> None:
    for state in spoiled(whole(), Random(4), 300):
        try:
            remembered(state, workers=1, captures=["eth1"])
        except ValueError:
            continue
