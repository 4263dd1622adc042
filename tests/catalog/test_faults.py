import pytest

from monitor.catalog.faults import MAX_FAULTS, Faults, SignatureErrors, suggestion
from monitor.model.errors import SignatureError


def test_all_faults_come_at_once_in_the_order_of_files_and_lines() -> None:
    faults = Faults()
    faults.add("b.yaml", 3, "third")
    faults.add("a.yaml", 20, "second")
    faults.add("a.yaml", None, "first")
    with pytest.raises(SignatureErrors) as caught:
        faults.raise_any()
    assert "a.yaml: first\na.yaml:20: second\nb.yaml:3: third" == str(caught.value)
    assert 3 == len(caught.value.errors)


def test_one_fault_raises_as_itself_and_none_raises_nothing() -> None:
    faults = Faults()
    faults.raise_any()
    faults.add("a.yaml", 1, "wrong")
    with pytest.raises(SignatureError, match=r"^a.yaml:1: wrong$") as caught:
        faults.raise_any()
    assert not isinstance(caught.value, SignatureErrors)


def test_a_flood_of_faults_is_cut_and_the_rest_is_counted() -> None:
    faults = Faults()
    for line in range(MAX_FAULTS + 5):
        faults.add("a.yaml", line + 1, "wrong")
    with pytest.raises(SignatureErrors, match="5 more faults are not shown"):
        faults.raise_any()


def test_warnings_refuse_nothing_and_have_a_limit() -> None:
    faults = Faults()
    for number in range(MAX_FAULTS + 5):
        faults.warn(f"{number}.yml", "not read")
    faults.raise_any()
    assert (MAX_FAULTS, "0.yml: not read") == (len(faults.warnings), str(faults.warnings[0]))


def test_a_near_word_is_suggested_and_a_far_one_is_not() -> None:
    assert "; did you mean 'confidence'?" == suggestion("confidense", ["confidence", "severity"])
    assert "" == suggestion("xyz", ["confidence", "severity"])
