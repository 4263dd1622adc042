from pathlib import Path

import pytest

from monitor.catalog.catalog import Catalog
from monitor.catalog.pack_in_use import InstalledPack
from monitor.catalog.pack_manifest import Manifest, Version
from monitor.catalog.pack_review import Used, check_contents, check_newer
from monitor.model.errors import SignatureError
from tests.catalog._builders import signature_text
from tests.kit.packs import right_text

TODAY = "2026-11-22"
VERSION = Version.parse("2026.11.22")
SMALL = Catalog(vendors=(), signatures=())


def _used(*, is_pack: bool) -> Used:
    pack = InstalledPack(Manifest(version=VERSION, files={}), Path("p")) if is_pack else None
    return Used(VERSION, SMALL, pack)


def _folder(path: Path, text: str) -> Path:
    path.mkdir()
    (path / "acme.yaml").write_text(text)
    return path


@pytest.mark.parametrize("text", ["2026.11.21", "2026.11.21.9", "2025.12.31"])
def test_an_older_version_is_refused(text: str) -> None:
    for is_pack in (True, False):
        with pytest.raises(SignatureError, match=rf"version {text} is refused: .* are of 2026\.11\.22"):
            check_newer(Version.parse(text), _used(is_pack=is_pack))


def test_the_same_version_is_refused_where_a_pack_is_whole() -> None:
    with pytest.raises(SignatureError, match="only newer ones"):
        check_newer(VERSION, _used(is_pack=True))
    check_newer(VERSION, _used(is_pack=False))


def test_a_newer_version_is_taken() -> None:
    for text in ("2026.11.22.1", "2026.11.23"):
        check_newer(Version.parse(text), _used(is_pack=True))


def test_right_signatures_are_taken(tmp_path: Path) -> None:
    check_contents(_folder(tmp_path / "new", right_text()), _used(is_pack=True), [], TODAY)


def test_signatures_that_do_not_load_are_refused_with_their_place_in_the_pack(tmp_path: Path) -> None:
    folder = _folder(tmp_path / "new", "format: 1\nvendr: {}\n")
    with pytest.raises(
        SignatureError, match=r"refused, the signatures cannot be loaded:\nacme\.yaml:"
    ) as told:
        check_contents(folder, _used(is_pack=True), [], TODAY)
    assert str(tmp_path) not in str(told.value)


def test_signatures_with_errors_are_refused(tmp_path: Path) -> None:
    text = right_text(*(signature_text(f"s{place}", review_by='"2020-01-01"') for place in range(7)))
    with pytest.raises(
        SignatureError, match=r"refused, the signatures have errors \(7\):\nacme\.yaml:"
    ) as told:
        check_contents(_folder(tmp_path / "new", text), _used(is_pack=True), [], TODAY)
    assert len(str(told.value).splitlines()) == 6


def test_signatures_that_quarrel_with_the_site_s_own_are_refused(tmp_path: Path) -> None:
    new, own = _folder(tmp_path / "new", right_text()), _folder(tmp_path / "own", right_text())
    with pytest.raises(SignatureError, match=r"signature id 'acme\.fota' is already used"):
        check_contents(new, _used(is_pack=True), [own], TODAY)


def test_a_loss_of_most_signatures_is_refused(tmp_path: Path) -> None:
    match = "any: [{{ dns.query: {{ domain: {0}.acme.example }} }}]"
    examples = "\n      - {{ expect: match, dns.query: {0}.acme.example }}\n      - {{ expect: no-match, dns.query: x.example }}"
    many = [signature_text(f"s{one}", match.format(one), examples.format(one)) for one in range(3)]
    used = Used(VERSION, Catalog.load([_folder(tmp_path / "old", right_text(*many))]), None)
    new = _folder(tmp_path / "new", right_text())
    with pytest.raises(SignatureError, match="the new set has 1 signatures, the old one 3"):
        check_contents(new, used, [], TODAY)
