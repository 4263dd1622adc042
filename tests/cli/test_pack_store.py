import errno
from pathlib import Path

import pytest

from monitor.catalog.catalog import Catalog
from monitor.catalog.pack import Pack, read_pack
from monitor.catalog.pack_in_use import STATE, State, folders_in_use, pack_in_use, read_state
from monitor.cli.disk import Disk
from monitor.cli.pack_store import PackStore
from monitor.model.errors import SignatureError
from tests.kit.packs import ACME, PUBLIC, DyingDisk, PowerCut, acme_pack, install

OLD, NEW, NEXT = "2026.11.20", "2026.11.21", "2026.11.22"
MANY_STEPS = 1000


def _pack(version: str) -> Pack:
    return read_pack(acme_pack(version), PUBLIC)


def _version(folder: Path) -> str | None:
    """Return the version in use, loaded as a run would."""
    pack = pack_in_use(folder)
    if pack is not None:
        assert Catalog.load(folders_in_use(folder)).signatures
    return None if pack is None else str(pack.manifest.version)


def _folders(store: Path) -> set[str]:
    return {path.name for path in store.iterdir() if path.is_dir()}


def test_an_installed_pack_is_in_use_and_the_one_before_is_kept(tmp_path: Path) -> None:
    for version in (OLD, NEW, NEXT):
        install(tmp_path / "store", version)
        assert _version(tmp_path / "store") == version
    state = read_state(tmp_path / "store")
    assert [str(name).rpartition(".")[0] for name in state] == [NEXT, NEW]
    assert _folders(tmp_path / "store") == set(state)


def test_the_files_are_those_of_the_pack(tmp_path: Path) -> None:
    install(tmp_path, NEW)
    pack = pack_in_use(tmp_path)
    assert pack is not None
    assert {name: (pack.signatures / name).read_bytes() for name in ACME} == ACME
    assert pack.folder.stat().st_mode & 0o777 == 0o755


def test_a_rollback_goes_back_and_forth(tmp_path: Path) -> None:
    install(tmp_path, OLD)
    install(tmp_path, NEW)
    seen = [_version(tmp_path)]
    for _ in range(2):
        PackStore(tmp_path).roll_back()
        seen.append(_version(tmp_path))
    assert seen == [NEW, OLD, NEW]


def test_behind_the_first_pack_are_the_bundled_signatures(tmp_path: Path) -> None:
    install(tmp_path, NEW)
    assert PackStore(tmp_path).roll_back() is None
    assert _version(tmp_path) is None
    assert PackStore(tmp_path).roll_back() is not None
    assert _version(tmp_path) == NEW


def test_without_a_pack_there_is_no_way_back(tmp_path: Path) -> None:
    with pytest.raises(SignatureError, match="no pack was installed"):
        PackStore(tmp_path).roll_back()


def test_nobody_goes_back_to_a_damaged_pack(tmp_path: Path) -> None:
    install(tmp_path, OLD)
    install(tmp_path, NEW)
    (tmp_path / str(read_state(tmp_path).previous) / "signatures" / "acme.yaml").unlink()
    with pytest.raises(SignatureError, match=r"'acme\.yaml' is missing"):
        PackStore(tmp_path).roll_back()
    assert _version(tmp_path) == NEW


def test_a_damaged_pack_is_not_kept_to_go_back_to(tmp_path: Path) -> None:
    install(tmp_path, OLD)
    install(tmp_path, NEW)
    (tmp_path / str(read_state(tmp_path).current) / "signatures" / "acme.yaml").unlink()
    install(tmp_path, NEXT)
    assert [str(name).rpartition(".")[0] for name in read_state(tmp_path)] == [NEXT, OLD]


def test_what_is_not_accepted_leaves_no_trace(tmp_path: Path) -> None:
    install(tmp_path, OLD)
    before = sorted(tmp_path.rglob("*"))

    def refuse(folder: Path) -> None:
        assert (folder / "acme.yaml").read_bytes() == ACME["acme.yaml"]
        raise SignatureError("no")

    store = PackStore(tmp_path)
    with store.held(), pytest.raises(SignatureError, match=r"^no$"):
        store.install(_pack(NEW), refuse)
    assert (sorted(tmp_path.rglob("*")), _version(tmp_path)) == (before, OLD)


