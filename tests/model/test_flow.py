"""Flows and the hash that names them in every tool."""

from __future__ import annotations

import pytest

from monitor.model.flow import Flow, community_id, icmp_is_two_way
from tests.kit.playbook import make_flow


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        # Known answers of the community id specification's baseline (seed 0).
        ((6, "128.232.110.120", 34855, "66.35.250.204", 80), "1:LQU9qZlK+B5F3KDmev6m5PMibrg="),
        ((17, "192.168.1.52", 54585, "8.8.8.8", 53), "1:d/FP5EW3wiY1vCndhwleRRKHowQ="),
        ((1, "192.168.0.89", 8, "192.168.0.1", 0), "1:X0snYXpgwiv9TZtqg64sgzUn6Dk="),
    ],
)
def test_the_community_id_is_the_one_other_tools_print(
    ends: tuple[int, str, int, str, int], expected: str
) -> None:
    assert expected == community_id(*ends)


def test_both_directions_have_one_community_id() -> None:
    assert community_id(17, "10.0.0.1", 5, "10.0.0.2", 6) == community_id(17, "10.0.0.2", 6, "10.0.0.1", 5)


def test_an_echo_is_answered_and_an_unreachable_is_not() -> None:
    assert icmp_is_two_way(1, 8)
    assert not icmp_is_two_way(1, 3)
    assert icmp_is_two_way(58, 128)


def test_a_flow_is_frozen_and_names_its_protocol() -> None:
    flow = make_flow(17)
    assert ("udp", "50") == (flow.protocol_name, make_flow(50).protocol_name)
    assert isinstance(flow, Flow)
    with pytest.raises(AttributeError):
        flow.orig_ip = "10.0.0.8"  # type: ignore[misc]  # that is what is tested
