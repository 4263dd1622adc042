from pathlib import Path

import pytest

from monitor.catalog.catalog import Catalog
from monitor.catalog.faults import SignatureErrors
from monitor.catalog.vocabulary import Status
from monitor.model.errors import SignatureError
from tests.catalog._builders import HEAD, file_text, observe, signature_text


def shipped(path: Path, *texts: str) -> Path:
    folder = path / "shipped"
    folder.mkdir()
    for number, text in enumerate(texts or (file_text(),)):
        (folder / ("acme.yaml" if number == 0 else f"v{number}.yaml")).write_text(text)
    return folder


def test_the_catalog_that_came_with_the_program_loads() -> None:
    catalog = Catalog.load()
    assert len(catalog.signatures) >= 30
    assert {"quectel", "fibocom", "simcom", "airm2m", "telit", "sierra"} <= catalog.vendors.keys()
    assert "dns_query" in catalog.types_needed
    assert 64 == len(catalog.digest)


def test_all_faults_of_all_files_come_at_once(tmp_path: Path) -> None:
    folder = shipped(
        tmp_path, file_text(signature_text(confidence="sure")), file_text().replace("acme", "v1") + "x: 1\n"
    )
    with pytest.raises(SignatureErrors) as caught:
        Catalog.load([folder, tmp_path / "nowhere"])
    assert 3 == len(caught.value.errors)
    assert "no such folder" in str(caught.value)


def test_an_empty_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SignatureError, match="no signatures"):
        Catalog.load([shipped(tmp_path, HEAD)])


def test_a_folder_in_which_nothing_is_read_says_why(tmp_path: Path) -> None:
    folder = shipped(tmp_path)
    (folder / "acme.yaml").rename(folder / "acme.yml")
    with pytest.raises(SignatureError, match=r"acme\.yml: not read: signature files end in \.yaml"):
        Catalog.load([folder])


def test_what_a_load_passes_over_is_kept_as_a_warning(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    assert (f"{own}: holds no signature files",) == Catalog.load(local=[own]).warnings
    (own / "acme.yml").write_text(file_text())
    assert "acme.yml: not read" in Catalog.load(local=[own]).warnings[0]
    assert () == Catalog.load().warnings


def test_an_id_that_is_used_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SignatureError, match=r"acme\.yaml:\d+: signature id 'acme.fota' is already used at"):
        Catalog.load([shipped(tmp_path, file_text(signature_text(), signature_text()))])


def test_a_deprecated_signature_is_kept_but_never_matches(tmp_path: Path) -> None:
    text = file_text(signature_text(status="deprecated", replaced_by="acme.new"), signature_text("new"))
    catalog = Catalog.load([shipped(tmp_path, text)])
    found = catalog.match(observe("dns_query", {"dns.query": "fota.acme.example"}))
    assert ["acme.new"] == [one.id for one in found]
    assert catalog.signature("acme.fota") is not None
    assert 1 == catalog.counts()["acme", Status.DEPRECATED]


def test_the_digest_says_what_the_files_say_and_not_how(tmp_path: Path) -> None:
    folder = shipped(tmp_path)
    before = Catalog.load([folder]).digest
    (folder / "acme.yaml").write_text("# a remark\n" + file_text())
    assert before == Catalog.load([folder]).digest
    (folder / "acme.yaml").write_text(file_text(signature_text(severity="high")))
    assert before != Catalog.load([folder]).digest


def test_a_site_adds_files_and_lists_which_are_marked_as_local(tmp_path: Path) -> None:
    folder, site = shipped(tmp_path), tmp_path / "site"
    site.mkdir()
    (site / "acme.yaml").write_text(file_text(signature_text("own")))
    (site / "blocked.txt").write_text("# vendor: beta\n# confidence: low\nb.example\n")
    catalog = Catalog.load([folder], local=[site])
    assert {"acme.fota": False, "acme.own": True, "beta.blocked": True} == {
        one.id: one.local for one in catalog.signatures
    }
    assert (False, True) == (catalog.vendors["acme"].local, catalog.vendors["beta"].local)


def test_two_shipped_files_cannot_claim_one_vendor(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "acme.yaml").write_text(file_text(signature_text("two")))
    with pytest.raises(SignatureError, match="vendor 'acme' is already in"):
        Catalog.load([shipped(tmp_path), other])


def test_a_reload_that_loses_most_signatures_is_refused(tmp_path: Path) -> None:
    text = file_text(signature_text("one"), signature_text("two"), signature_text("three"))
    big = Catalog.load([shipped(tmp_path, text)])
    (tmp_path / "shipped" / "acme.yaml").write_text(file_text(signature_text("one")))
    small = Catalog.load([tmp_path / "shipped"])
    with pytest.raises(SignatureError, match="has 1 signatures, the old one 3"):
        big.replaced_by(small)
    assert big is small.replaced_by(big)


def test_a_mixed_holder_is_named_but_proves_no_vendor(tmp_path: Path) -> None:
    folder = shipped(tmp_path)
    (folder / "data").mkdir()
    table = "vendor,prefix,holder,scope\nacme,009B08,Acme,own\nacme,00259E,Big Co,mixed\n"
    (folder / "data" / "mac_prefixes.csv").write_text(table)
    catalog = Catalog.load([folder])
    assert ("acme", "Acme") == (catalog.mac_vendor(0x009B08_112233), catalog.mac_holder(0x009B08_112233))
    assert (None, "Big Co") == (catalog.mac_vendor(0x00259E_112233), catalog.mac_holder(0x00259E_112233))
    assert (None, None) == (catalog.mac_vendor(0), catalog.mac_holder(0))