def test_a_full_disk_leaves_no_trace(tmp_path: Path) -> None:
    class FullDisk(Disk):
        def write(self, path: Path, content: bytes) -> None:
            if path.name == "notes.txt":
                raise OSError(errno.ENOSPC, "No space left on device", str(path))
            super().write(path, content)

    install(tmp_path, OLD)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(OSError, match="No space left"):
        install(tmp_path, NEW, FullDisk())
    assert (sorted(tmp_path.rglob("*")), _version(tmp_path)) == (before, OLD)


def _steps_of_an_installation(folder: Path) -> int:
    for version in (OLD, NEW):
        install(folder, version)
    disk = DyingDisk(MANY_STEPS)
    install(folder, NEXT, disk)
    return MANY_STEPS - disk.left


def test_a_power_cut_at_any_step_leaves_a_pack_in_use_and_the_next_update_works(tmp_path: Path) -> None:
    steps = _steps_of_an_installation(tmp_path / "whole")
    assert steps > 10
    versions = []
    for step in range(steps):
        folder = tmp_path / str(step)
        install(folder, OLD)
        install(folder, NEW)
        with pytest.raises(PowerCut):
            install(folder, NEXT, DyingDisk(step))
        versions.append(_version(folder))
        PackStore(folder).roll_back()
        assert _version(folder) == (OLD if versions[-1] == NEW else NEW)
        PackStore(folder).roll_back()
        install(folder, "2026.11.23")
        assert _version(folder) == "2026.11.23"
        assert _folders(folder) == set(read_state(folder))
    assert versions == sorted(versions, key=str), "once the new one is in use it stays"
    assert set(versions) == {NEW, NEXT}


def test_a_power_cut_at_any_step_of_the_first_installation_leaves_something_in_use(tmp_path: Path) -> None:
    disk = DyingDisk(MANY_STEPS)
    install(tmp_path / "whole", NEW, disk)
    for step in range(MANY_STEPS - disk.left):
        folder = tmp_path / str(step)
        with pytest.raises(PowerCut):
            install(folder, NEW, DyingDisk(step))
        assert _version(folder) in {None, NEW}
        install(folder, NEXT)
        assert _version(folder) == NEXT


def test_what_power_cuts_leave_behind_does_not_pile_up(tmp_path: Path) -> None:
    install(tmp_path, OLD)
    for _ in range(5):
        with pytest.raises(PowerCut):
            install(tmp_path, NEW, DyingDisk(4))
    assert len(_folders(tmp_path)) == 2


def test_a_power_cut_at_any_step_of_a_rollback_leaves_one_of_the_two(tmp_path: Path) -> None:
    for step in range(3):
        folder = tmp_path / str(step)
        install(folder, OLD)
        install(folder, NEW)
        with pytest.raises(PowerCut):
            PackStore(folder, DyingDisk(step)).roll_back()
        assert _version(folder) in {OLD, NEW}


def test_only_one_updates_at_a_time(tmp_path: Path) -> None:
    with (
        PackStore(tmp_path / "a" / "b").held(),
        pytest.raises(SignatureError, match="another update is running"),
        PackStore(tmp_path / "a" / "b").held(),
    ):
        pass
    with PackStore(tmp_path / "a" / "b").held():
        assert read_state(tmp_path / "a" / "b") == State()


def test_a_damaged_state_stops_the_update(tmp_path: Path) -> None:
    install(tmp_path, OLD)
    (tmp_path / STATE).write_text("")
    with pytest.raises(SignatureError, match="damaged; remove it"):
        install(tmp_path, NEW)
    (tmp_path / STATE).unlink()
    install(tmp_path, NEW)
    assert (_version(tmp_path), len(_folders(tmp_path))) == (NEW, 1)
