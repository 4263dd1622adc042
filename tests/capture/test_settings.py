import pytest

from monitor.capture.settings import Settings


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"ring_size_bytes": 1 << 10}, "ring_size: write a size from 1MiB to 4GiB"),
        ({"ring_size_bytes": 1 << 40}, "ring_size:"),
        ({"block_timeout_ns": 10}, "block_timeout: write a duration from 1ms to 1s"),
        ({"snap_length": 10}, "snap_length: write 0 for whole frames, or at least 64"),
    ],
)
def test_settings_that_cannot_work_are_refused_with_their_key(wrong: dict[str, int], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Settings(**wrong)  # type: ignore[arg-type]  # every wrong one is a number


def test_defaults_work() -> None:
    assert Settings().ring_size_bytes == 64 << 20
