import pytest

from monitor.export._labels import OTHER, UNLISTED, Labels
from monitor.export.snapshot import FindingLabels, Known

KNOWN = Known(
    findings=(FindingLabels("vendor_contact", "acme", "acme.fota-check", "firmware-update", "low"),),
    devices=("meter-17",),
    malformed=(("protocols", "dns"),),
)
LABELS = Labels(KNOWN)


def test_known_values_stay() -> None:
    key = tuple(KNOWN.findings[0])
    assert LABELS.finding(key) == key
    assert LABELS.firing(("vendor_contact", "", "high", "meter-17")) == (
        "vendor_contact",
        "",
        "high",
        "meter-17",
    )


def test_values_outside_their_set_become_one_word() -> None:
    assert LABELS.finding(("x", "evil.example", "y", "z", "q")) == (OTHER,) * 5
    assert LABELS.firing(("vendor_contact", "acme", "low", "10.0.0.1"))[-1] == UNLISTED
    assert LABELS.malformed(("protocols", "evil")) == (OTHER, OTHER)


def test_a_key_of_the_wrong_length_is_a_fault_of_ours() -> None:
    with pytest.raises(ValueError, match="2 labels"):
        LABELS.contact(("acme",))


def test_known_series_are_there_with_zero_and_unknown_ones_are_added_up() -> None:
    closed = LABELS.closed([("a",)], {("x",): 2, ("y",): 3}, lambda _: (OTHER,))
    assert closed == {("a",): 0, (OTHER,): 5}
    assert LABELS.closed([], {("x",): 2, ("y",): 3}, lambda _: (OTHER,), merge=max) == {(OTHER,): 3}
