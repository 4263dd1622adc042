from pathlib import Path

import pytest

from monitor.enrich.installed import Installed, databases_in, manifest_text, read_manifest
from monitor.model.errors import ConfigError

ONE = Installed(provider="dbip", type="DBIP-ASN-Lite", built="2026-11-01", size_bytes=7, etag='"x"')


def test_nothing_is_installed_where_there_is_no_folder(tmp_path: Path) -> None:
    assert databases_in(None) is None
    assert databases_in(tmp_path / "none") is None
    (tmp_path / "current").symlink_to("gone")
    assert databases_in(tmp_path) is None


def test_the_embedded_database_knows_what_the_installed_ones_do_not(tmp_path: Path) -> None:
    (tmp_path / "set-1").mkdir()
    for name in ("b.mmdb", "a.mmdb", "installed.json"):
        (tmp_path / "set-1" / name).write_bytes(b"")
    (tmp_path / "current").symlink_to("set-1")
    folder = tmp_path / "current"
    assert databases_in(tmp_path) == (str(folder / "a.mmdb"), str(folder / "b.mmdb"), "embedded")


def test_what_is_known_of_a_set_reads_back_as_it_was_written(tmp_path: Path) -> None:
    assert read_manifest(tmp_path) == {}
    (tmp_path / "installed.json").write_bytes(manifest_text({"a": ONE}))
    assert read_manifest(tmp_path) == {"a": ONE}


@pytest.mark.parametrize("text", ["", "{", "[]", '{"a": 1}', '{"a": {}}', '{"a": {"x": 1}}', "[" * 9999])
def test_a_damaged_manifest_is_told_with_its_place(tmp_path: Path, text: str) -> None:
    (tmp_path / "installed.json").write_text(text)
    with pytest.raises(ConfigError, match=r"installed\.json: damaged"):
        read_manifest(tmp_path)
