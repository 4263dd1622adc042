from monitor.export._page_parts import alert_card, bars, chip, facts, table, tiles
from monitor.model.alert import AlertState
from tests.export._states import NOW_NS, make_alert


def test_numbers_stand_to_the_right() -> None:
    told = table(("Name", "Frames"), [("eth1", "7")], numbers=range(1, 2))
    assert '<td>eth1</td><td class="n">7</td>' in told


def test_bars_are_measured_against_the_longest() -> None:
    assert '<meter min="0" max="9" value="3"></meter>' in bars([("a", 9), ("b", 3)])


def test_a_fact_without_a_value_is_a_note() -> None:
    told = facts([("Name", "value", "warning"), ("Credit", None, None)])
    assert '<dt>Name</dt><dd class="warning">value</dd>' in told
    assert '<dd class="note">Credit</dd>' in told


def test_tiles_and_chips_have_their_mood() -> None:
    assert '<dl class="tile bad">' in tiles(("Lost", "7", "%", "bad"))
    assert chip("high", "bad") == '<span class="chip bad">high</span>'


def test_the_card_of_an_alert_says_who_and_why() -> None:
    told = alert_card(make_alert(remote_name="fota.acme.example"), NOW_NS, "quiet")
    for words in (
        "The device asked its vendor for new firmware.",
        "meter-17",
        "fota.acme.example",
        "CN, Example Cloud Ltd",
    ):
        assert words in told


def test_a_story_that_is_over_or_has_no_remote_says_so() -> None:
    over = make_alert(state=AlertState.RESOLVED, remote_ip=None, remote_port=None, remote_name=None)
    told = alert_card(over, NOW_NS, "quiet")
    assert "resolved" in told
    assert "remote" not in told


def test_a_long_name_is_cut_at_its_front_and_cannot_become_markup() -> None:
    told = alert_card(make_alert(remote_name="<script>" + "a" * 500 + ".example"), NOW_NS, "quiet")
    assert "…" in told
    assert ".example" in told
    assert "<script" not in told
