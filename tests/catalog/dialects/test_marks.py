"""Ids are made from words and never change."""

from monitor.catalog.dialects._marks import instant, mark


def test_a_mark_stays_what_it_is() -> None:
    assert "2ac0d0bf-7858-54d6-a92c-bb42ccf21310" == mark("sigma", "acme.fota")


def test_words_do_not_run_together() -> None:
    assert mark("ab", "c") != mark("a", "bc")


def test_an_instant_is_the_first_of_its_day() -> None:
    assert "2026-11-22T00:00:00.000Z" == instant("2026-11-22")
