from itertools import product

from monitor.enrich.contact import ROLES
from monitor.enrich.home import End


def test_every_pair_of_ends_has_roles() -> None:
    assert set(product(End, End)) == set(ROLES)


def test_the_end_at_home_is_the_device_whoever_spoke_first() -> None:
    assert ROLES[End.HOME, End.OUTSIDE].device_is_originator
    assert not ROLES[End.OUTSIDE, End.HOME].device_is_originator


def test_neighbours_are_internal_and_the_originator_is_the_device() -> None:
    roles = ROLES[End.HOME, End.HOME]
    assert (True, True, True) == roles


def test_without_a_home_end_the_originator_is_the_device_and_it_shows() -> None:
    roles = ROLES[End.OUTSIDE, End.OUTSIDE]
    assert (True, False, False) == roles


def test_a_group_is_internal_and_never_the_device() -> None:
    assert all(roles.internal for ends, roles in ROLES.items() if End.GROUP in ends)
    assert not ROLES[End.GROUP, End.HOME].device_is_originator


def test_only_outside_pairs_are_without_a_home_end() -> None:
    assert [(End.OUTSIDE, End.OUTSIDE)] == [ends for ends, roles in ROLES.items() if not roles.home_is_known]
