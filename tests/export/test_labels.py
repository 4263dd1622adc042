import random

import pytest

from monitor.export import _labels
from monitor.export._labels import OTHER, UNLISTED, Closed, Labels, labels_of, without_devices
from monitor.export.snapshot import FindingLabels, Known

KNOWN = Known(
    findings=(FindingLabels("vendor_contact", "acme", "acme.fota-check", "firmware-update", "low"),),
    devices=("meter-17",),
    vendors=("acme",),
    malformed=(("protocols", "dns"),),
    interfaces=("eth1",),
    drop_reasons=("nic",),
)
LABELS = Labels(KNOWN)


def test_known_values_stay() -> None:
    key = tuple(KNOWN.findings[0])
    assert LABELS.finding.close(key) == key
    assert LABELS.firing.close(("vendor_contact", "acme", "high", "meter-17")) == (
        "vendor_contact",
        "acme",
        "high",
        "meter-17",
    )


def test_values_outside_their_set_become_one_word() -> None:
    assert LABELS.finding.close(("x", "evil.example", "y", "z", "q")) == (OTHER,) * 5
    assert LABELS.firing.close(("vendor_contact", "acme", "low", "10.0.0.1"))[-1] == UNLISTED
    assert LABELS.malformed.close(("protocols", "evil")) == (OTHER, OTHER)
    assert LABELS.drop.close(("eth1", "evil")) == ("eth1", OTHER)


def test_a_combination_that_nobody_announced_keeps_only_what_its_sets_can_afford() -> None:
    assert LABELS.finding.close(("vendor_contact", "acme", "", "time", "low")) == (
        "vendor_contact",
        OTHER,
        OTHER,
        OTHER,
        "low",
    )
    assert LABELS.alert.close(("vendor_contact", "", "high")) == ("vendor_contact", OTHER, "high")
    assert LABELS.contact.close(("acme", "time")) == ("acme", OTHER)


def test_a_key_of_the_wrong_length_is_a_fault_of_ours() -> None:
    with pytest.raises(ValueError, match="5 labels"):
        LABELS.finding.close(("acme",))


def test_known_series_are_there_with_zero_and_unknown_ones_are_added_up() -> None:
    closed = Closed([("a",)], lambda _: (OTHER,), beyond=1)
    assert closed.samples({("x",): 2, ("y",): 3}) == {("a",): 0, (OTHER,): 5}
    assert closed.samples({("x",): 2, ("y",): 3}, merge=max) == {("a",): 0, (OTHER,): 3}


def test_sets_are_made_once_for_equal_known() -> None:
    assert labels_of(KNOWN) is labels_of(Known(**{name: getattr(KNOWN, name) for name in KNOWN.__slots__}))


def test_no_set_grows_beyond_what_it_says_whatever_it_is_asked() -> None:
    dice = random.Random(4)
    words = [
        "",
        "acme",
        "low",
        "high",
        "vendor_contact",
        "meter-17",
        "eth1",
        "nic",
        "protocols",
        "dns",
        "time",
    ]
    words += [f"evil{number}.example" for number in range(200)]
    for name, width in (("finding", 5), ("alert", 3), ("contact", 2), ("contact_bytes", 3), ("status", 2)):
        closed: Closed = getattr(LABELS, name)
        keys = {tuple(dice.choices(words, k=width)) for _ in range(20_000)}
        assert len(closed.samples(dict.fromkeys(keys, 1))) <= closed.size, name


def test_devices_beyond_the_limit_are_told_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_labels, "MAX_FIRING", 3)
    known = (("a", "b", "low", UNLISTED),)
    keys: list[tuple[str, ...]] = [*known, *(("a", "b", "high", f"d{number}") for number in range(9))]
    samples = dict.fromkeys(keys, 1)
    assert without_devices(samples, known) == {known[0]: 1, ("a", "b", "high", OTHER): 9}
    assert without_devices(dict(list(samples.items())[:4]), known) == dict(list(samples.items())[:4])
