from collections.abc import Callable
from pathlib import Path

import pytest

from monitor.catalog.pack_key import new_private_key, public_of
from monitor.catalog.pack_zip import MAX_PACK_BYTES
from monitor.cli.fetch import FetchError
from monitor.cli.pack_input import file_bytes, opened, private_key, source_bytes, trusted_key
from monitor.config.site import CatalogFolders
from monitor.config.tree import Config
from monitor.model.errors import SignatureError
from tests.kit.packs import ACME, PRIVATE, PUBLIC, acme_pack

PINNED = Config(catalog=CatalogFolders(pack_key=PUBLIC))
OTHER = public_of(new_private_key())


def _told(capsys: pytest.CaptureFixture[str], do: Callable[[], object]) -> str:
    with pytest.raises(SystemExit) as ended:
        do()
    assert ended.value.code == 2
    return capsys.readouterr().err


def test_the_key_comes_from_the_configuration_or_the_command(tmp_path: Path) -> None:
    file = tmp_path / "acme.pub"
    file.write_text(f"{PUBLIC}\n")
    assert trusted_key(None, PINNED) == PUBLIC
    assert trusted_key(PUBLIC, Config()) == PUBLIC
    assert trusted_key(str(file), Config()).strip() == PUBLIC
    assert trusted_key(str(file), PINNED).strip() == PUBLIC


def test_a_pinned_key_is_not_overruled(capsys: pytest.CaptureFixture[str]) -> None:
    assert "not the key that the configuration trusts" in _told(capsys, lambda: trusted_key(OTHER, PINNED))


def test_nobody_is_trusted_without_a_key(capsys: pytest.CaptureFixture[str]) -> None:
    assert "whose packs are trusted?" in _told(capsys, lambda: trusted_key(None, Config()))


def test_what_is_no_key_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "pem").write_bytes(PRIVATE)
    (tmp_path / "binary").write_bytes(bytes(range(256)))
    for name, problem in (("none", "no such file, and not a"), ("pem", ": not a"), ("binary", ": not a")):
        told = _told(capsys, lambda name=name: trusted_key(str(tmp_path / name), Config()))  # type: ignore[misc]  # mypy knows no defaults of lambdas
        assert f"{problem} public key" in told


def test_a_private_key_that_others_may_read_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "acme.key"
    path.write_bytes(PRIVATE)
    path.chmod(0o644)
    assert private_key(path) == PRIVATE
    assert "others may read this key" in capsys.readouterr().err
    path.chmod(0o600)
    private_key(path)
    assert capsys.readouterr().err == ""


def test_a_refused_pack_is_named() -> None:
    assert opened(acme_pack(), "a.pack", PUBLIC).files == ACME
    with pytest.raises(SignatureError, match=r"^a\.pack: the signature does not fit"):
        opened(acme_pack(), "a.pack", OTHER)


def test_a_file_is_read_as_far_as_a_pack_can_be(tmp_path: Path) -> None:
    path = tmp_path / "a.pack"
    with path.open("wb") as stream:
        stream.truncate(MAX_PACK_BYTES + 1000)
    assert len(file_bytes(path)) == MAX_PACK_BYTES + 1
    path.write_bytes(b"x")
    assert source_bytes(str(path)) == b"x"


def test_an_address_is_fetched_over_https_only() -> None:
    with pytest.raises(FetchError, match="only https"):
        source_bytes("http://localhost/a.pack")


def test_a_public_key_is_called_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "acme.pub"
    path.write_text(f"{PUBLIC}\n")
    path.chmod(0o644)
    told = _told(capsys, lambda: private_key(path))
    assert told == (
        f"umbilical: {path}: this is the public key; packs are signed with the private one, {tmp_path}/acme.key\n"
    )
