from pathlib import Path

import pytest

from monitor.catalog.catalog import Catalog
from monitor.catalog.pack_key import new_private_key, public_of
from monitor.catalog.pack_manifest import Version
from monitor.cli.pack_status import status_record, used_signatures
from monitor.cli.pack_store import PackStore
from monitor.config.site import CatalogFolders
from monitor.config.tree import Config
from tests.kit.packs import PUBLIC, install

VERSION = "2027.01.02"


def _config(store: Path, key: str | None = None) -> Config:
    return Config(catalog=CatalogFolders(pack_folder=str(store), pack_key=key))


def test_the_bundled_signatures_are_in_use_at_first(tmp_path: Path) -> None:
    used = used_signatures(tmp_path)
    assert used.pack is None
    assert used.catalog.digest == Catalog.load().digest
    record = status_record(_config(tmp_path))
    assert (record["in_use"], record["version"], record["previous"]) == ("bundled", str(used.version), None)


def test_then_it_is_the_pack(tmp_path: Path) -> None:
    install(tmp_path, VERSION)
    assert used_signatures(tmp_path).version == Version.parse(VERSION)
    record = status_record(_config(tmp_path, PUBLIC))
    assert record["in_use"] == "pack"
    assert (record["version"], record["signatures"], record["previous"]) == (VERSION, 1, "bundled")
    assert record["key"] == "signed with the configured key"
    assert status_record(_config(tmp_path, public_of(new_private_key())))["key"].startswith("not signed")
    assert status_record(_config(tmp_path))["key"] == "none is configured"


def test_a_rollback_is_shown(tmp_path: Path) -> None:
    install(tmp_path, VERSION)
    PackStore(tmp_path).roll_back()
    record = status_record(_config(tmp_path))
    assert (record["in_use"], record["previous"]) == ("bundled", VERSION)


def test_a_damaged_pack_keeps_its_version_and_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    install(tmp_path, VERSION)
    next(tmp_path.rglob("acme.yaml")).unlink()
    used = used_signatures(tmp_path)
    assert (used.version, used.pack, len(used.catalog.signatures) > 1) == (Version.parse(VERSION), None, True)
    assert "the installed pack is damaged" in capsys.readouterr().err
