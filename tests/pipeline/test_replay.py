from pathlib import Path

import pytest

from monitor.model.finding import Severity
from monitor.pipeline.back import Outputs
from monitor.pipeline.replay import Replaying, replay
from tests.kit.cases import Case, cases, run_of
from tests.kit.house import fresh_site
from tests.kit.story import DEVICE_IP, SECOND_NS, T0, VENDOR_NAME, capture, contact

HOUR_NS = 3600 * SECOND_NS


def test_a_capture_becomes_alerts(tmp_path: Path) -> None:
    result, alerts = replay([capture(tmp_path)], fresh_site())
    [alert] = alerts
    assert (alert.remote_name, alert.device_ip, alert.severity) == (VENDOR_NAME, DEVICE_IP, Severity.MEDIUM)
    assert not result.interrupted
    assert result.health.front.flow["started"] == 2
    assert result.ledger.flows == 1  # the look-up inside the site is no contact


def test_rotated_captures_are_one_stream(tmp_path: Path) -> None:
    """The question stands in one file, the connection in the next; named in any order."""
    for folder, frames in (("first", contact()[:2]), ("second", contact()[2:])):
        (tmp_path / folder).mkdir()
        capture(tmp_path / folder, *frames)
    _, alerts = replay([str(tmp_path / "second"), str(tmp_path / "first")], fresh_site())
    [alert] = alerts
    assert alert.remote_name == VENDOR_NAME
    assert ["first", "second"] == [Path(one.capture).parent.name for one in alert.evidence]


def test_an_interrupted_replay_tells_what_it_read(tmp_path: Path) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    alerts: list[object] = []
    result = Replaying([capture(tmp_path)], fresh_site(), Outputs(story=alerts.append)).run(interrupt)
    assert result.interrupted
    assert result.health.front.frames == 3
    assert len(alerts) == 1


def test_each_batch_is_taken_unbroken(tmp_path: Path) -> None:
    entered: list[str] = []

    class Guard:
        def __enter__(self) -> None:
            entered.append("in")

        def __exit__(self, *_: object) -> None:
            entered.append("out")

    Replaying([capture(tmp_path)], fresh_site(), Outputs()).run(unbroken=Guard)
    assert entered == ["in", "out"] * 2


def test_a_story_does_not_end_before_its_time(tmp_path: Path) -> None:
    """Ten contacts in ten hours are one story."""
    frames = [frame for hour in range(10) for frame in contact(3600 * hour)]
    _, [alert] = replay([capture(tmp_path, *frames)], fresh_site())
    assert alert.first_seen_ns == T0
    assert alert.last_seen_ns == T0 + 9 * HOUR_NS + 2_000_000


def test_wrong_input_raises_before_the_run(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Replaying([str(tmp_path / "absent.pcap")], fresh_site(), Outputs())


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_the_ledger_of_frames_adds_up(case: Case) -> None:
    """Every frame has one outcome, and every packet of decode is one of the flow table."""
    front = run_of(case).health.front
    outcomes = (
        "packet",
        "fragment",
        "not_ip",
        "unknown_link_type",
        "opaque",
        "too_deep",
        "snapped",
        "malformed",
    )
    assert front.frames == sum(front.decode[outcome] for outcome in outcomes)
    assert front.decode["packet"] == front.flow["packets"]
