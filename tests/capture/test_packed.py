import io

from monitor.capture.packed import PACKED_BYTES, Damaged, take
from monitor.model.errors import Malformed


def test_one_step_takes_no_more_than_it_may() -> None:
    assert len(take(io.BytesIO(bytes(1_000_000)))) == PACKED_BYTES


def test_nothing_is_taken_at_the_end() -> None:
    assert take(io.BytesIO()) == b""


def test_damage_is_malformed_as_well_for_those_who_do_not_ask_further() -> None:
    assert issubclass(Damaged, Malformed)
