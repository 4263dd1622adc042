from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.catalog.folder import bundled_folder
from monitor.model.errors import ConfigError, SignatureError
from monitor.model.finding import Severity
from monitor.model.instant import SECOND_NS
from monitor.pipeline.site import Overrides, open_site
from tests.kit.packs import install


def test_without_a_file_the_defaults_make_a_site() -> None:
    site = open_site()
    assert site.catalog.signatures
    assert {"firmware_update", "vendor_contact", "watched_place"} <= {one.NAME for one in site.detectors}
    assert len(site.credits) == 1


def test_the_policy_is_what_the_configuration_says(tmp_path: Path) -> None:
    file = tmp_path / "umbilical.toml"
    file.write_text(
        '[site]\nexpected_remotes = ["time.example.org"]\n[site.groups.meters]\nallowed_remotes = ["a.example.org"]\n'
        '[alert]\nsuppress_for = "2h"\nmin_severity = "low"\n',
        "utf-8",
    )
    policy = open_site(file).policy
    assert policy.suppress_for_ns == 7_200_000_000_000
    assert policy.min_severity is Severity.LOW
    assert policy.expected_remotes == ("time.example.org",)
    assert policy.group_remotes == {"meters": ("a.example.org",)}


def test_what_the_operator_says_for_one_run_comes_before_the_configuration() -> None:
    site = open_site(overrides=Overrides(home_networks=("192.0.2.0/24",)))
    assert site.config.site.home_networks == ("192.0.2.0/24",)


def test_an_installed_pack_is_used_instead_of_the_bundled_signatures(tmp_path: Path) -> None:
    file = tmp_path / "umbilical.toml"
    file.write_text('[catalog]\npack_folder = "packs"\n', "utf-8")
    bundled = open_site(file)
    install(tmp_path / "packs", "2027.01.02")
    site = open_site(file)
    assert (bundled.pack, bundled.signatures_day_ns > 0) == (None, True)
    assert [one.id for one in site.catalog.signatures] == ["acme.fota"]
    assert site.signatures_day_ns == int(datetime(2027, 1, 2, tzinfo=UTC).timestamp()) * SECOND_NS
    named = open_site(file, bundled_folder())
    assert (named.pack, named.catalog.digest) == (None, bundled.catalog.digest)


def test_a_damaged_pack_keeps_a_run_from_starting(tmp_path: Path) -> None:
    file = tmp_path / "umbilical.toml"
    file.write_text('[catalog]\npack_folder = "packs"\n', "utf-8")
    install(tmp_path / "packs", "2027.01.02")
    next((tmp_path / "packs").rglob("acme.yaml")).unlink()
    with pytest.raises(SignatureError, match=r"the installed pack is damaged: 'acme\.yaml' is missing"):
        open_site(file)


def test_a_configuration_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        open_site(tmp_path / "umbilical.toml")


def test_two_enrichers_share_nothing_that_they_learn() -> None:
    site = open_site()
    assert site.new_enricher() is not site.new_enricher()
