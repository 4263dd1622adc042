import pytest

from monitor.alert.policy import Mute, Policy
from monitor.model.finding import Severity
from monitor.model.instant import SECOND_NS


def test_an_empty_policy_tells_everything_for_a_day() -> None:
    policy = Policy()
    assert (policy.min_severity, policy.mutes) == (Severity.INFO, ())
    assert (policy.suppress_for_ns, policy.resolve_after_ns) == (3600 * SECOND_NS, 86_400 * SECOND_NS)


def test_a_mute_without_a_condition_is_refused() -> None:
    with pytest.raises(ValueError, match="silence everything"):
        Mute(reason="oops")


def test_a_story_that_would_resolve_at_once_is_refused() -> None:
    with pytest.raises(ValueError, match="resolve_after"):
        Policy(resolve_after_ns=0)
