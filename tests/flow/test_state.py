"""Zeek's words for how a connection went."""

from __future__ import annotations

import pytest

from monitor.flow.state import conn_state

F, S, R, A = 1, 2, 4, 16


@pytest.mark.parametrize(
    ("orig", "resp", "packets", "first_reset", "state"),
    [
        (S | A | F, S | A | F, (5, 4), 0, "SF"),
        (S, 0, (1, 0), 0, "S0"),
        (S | A, S | A, (3, 2), 0, "S1"),
        (S, R | A, (1, 1), 2, "REJ"),
        (S | A | F, S | A, (4, 2), 0, "S2"),
        (S | A, S | A | F, (3, 3), 0, "S3"),
        (S | A | R, S | A, (4, 2), 1, "RSTO"),
        (S | A, S | A | R, (3, 3), 2, "RSTR"),
        (S | R, 0, (2, 0), 1, "RSTOS0"),
        (0, S | A | R, (0, 2), 2, "RSTRH"),
        (S | F, 0, (2, 0), 0, "SH"),
        (0, S | A | F, (0, 2), 0, "SHR"),
        (A, A, (9, 9), 0, "OTH"),
    ],
)
def test_a_connection_is_summed_up_as_zeek_does(
    orig: int, resp: int, packets: tuple[int, int], first_reset: int, state: str
) -> None:
    assert state == conn_state(
        protocol=6,
        orig_flags=orig,
        resp_flags=resp,
        orig_packets=packets[0],
        resp_packets=packets[1],
        first_reset=first_reset,
    )


@pytest.mark.parametrize(
    ("protocol", "packets", "state"),
    [(17, (1, 1), "SF"), (17, (2, 0), "S0"), (17, (0, 2), "SHR"), (1, (1, 1), "OTH"), (50, (3, 3), "SF")],
)
def test_other_protocols_have_fewer_states(protocol: int, packets: tuple[int, int], state: str) -> None:
    assert state == conn_state(
        protocol=protocol,
        orig_flags=0,
        resp_flags=0,
        orig_packets=packets[0],
        resp_packets=packets[1],
        first_reset=0,
    )
