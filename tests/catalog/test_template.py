from datetime import date
from pathlib import Path

import pytest

from monitor.catalog.review import review
from monitor.catalog.template import first_file


@pytest.mark.parametrize("today", [date(2026, 11, 22), date(2028, 2, 29)])
def test_a_first_file_passes_every_check(tmp_path: Path, today: date) -> None:
    (tmp_path / "acme.yaml").write_text(first_file("acme", "Acme: Wireless", today))
    assert [] == [str(issue) for issue in review([tmp_path], today=today.isoformat())]
