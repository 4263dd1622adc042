from monitor.cli.options import SeverityWord
from monitor.model.finding import Severity


def test_the_words_for_severity_are_those_of_the_model() -> None:
    assert [one.value for one in Severity] == [one.value for one in SeverityWord]
