import pytest

from monitor.cli.version import print_version


def test_the_version_names_the_digest_of_the_signatures(capsys: pytest.CaptureFixture[str]) -> None:
    from monitor.catalog.catalog import Catalog

    print_version()
    assert f"digest {Catalog.load().digest[:16]}" in capsys.readouterr().out
