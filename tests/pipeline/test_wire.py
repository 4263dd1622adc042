from itertools import pairwise

from monitor.pipeline.wire import merged, packed, place_of
from tests.kit.cases import cases
from tests.kit.facts import make_observation, make_totals
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


def test_what_is_due_stands_before_the_packet_and_in_order_of_due_time_among_all_parts() -> None:
    packet = make_observation("ntp", {}, flow_id=1)._replace(ordinal=7, number=8)
    first, second, third = (
        make_observation("flow_end", {}, flow_id=flow_id, totals=make_totals(1, 1))._replace(
            ordinal=7, number=0, ts_ns=due_ns, contact=None
        )
        for flow_id, due_ns in ((2, 10), (3, 20), (4, 30))
    )
    freed = make_observation("http_response", {}, flow_id=3)._replace(ordinal=7, number=0, contact=None)
    parts = [packed([first, third, packet._replace(contact=None)]), packed([freed, second])]
    assert [one.flow.id for one in merged(parts)] == [2, 3, 3, 4, 1]
    assert [one.type for one in merged(parts)][1:3] == ["http_response", "flow_end"]
