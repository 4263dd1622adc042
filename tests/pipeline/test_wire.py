from itertools import pairwise

from monitor.pipeline.wire import merged, packed, place_of
from tests.kit.cases import cases
from tests.kit.house import observe

DEMO = next(case for case in cases() if case.name == "demo")


def test_what_is_packed_comes_out_as_it_was() -> None:
    said = observe(DEMO.captures).said
    assert said == merged([packed(said)])


def test_observations_of_one_flow_share_it_on_the_other_side() -> None:
    said = merged([packed(observe(DEMO.captures).said)])
    flows = {one.flow.id: one.flow for one in said}
    assert all(one.flow is flows[one.flow.id] for one in said)


def test_the_place_of_an_observation_never_goes_back() -> None:
    """What workers send can be merged only if each worker's own places are in order."""
    places = [place_of(one) for one in observe(DEMO.captures).said if one.number or one.totals is not None]
    assert all(first <= second for first, second in pairwise(places))


def test_parts_are_merged_into_the_order_of_the_whole() -> None:
    said = observe(DEMO.captures).said
    parts = [packed(one for one in said if one.flow.id % 3 == share) for share in range(3)]
    assert said == merged(parts)
