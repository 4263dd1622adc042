from http import HTTPStatus

from monitor.export._web_counts import STATUSES, Given, WebCounts


def told(counts: WebCounts) -> dict[tuple[str, ...], float]:
    return {
        (one.name, *one.labels.values()): one.value for family in counts.collect() for one in family.samples
    }


def test_every_series_is_there_before_anybody_asked() -> None:
    counts = told(WebCounts(lambda: 0.25, lambda: False))
    assert len(counts) == len(STATUSES) + len(Given) + 2
    assert counts["umbilical_web_requests_total", "200"] == 0
    assert counts["umbilical_web_config_last_reload_successful",] == 1
    assert counts["umbilical_main_loop_silent_seconds",] == 0.25


def test_answers_and_losses_are_counted() -> None:
    counts = WebCounts(lambda: 0.0, lambda: True)
    counts.answered(HTTPStatus.NOT_FOUND)
    counts.gave_up(Given.SLOW)
    counts.gave_up(Given.SLOW)
    now = told(counts)
    assert now["umbilical_web_requests_total", "404"] == 1
    assert now["umbilical_web_connections_dropped_total", "slow"] == 2 == counts.given_up(Given.SLOW)
    assert now["umbilical_web_config_last_reload_successful",] == 0
