from enum import StrEnum

import pytest

from monitor.cli.catalog_words import counted, known, known_signature, known_vendor, opened


class Fruit(StrEnum):
    APPLE = "apple"
    PEAR = "pear"


def test_a_word_of_a_closed_set_is_itself() -> None:
    assert known("fruit", "pear", Fruit) == "pear"


def test_another_word_is_answered_with_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        known("fruit", "nut", Fruit)
    assert "no fruit 'nut'; there are apple, pear" in capsys.readouterr().err


def test_vendors_and_signatures_are_named_by_what_is_near(capsys: pytest.CaptureFixture[str]) -> None:
    catalog = opened(None, None)
    assert known_vendor(catalog, "quectel") == "quectel"
    assert known_signature(catalog, "quectel.cloudota").id == "quectel.cloudota"
    with pytest.raises(SystemExit):
        known_vendor(catalog, "quectl")
    with pytest.raises(SystemExit):
        known_signature(catalog, "quectel.cloudot")
    assert "'quectel'" in (said := capsys.readouterr().err)
    assert "'quectel.cloudota'" in said


def test_one_is_not_many() -> None:
    assert ["0 files", "1 file", "2 files"] == [counted(number, "file") for number in range(3)]
