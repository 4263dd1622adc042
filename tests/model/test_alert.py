from monitor.model.alert import Postponed, Rejected


def test_a_postponed_delivery_is_a_failure_that_says_when_to_ask_again() -> None:
    assert isinstance(Postponed("busy"), OSError)
    assert (str(Postponed("busy", 7.0)), Postponed("busy", 7.0).seconds) == ("busy", 7.0)
    assert Postponed("busy").seconds == 0


def test_a_rejected_record_is_not_tried_again() -> None:
    assert not isinstance(Rejected("no"), OSError)
