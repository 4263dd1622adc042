from datetime import date
from pathlib import Path

import pytest

from monitor.catalog.catalog import Catalog
from monitor.catalog.review import review
from monitor.catalog.template import first_file

DAY = date(2026, 11, 22)


@pytest.mark.parametrize("today", [date(2026, 11, 22), date(2028, 2, 29)])
def test_a_first_file_passes_every_check(tmp_path: Path, today: date) -> None:
    (tmp_path / "acme.yaml").write_text(first_file("acme", "Acme: Wireless", today))
    assert [] == [str(issue) for issue in review([tmp_path], today=today.isoformat())]


@pytest.mark.parametrize(
    "name",
    [
        'A: "b"',
        "back\\slash",
        "it's # no comment",
        "{braces} [and] & * ! | > % @ `",
        "two\nlines\ttab",
        "\x00\x1b[2J\x7f\x85\u2028\ufeff\u202e",
        "北斗 😀",
        "- a",
        "'",
        "null",
        "{id}",
    ],
)
def test_a_first_file_passes_for_every_name(tmp_path: Path, name: str) -> None:
    (tmp_path / "acme.yaml").write_text(first_file("acme", name, DAY))
    assert [] == [str(issue) for issue in review([tmp_path])]
    (vendor,) = Catalog.load([tmp_path]).vendors.values()
    assert "".join(name.split()) == "".join(vendor.name.split())


@pytest.mark.parametrize("vendor_id", ["1nce", "123", "0", "true", "no", "a-", "a--", "x" * 63, "xn--a"])
def test_a_first_file_passes_for_every_id(tmp_path: Path, vendor_id: str) -> None:
    (tmp_path / f"{vendor_id}.yaml").write_text(first_file(vendor_id, "Acme", DAY))
    assert [] == [str(issue) for issue in review([tmp_path])]


@pytest.mark.parametrize(
    ("vendor_id", "name", "problem"),
    [
        ("ACME", "X", "'ACME' is no id of a vendor: lower-case letters, digits, hyphens"),
        ("Ac me", "Q", "no id"),
        ("", "x", "'' is no id"),
        ("a.b", "x", "no id"),
        ("x" * 64, "x", "at most 63"),
        ("acme\n", "x", "no id"),
        ("acme", "", "needs a name"),
        ("acme", " \t", "needs a name"),
        ("acme", "\udcff", "not UTF-8"),
    ],
)
def test_what_no_file_can_hold_is_refused(vendor_id: str, name: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        first_file(vendor_id, name, DAY)
