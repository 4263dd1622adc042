import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from monitor import __version__
from monitor.catalog.folder import bundled_folder
from monitor.catalog.pack import read_pack, write_pack
from monitor.catalog.pack_key import new_private_key
from monitor.catalog.pack_manifest import Manifest, Version
from monitor.cli import signatures_pack
from monitor.cli.pack_author import packed_files
from tests.cli.command import Done
from tests.kit.https_server import https_server, new_authority
from tests.kit.packs import ACME, PRIVATE, PUBLIC, acme_pack, forged_pack, right_text

Command = Callable[..., Done]
OLD, NEW, NEXT = "2027.01.01", "2027.01.02", "2027.01.02.1"


@pytest.fixture(scope="module")
def packs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with three packs of the bundled signatures."""
    folder = tmp_path_factory.mktemp("packs")
    for version in (OLD, NEW, NEXT):
        data = write_pack(packed_files(bundled_folder()), Version.parse(version), PRIVATE)
        (folder / version).write_bytes(data)
    return folder


@pytest.fixture
def site(tmp_path: Path) -> tuple[str, str]:
    """Return the words that name a configuration with a pinned key and a folder of its own."""
    path = tmp_path / "umbilical.toml"
    path.write_text(f'[catalog]\npack_key = "{PUBLIC}"\npack_folder = "installed"\n')
    return "--config", str(path)


def _version(umbilical: Command, site: tuple[str, str]) -> str:
    done = umbilical("signatures", "installed", "--json", *site)
    (record,) = done.records
    return f"{record['in_use']} {record['version']}" if record["in_use"] == "pack" else record["in_use"]


def test_a_pack_is_made_checked_installed_and_taken_back(
    umbilical: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole way, as its author and its user walk it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    made = umbilical("signatures", "keygen", "acme")
    assert (made.status, made.out.splitlines()[0]) == (0, "[catalog]")
    assert stat.S_IMODE((tmp_path / "acme.key").stat().st_mode) == 0o600
    (tmp_path / "umbilical.toml").write_text(made.out)
    for name in ("one.pack", "two.pack"):
        assert umbilical("signatures", "pack", "--key", "acme.key", "-o", name).status == 0
    assert (tmp_path / "one.pack").read_bytes() == (tmp_path / "two.pack").read_bytes()
    checked = umbilical("signatures", "verify", "one.pack", "--key", "acme.pub")
    assert (checked.status, "the signature holds" in checked.out) == (0, True)
    done = umbilical("signatures", "update", "one.pack", "--config", "umbilical.toml")
    assert (done.status, done.out) == (0, "")
    assert "is in use; 'umbilical signatures rollback' undoes it" in done.err
    shown = umbilical("signatures", "installed").out
    assert str(tmp_path / "home" / "umbilical" / "signatures") in shown
    told = umbilical("--version").out.splitlines()
    assert (told[0], ", pack 2" in told[1]) == (f"umbilical {__version__}", True)
    assert umbilical("signatures", "rollback").err == "umbilical: in use again: the bundled signatures\n"
    assert ", bundled, " in umbilical("--version").out


def test_a_key_is_never_overwritten(umbilical: Command, tmp_path: Path) -> None:
    name = str(tmp_path / "acme")
    umbilical("signatures", "keygen", name)
    before = (tmp_path / "acme.key").read_bytes()
    again = umbilical("signatures", "keygen", name)
    assert (again.status, "never overwritten" in again.err) == (2, True)
    (tmp_path / "acme.key").unlink()
    assert umbilical("signatures", "keygen", name).status == 2
    assert not (tmp_path / "acme.key").exists()
    assert before


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--version", "1.0"), "not a version: '1.0'"),
        (("--version", "9999.12.31"), "in the future"),
    ],
)
def test_a_wrong_version_is_told(
    umbilical: Command, tmp_path: Path, arguments: tuple[str, ...], problem: str
) -> None:
    (tmp_path / "acme.key").write_bytes(PRIVATE)
    output = tmp_path / "a.pack"
    done = umbilical("signatures", "pack", "--key", str(tmp_path / "acme.key"), "-o", str(output), *arguments)
    assert (done.status, problem in done.err, output.exists()) == (2, True, False)


def test_a_folder_with_an_odd_name_is_not_packed_without_it(umbilical: Command, tmp_path: Path) -> None:
    (tmp_path / "acme.key").write_bytes(PRIVATE)
    folder = tmp_path / "mine"
    (folder / "data").mkdir(parents=True)
    (folder / "acme.yaml").write_text(right_text())
    (folder / "data" / "my notes.txt").write_text("x")
    words = (
        "signatures",
        "pack",
        str(folder),
        "--key",
        str(tmp_path / "acme.key"),
        "-o",
        str(tmp_path / "a"),
    )
    assert "'data/my notes.txt' is no name for a file in a pack" in umbilical(*words).err
    (folder / "data" / "my notes.txt").unlink()
    assert umbilical(*words).status == 0
    assert list(read_pack((tmp_path / "a").read_bytes(), PUBLIC).files) == ["acme.yaml"]


def test_newer_packs_follow_each_other(umbilical: Command, site: tuple[str, str], packs: Path) -> None:
    seen = []
    for version in (OLD, NEW, NEXT):
        assert umbilical("signatures", "update", str(packs / version), *site).status == 0
        seen.append(_version(umbilical, site))
    assert seen == [f"pack {version}" for version in (OLD, NEW, NEXT)]
    assert umbilical("signatures", "rollback", *site).err == f"umbilical: in use again: version {NEW}\n"


def test_the_same_pack_again_is_no_fault(umbilical: Command, site: tuple[str, str], packs: Path) -> None:
    umbilical("signatures", "update", str(packs / NEW), *site)
    again = umbilical("signatures", "update", str(packs / NEW), *site)
    assert (again.status, again.err) == (0, f"umbilical: version {NEW} is in use already\n")


def test_a_damaged_pack_is_mended_by_the_same_one(
    umbilical: Command, site: tuple[str, str], packs: Path, tmp_path: Path
) -> None:
    umbilical("signatures", "update", str(packs / NEW), *site)
    next((tmp_path / "installed").rglob("quectel.yaml")).write_text("")
    shown = umbilical("signatures", "list", *site)
    assert (shown.status, "the installed pack is damaged: 'quectel.yaml'" in shown.err) == (2, True)
    assert umbilical("signatures", "update", str(packs / NEW), *site).status == 0
    assert _version(umbilical, site) == f"pack {NEW}"


def _most_lost() -> bytes:
    return acme_pack("2027.02.01")


def _other_key() -> bytes:
    return write_pack(ACME, Version.parse("2027.02.01"), new_private_key())


def _does_not_load() -> bytes:
    files = packed_files(bundled_folder()) | {"acme.yaml": b"format: 1\n"}
    return write_pack(files, Version.parse("2027.02.01"), PRIVATE)


def _same_version_other_contents() -> bytes:
    files = packed_files(bundled_folder()) | {"data/notes.txt": b"x"}
    return write_pack(files, Version.parse(NEW), PRIVATE)


def _leaves_its_folder() -> bytes:
    text = Manifest.of(Version.parse("2027.02.01"), ACME).written().replace(b"data/notes", b"../notes")
    return forged_pack(text, {"acme.yaml": ACME["acme.yaml"], "../notes.txt": ACME["data/notes.txt"]})


BAD: dict[str, Callable[[], bytes]] = {
    "not a pack": lambda: b"",
    "cut short": lambda: acme_pack("2027.02.01")[:-9],
    "signed with another key": _other_key,
    "'../notes.txt' is no name for a file in a pack": _leaves_its_folder,
    f"version {OLD} is refused": lambda: acme_pack(OLD),
    f"version {NEW} is refused": _same_version_other_contents,
    "the signatures cannot be loaded": _does_not_load,
    "the new set has 1 signatures": _most_lost,
}


@pytest.mark.parametrize("problem", BAD)
def test_a_wrong_pack_is_refused_and_the_installed_one_stays(
    umbilical: Command, site: tuple[str, str], packs: Path, tmp_path: Path, problem: str
) -> None:
    umbilical("signatures", "update", str(packs / NEW), *site)
    before = sorted(tmp_path.rglob("*"))
    (tmp_path / "bad").write_bytes(BAD[problem]())
    done = umbilical("signatures", "update", str(tmp_path / "bad"), *site)
    (tmp_path / "bad").unlink()
    assert (done.status, done.out, problem in done.err) == (2, "", True), done.err
    assert sorted(tmp_path.rglob("*")) == before
    assert _version(umbilical, site) == f"pack {NEW}"


def test_a_pack_is_updated_over_https(
    umbilical: Command, site: tuple[str, str], packs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    authority = new_authority(tmp_path)
    with https_server(authority) as server:
        server.answers["/a.pack"] = (packs / NEW).read_bytes()
        stranger = umbilical("signatures", "update", server.url("/a.pack"), *site)
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.ca_file))
        missing = umbilical("signatures", "update", server.url("/b.pack"), *site)
        done = umbilical("signatures", "update", server.url("/a.pack"), *site)
    assert (stranger.status, "certificate is not accepted" in stranger.err) == (2, True)
    assert (missing.status, "the server says 404" in missing.err) == (2, True)
    assert (done.status, _version(umbilical, site)) == (0, f"pack {NEW}")


def test_an_update_without_a_key_is_refused(umbilical: Command, packs: Path) -> None:
    done = umbilical("signatures", "update", str(packs / NEW))
    assert (done.status, "whose packs are trusted?" in done.err) == (2, True)


def test_a_file_that_is_not_there_is_told(umbilical: Command, site: tuple[str, str]) -> None:
    done = umbilical("signatures", "update", "none.pack", *site)
    assert (done.status, done.err) == (2, "umbilical: none.pack: no such file or folder\n")


def test_every_command_has_examples() -> None:
    for name in ("KEYGEN", "PACK", "VERIFY", "UPDATE", "ROLLBACK", "INSTALLED"):
        assert "\b\nExamples:\n  umbilical signatures " in getattr(signatures_pack, f"{name}_EXAMPLES")


@pytest.mark.parametrize("name", ["", "keys/", "."])
def test_a_key_without_a_name_is_not_made(
    umbilical: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "keys").mkdir()
    done = umbilical("signatures", "keygen", name)
    assert (2, "", 1) == (done.status, done.out, done.err.count("\n"))
    assert [tmp_path / "keys"] == list(tmp_path.rglob("*"))
