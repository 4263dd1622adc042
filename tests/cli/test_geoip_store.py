from pathlib import Path

import pytest

from monitor.cli.disk import Disk
from monitor.cli.geoip_store import GeoIpStore
from monitor.enrich.installed import Installed, databases_in
from tests.kit.packs import DyingDisk, PowerCut

MANY_STEPS = 100


def _installed(content: bytes) -> Installed:
    return Installed(provider="dbip", type="x", built=content.decode(), size_bytes=len(content))


def _install(folder: Path, content: bytes, disk: Disk | None = None, *, keep_old: bool = True) -> None:
    store = GeoIpStore(folder, disk)
    with store.held(), store.staged() as staged:
        (staged / "x.mmdb").write_bytes(content)
        store.use(staged, {"x": _installed(content)}, keep_old=keep_old)


def _in_use(folder: Path) -> bytes | None:
    """Return what is in use, which is whole whatever happened."""
    paths = databases_in(folder)
    if paths is None:
        return None
    content = Path(paths[0]).read_bytes()
    assert {"x": _installed(content)} == GeoIpStore(folder).current()
    return content


def test_the_newest_set_is_in_use_and_the_one_before_is_kept(tmp_path: Path) -> None:
    for content in (b"1", b"2", b"3"):
        _install(tmp_path, content)
        assert _in_use(tmp_path) == content
    assert (tmp_path / "previous" / "x.mmdb").read_bytes() == b"2"
    assert len(list(tmp_path.glob("set-*"))) == 2


def test_a_rollback_exchanges_the_two(tmp_path: Path) -> None:
    _install(tmp_path, b"1")
    store = GeoIpStore(tmp_path)
    with pytest.raises(ValueError, match="nothing to go back to"):
        store.roll_back()
    _install(tmp_path, b"2")
    seen = [store.roll_back()["x"].built for _ in range(3)]
    assert seen == ["1", "2", "1"]
    assert _in_use(tmp_path) == b"1"


def test_an_old_set_that_must_not_be_kept_is_not(tmp_path: Path) -> None:
    _install(tmp_path, b"1")
    _install(tmp_path, b"2", keep_old=False)
    assert [b"2"] == [path.read_bytes() for path in tmp_path.glob("set-*/x.mmdb")]
    with pytest.raises(ValueError, match="nothing to go back to"):
        GeoIpStore(tmp_path).roll_back()


def test_a_set_that_is_not_put_in_use_leaves_nothing(tmp_path: Path) -> None:
    _install(tmp_path, b"1")
    store = GeoIpStore(tmp_path)
    with store.held(), store.staged() as staged:
        (staged / "x.mmdb").write_bytes(b"2")
    assert _in_use(tmp_path) == b"1"
    assert len(list(tmp_path.glob("set-*"))) == 1


def test_whenever_the_power_fails_one_whole_set_is_in_use(tmp_path: Path) -> None:
    seen = set()
    for steps in range(MANY_STEPS):
        folder = tmp_path / str(steps)
        _install(folder, b"1")
        try:
            _install(folder, b"2", DyingDisk(steps))
        except PowerCut:
            pass
        else:
            break
        content = _in_use(folder)
        assert content in {b"1", b"2"}
        seen.add(content)
        _install(folder, b"3")
        assert _in_use(folder) == b"3"
        assert len(list(folder.glob("set-*"))) <= 2
    else:
        pytest.fail("it never ends")
    assert seen == {b"1", b"2"}


def test_a_database_is_taken_over_into_a_new_set(tmp_path: Path) -> None:
    _install(tmp_path, b"1")
    store = GeoIpStore(tmp_path)
    with store.held(), store.staged() as staged:
        store.keep("x", staged)
        (staged / "y.mmdb").write_bytes(b"y")
        store.use(staged, {"x": _installed(b"1"), "y": _installed(b"y")}, keep_old=True)
    assert set(store.current()) == {"x", "y"}
    assert set(store.previous()) == {"x"}


def test_a_database_whose_size_is_not_what_it_was_is_not_counted_on(tmp_path: Path) -> None:
    _install(tmp_path, b"1")
    (tmp_path / "current" / "x.mmdb").write_bytes(b"12")
    assert GeoIpStore(tmp_path).current() == {}


def test_a_link_to_somewhere_else_is_not_followed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    folder = tmp_path / "store"
    folder.mkdir()
    (folder / "previous").symlink_to(elsewhere)
    _install(folder, b"1")
    _install(folder, b"2")
    assert elsewhere.exists()
    assert _in_use(folder) == b"2"
