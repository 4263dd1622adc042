"""The plan that the fronts of a run follow."""

from monitor.model.parser import UNREAD
from monitor.pipeline.back import Outputs
from monitor.pipeline.planning import plan_of
from monitor.pipeline.site import open_site


def test_tables_hash_differently_in_each_run_unless_a_seed_is_given() -> None:
    site = open_site()
    assert plan_of(site, Outputs()).seed != plan_of(site, Outputs()).seed
    assert plan_of(site, Outputs(), seed=3).seed == 3


def test_who_listens_to_observations_gets_all_of_them() -> None:
    site = open_site()
    everything = plan_of(site, Outputs(observation=lambda _: None))
    told = {one for one in plan_of(site, Outputs()).wanted if not one.startswith(UNREAD)}
    assert everything.wanted > told
    assert everything.home == ()
    assert everything.news.repeats
