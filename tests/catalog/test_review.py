from pathlib import Path

import pytest

from monitor.catalog.review import Gravity, review, reviewed
from tests.catalog._builders import HEAD, file_text, signature_text


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
    assert [f"{tmp_path}: holds no signature files [loads]"] == [str(issue) for issue in review([tmp_path])]


def test_files_without_signatures_are_an_issue(tmp_path: Path) -> None:
    (tmp_path / "acme.yaml").write_text(HEAD)
    said = [str(issue) for issue in review([tmp_path])]
    assert "there are no signatures [loads]" == said[0]


def test_what_nothing_reads_is_an_issue(tmp_path: Path) -> None:
    (tmp_path / "acme.yml").write_text(file_text())
    told = f"{tmp_path}/acme.yml: not read: signature files end in .yaml (lists in .txt or .list) [loads]"
    assert [told] == [str(issue) for issue in review(local=[tmp_path])]
    assert [told] == [str(issue) for issue in review([tmp_path])]


def test_what_only_follows_from_a_fault_is_not_told(tmp_path: Path) -> None:
    (tmp_path / "acme.yaml").write_text(file_text(signature_text(confidence="lwo")))
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "tac_x.csv").write_text("tac,vendor,model\n86307101,beta,M\n")
    (issue,) = review([tmp_path])
    assert "'confidence' has no value 'lwo'; did you mean 'low'?" == issue.problem


@pytest.mark.parametrize(
    "text",
    [
        file_text(signature_text(sources="[manuel]")),
        file_text().replace("vendor-document", "vendor-dokument"),
        file_text(signature_text(examples="[{ expect: match, dns.qery: a.com }]")),
        file_text(
            signature_text(confidence="lwo"),
            signature_text("old", status="deprecated", replaced_by="acme.fota"),
        ),
    ],
)
def test_one_mistake_is_one_fault(tmp_path: Path, text: str) -> None:
    (tmp_path / "acme.yaml").write_text(text.replace("acme.example", "acme.example.com"))
    assert 1 == len(review([tmp_path])), [str(issue) for issue in review([tmp_path])]


def test_a_fault_of_a_list_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "own.list").write_text("# vendor: acme\n# confidence: medium\nfota.acme.lan\n")
    (issue,) = review(local=[tmp_path])
    assert str(issue).startswith(f"{tmp_path}/own.list:3: acme.own: 'fota.acme.lan' ends in no known")


def test_how_much_was_looked_at_is_told(tmp_path: Path) -> None:
    (tmp_path / "acme.yaml").write_text(file_text(signature_text(), signature_text("two")))
    (tmp_path / "beta.yaml").write_text(HEAD.replace("acme", "beta") + "signatures: []\n")
    assert (2, 2) == reviewed([tmp_path])[1:]
