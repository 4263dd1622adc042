from pathlib import Path

from monitor.catalog.review import Gravity, review
from tests.catalog._builders import file_text, signature_text


def test_the_catalog_that_came_with_the_program_has_no_issue() -> None:
    assert [] == [str(issue) for issue in review()]


def test_faults_of_the_loader_and_of_the_checks_come_together(tmp_path: Path) -> None:
    (tmp_path / "acme.yaml").write_text(file_text(signature_text(), signature_text("two", severity="awful")))
    issues = review([tmp_path])
    checks = [issue.check for issue in issues]
    assert "loads" == checks[0]
    assert "indicator_can_occur" in checks
    assert all(issue.gravity is Gravity.ERROR for issue in issues)
    assert str(issues[0]).startswith(f"{tmp_path}/acme.yaml:")


def test_an_empty_folder_is_an_issue(tmp_path: Path) -> None:
    assert ["there are no signatures [loads]"] == [str(issue) for issue in review([tmp_path])]
