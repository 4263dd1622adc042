import json
from collections.abc import Callable
from pathlib import Path

import pytest

from monitor.catalog.catalog import Catalog
from monitor.catalog.pack import read_pack
from monitor.catalog.pack_in_use import (
    FILES,
    MANIFEST,
    STATE,
    InstalledPack,
    State,
    folders_in_use,
    installed,
    pack_in_use,
    read_state,
    version_in_use,
    version_of,
)
from monitor.catalog.pack_manifest import Version
from monitor.model.errors import SignatureError
from tests.kit.packs import PUBLIC, acme_pack

NAME = "2026.11.22.abcd_efg"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Return a store with one pack, laid out by hand."""
    pack = read_pack(acme_pack(), PUBLIC)
    folder = tmp_path / NAME
    for name, content in pack.files.items():
        (folder / FILES / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / FILES / name).write_bytes(content)
    (folder / MANIFEST).write_bytes(pack.manifest.written())
    _say(tmp_path, current=NAME, previous=None)
    return tmp_path


def _say(store: Path, **state: object) -> None:
    (store / STATE).write_text(json.dumps(state))


def test_the_installed_pack_is_in_use(store: Path) -> None:
    pack = pack_in_use(store)
    assert pack == InstalledPack(read_pack(acme_pack(), PUBLIC).manifest, store / NAME)
    assert folders_in_use(store) == [store / NAME / FILES]
    assert [one.id for one in Catalog.load(folders_in_use(store)).signatures] == ["acme.fota"]


def test_a_folder_named_for_the_run_comes_first(store: Path) -> None:
    assert folders_in_use(store, Path("mine")) == [Path("mine")]


def test_without_a_pack_the_bundled_signatures_are_in_use(store: Path) -> None:
    assert folders_in_use(None) is None
    assert folders_in_use(store / "none") is None
    assert folders_in_use(store / STATE / "below-a-file") is None
    _say(store, current=None, previous=NAME)
    assert folders_in_use(store) is None
    assert read_state(store) == State(None, NAME)
    (store / STATE).unlink()
    assert (folders_in_use(store), read_state(store)) == (None, State())


@pytest.mark.parametrize(
    "damage",
    [
        lambda pack: (pack / FILES / "acme.yaml").write_bytes(b"format: 1\n"),
        lambda pack: (pack / FILES / "acme.yaml").unlink(),
        lambda pack: (pack / FILES / "more.yaml").write_bytes(b""),
        lambda pack: (pack / FILES / "link.yaml").symlink_to("acme.yaml"),
        lambda pack: (pack / FILES / "data" / "gone.csv").symlink_to("nowhere"),
        lambda pack: (pack / MANIFEST).write_bytes(b""),
        lambda pack: (pack / MANIFEST).unlink(),
        lambda pack: pack.rename(pack.with_name("2020.01.01.x")),
    ],
)
def test_a_pack_that_was_changed_on_the_disk_is_refused(
    store: Path, damage: Callable[[Path], object]
) -> None:
    damage(store / NAME)
    with pytest.raises(
        SignatureError, match=r"the installed pack .*go back with 'umbilical signatures rollback'"
    ):
        pack_in_use(store)


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "1", "{}", '{"current": null}', '{"current": "../x", "previous": null}', "[" * 100_000]
    + [f'{{"current": {name}, "previous": null}}' for name in ('""', '".."', "1", '"/etc"', '"latest"')],
)
def test_a_state_that_nobody_wrote_is_refused(store: Path, text: str) -> None:
    (store / STATE).write_text(text)
    with pytest.raises(SignatureError, match=r"in-use\.json: damaged; remove it"):
        read_state(store)


def test_a_state_that_cannot_be_read_is_refused(store: Path) -> None:
    (store / STATE).unlink()
    (store / STATE).mkdir()
    with pytest.raises(SignatureError, match=r"in-use\.json: cannot be read"):
        read_state(store)


def test_the_version_is_that_of_the_pack_or_the_newest_signature(store: Path) -> None:
    pack = installed(store / NAME)
    catalog = Catalog.load([pack.signatures])
    assert version_in_use(pack, catalog) == Version.parse("2026.11.22")
    assert version_in_use(None, catalog) == Version.parse(catalog.signatures[0].added.replace("-", "."))
    assert version_in_use(None, Catalog(vendors=(), signatures=())).day_ns == 0
    assert version_of("2026.11.22.3.abc") == Version.parse("2026.11.22.3")
